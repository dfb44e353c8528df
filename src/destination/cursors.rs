//! Pages of lists, fields and activities, followed to their end: a platform that repeats itself is not read for ever.

use super::{Error, ErrorKind};
use std::collections::HashSet;

/// More pages than any account has.
const PAGES: usize = 10_000;

/// The cursors of one reading, as hashes.
#[derive(Default)]
pub(super) struct Cursors(HashSet<u64>);

impl Cursors {
    /// Where the next page is; an error where it was read before.
    pub(super) fn follow(&mut self, next: Option<String>) -> Result<Option<String>, Error> {
        let Some(cursor) = next else { return Ok(None) };
        if self.0.len() < PAGES && self.0.insert(xxhash_rust::xxh3::xxh3_64(cursor.as_bytes())) {
            return Ok(Some(cursor));
        }
        let kind = ErrorKind::Retry { after: None, unknown: false };
        Err(Error::new(kind, "the platform repeats pages, so the reading was stopped").hint("if it stays, tell the platform's support"))
    }
}

#[cfg(test)]
mod tests {
    mod server {
        use super::super::*;

        #[test]
        fn attack_pages_that_repeat_or_never_end_are_noticed() {
            let mut circle = Cursors::default();
            assert_eq!(circle.follow(Some("a".into())).unwrap().as_deref(), Some("a"));
            circle.follow(Some("b".into())).unwrap();
            assert!(circle.follow(Some("a".into())).unwrap_err().message.contains("repeats pages"));
            assert_eq!(circle.follow(None).unwrap(), None);
            let mut endless = Cursors::default();
            assert_eq!((0..).find(|n: &usize| endless.follow(Some(n.to_string())).is_err()), Some(PAGES));
        }
    }
}
