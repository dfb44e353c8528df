//! Nothing is made twice: each creation looks first, sends without blind repeats, and looks again when the answer was lost or
//! says that it is there. What is found then and is still empty is what an earlier call of ours made; anything else is somebody's.

use super::super::{Error, ErrorKind};
use std::future::Future;

/// Sendings of one creation whose answers were lost.
const ATTEMPTS: usize = 3;

/// `make` gives nothing where the vendor says that it is there already.
pub(super) async fn made_once<T, L, M>(look: impl Fn() -> L, make: impl Fn() -> M) -> Result<T, Error>
where
    L: Future<Output = Result<Option<T>, Error>>,
    M: Future<Output = Result<Option<T>, Error>>,
{
    for attempt in 1..=ATTEMPTS {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        match make().await {
            Err(Error { kind: ErrorKind::Retry { unknown: true, .. }, .. }) if attempt < ATTEMPTS => {}
            Err(error) => return Err(error),
            Ok(Some(made)) => return Ok(made),
            Ok(None) => {}
        }
    }
    Err(Error::stall("Constant Contact says that something of this name exists, and does not show it")
        .hint("it may be deleted and not yet gone, or of another sort: choose another name, or try again later"))
}
