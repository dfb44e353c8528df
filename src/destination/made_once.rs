//! Nothing is made twice: each creation looks first, sends without blind repeats, and looks again when the answer was lost or says
//! that it is there. What is found then and is still empty is what an earlier call of ours made; anything else is somebody's.

use super::{Error, ErrorKind};
use std::future::Future;

/// Sendings of one creation whose answers were lost.
const ATTEMPTS: usize = 3;

/// `make` gives nothing where the platform says that it is there already.
pub(super) async fn made_once<T, L, M>(platform: &str, look: impl Fn() -> L, make: impl Fn() -> M) -> Result<T, Error>
where
    L: Future<Output = Result<Option<T>, Error>>,
    M: Future<Output = Result<Option<T>, Error>>,
{
    let mut lost = None;
    for attempt in 1..=ATTEMPTS {
        // Who cannot look again still does not know whether it was made.
        if let Some(found) = look().await.map_err(|error| lost.take().unwrap_or(error))? {
            return Ok(found);
        }
        match make().await {
            Err(error @ Error { kind: ErrorKind::Retry { unknown: true, .. }, .. }) if attempt < ATTEMPTS => lost = Some(error),
            Err(error) => return Err(error),
            Ok(Some(made)) => return Ok(made),
            Ok(None) => {}
        }
    }
    Err(Error::stall(format!("{platform} says that something of this name exists, and does not show it"))
        .hint("it may be deleted and not yet gone, or of another sort: choose another name, or try again later"))
}

/// Where the platform has no such answer.
pub(super) async fn always<T>(made: impl Future<Output = Result<T, Error>>) -> Result<Option<T>, Error> {
    made.await.map(Some)
}
