//! Something made once, though answers get lost.

use super::{Error, ErrorKind};
use std::future::Future;

/// Sendings of one creation whose answers were lost.
const ATTEMPTS: usize = 3;

/// Looks, makes; looks again if nobody knows whether it was made.
pub(super) async fn made_once<T, L, M>(look: impl Fn() -> L, make: impl Fn() -> M) -> Result<T, Error>
where
    L: Future<Output = Result<Option<T>, Error>>,
    M: Future<Output = Result<T, Error>>,
{
    let mut attempt = 0;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        attempt += 1;
        match make().await {
            Err(Error { kind: ErrorKind::Retry { unknown: true, .. }, .. }) if attempt < ATTEMPTS => {}
            made => return made,
        }
    }
}
