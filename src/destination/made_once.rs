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
    let mut lost = None;
    let mut attempt = 0;
    loop {
        // Who cannot look again still does not know whether it was made.
        if let Some(found) = look().await.map_err(|error| lost.take().unwrap_or(error))? {
            return Ok(found);
        }
        attempt += 1;
        match make().await {
            Err(error @ Error { kind: ErrorKind::Retry { unknown: true, .. }, .. }) if attempt < ATTEMPTS => lost = Some(error),
            made => return made,
        }
    }
}
