//! A reader's thread waits here for work that is asynchronous, and stops waiting when the reading is stopped.

use super::super::{Access, Net, SourceError};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// Between looks at the flag: well below the second in which a reading must end.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub struct Patience {
    pub net: Net,
    cancel: Arc<AtomicBool>,
}

impl Patience {
    pub fn of(access: &Access) -> Result<Self, SourceError> {
        let Some(net) = access.net.clone() else {
            return Err(SourceError::new("Customer Insights is asked over the network, and here only files of this machine are read"));
        };
        Ok(Self { net, cancel: Arc::clone(&access.cancel) })
    }

    /// What the work comes to. A reading that is stopped drops it where it is.
    pub fn wait<T>(&self, work: impl Future<Output = Result<T, SourceError>>) -> Result<T, SourceError> {
        self.net.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.stopped() => Err(stopped()),
                done = work => done,
            }
        })
    }

    /// For long work of the thread's own.
    pub fn go_on(&self) -> Result<(), SourceError> {
        if self.cancel.load(Relaxed) { Err(stopped()) } else { Ok(()) }
    }

    async fn stopped(&self) {
        while !self.cancel.load(Relaxed) {
            tokio::time::sleep(LOOK).await;
        }
    }
}

pub fn stopped() -> SourceError {
    SourceError::new("the reading was stopped")
}
