//! Stops a statement that runs too long, or that nobody waits for any more.

use super::super::{SourceError, SqlLimits};
use super::shared::Shared;
use rusqlite::Connection;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

/// Steps between looks at the clock: about 20 µs.
const STRIDE: u64 = 1000;

/// Counts the steps since the last row.
#[derive(Default)]
pub struct Watch {
    steps: AtomicU64,
}

impl Watch {
    /// Watches all statements of `connection` from now on.
    pub fn over(
        connection: &mut Connection,
        limits: SqlLimits,
        cancel: Arc<AtomicBool>,
        shared: &Arc<Shared>,
    ) -> rusqlite::Result<Arc<Self>> {
        let watch = Arc::new(Self::default());
        let (watching, shared, began) = (Arc::clone(&watch), Arc::clone(shared), Instant::now());
        let stop = move || {
            let reason = watching.reason(limits, &cancel, began);
            reason.map(|error| shared.fail(error)).is_some()
        };
        connection.progress_handler(STRIDE as i32, Some(stop))?;
        Ok(watch)
    }

    fn reason(&self, limits: SqlLimits, cancel: &AtomicBool, began: Instant) -> Option<SourceError> {
        let steps = self.steps.fetch_add(STRIDE, Ordering::Relaxed) + STRIDE;
        if cancel.load(Ordering::Relaxed) {
            return Some(SourceError::new("the reading was stopped"));
        }
        if steps > limits.steps {
            let what = format!("the query took {} steps without giving a row and was stopped", limits.steps);
            return Some(SourceError::new(what).hint("join on equal columns, and look for a recursion or a cross join that does not end"));
        }
        (began.elapsed() > limits.time).then(|| {
            SourceError::new(format!("the reading took longer than {} s and was stopped", limits.time.as_secs()))
                .hint("make the query simpler, or read less")
        })
    }

    /// A row came out.
    #[inline]
    pub fn row(&self) {
        self.steps.store(0, Ordering::Relaxed);
    }
}
