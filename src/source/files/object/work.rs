//! Asynchronous work for a reader that blocks: waited for, until the reading is stopped.

use super::super::super::SourceError;
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::runtime::{Builder, Handle, Runtime};

/// Between looks at whether somebody still waits.
const LOOK: Duration = Duration::from_millis(50);

/// One thread of its own, so that the next bytes come in while the last are made rows.
pub struct Work {
    /// Always there until dropped.
    runtime: Option<Runtime>,
    cancel: Arc<AtomicBool>,
}

impl Work {
    pub fn new(cancel: Arc<AtomicBool>) -> Result<Self, SourceError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().thread_name("objects").build();
        let runtime = runtime.map_err(|error| SourceError::new(format!("no thread for object storage: {error}")))?;
        Ok(Self { runtime: Some(runtime), cancel })
    }

    pub fn handle(&self) -> Option<&Handle> {
        self.runtime.as_ref().map(Runtime::handle)
    }

    /// Waits, or ends with an error soon after the reading was stopped.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, SourceError> {
        let stopped = || SourceError::new("the reading was stopped");
        let handle = self.handle().ok_or_else(stopped)?;
        handle.block_on(async {
            tokio::pin!(work);
            loop {
                if self.cancel.load(Ordering::Relaxed) {
                    return Err(stopped());
                }
                if let Ok(done) = tokio::time::timeout(LOOK, &mut work).await {
                    return Ok(done);
                }
            }
        })
    }
}

impl Drop for Work {
    /// A name that is still being looked up must not hold up the end.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
