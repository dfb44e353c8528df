//! Who is on a list: one call gives all of them, an address a line, five times a minute at most.

use super::{
    super::{ContactPage, Cursor, Error, ErrorKind, PageRequest},
    account,
    api::{Api, Call},
    capabilities::LOOKS_APART,
    errors, patient, routes,
};
use crate::member::{Email, Key};
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// A million addresses are some 30 MB.
const TIMEOUT: Duration = Duration::from_secs(300);
const LIMIT: usize = 512 << 20;

/// Lists read in this run.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Of lists that people leave.
    keys: tokio::sync::Mutex<BTreeMap<u64, Seen>>,
    /// Of lists that are handed on page by page: as they came.
    pages: Mutex<BTreeMap<u64, Bytes>>,
}

/// Who was on a list, sorted: 16 bytes each.
#[derive(Clone, Debug)]
struct Seen {
    at: Instant,
    first: Arc<Vec<Key>>,
    /// Read only if somebody was missing, a while later.
    second: Option<Arc<Vec<Key>>>,
}

impl Members {
    /// Which of these keys a list has; `None`: there is no such list. Who is missing in one reading may have been put there lately:
    /// two readings, minutes apart, have to lack them.
    pub(super) async fn on_list(&self, api: &Api, list: u64, rows: &[Key]) -> Result<Option<Vec<Key>>, Error> {
        // Held while it is read: other batches wait for the same reading.
        let mut lists = self.keys.lock().await;
        let mut seen = match lists.get(&list) {
            Some(seen) => seen.clone(),
            None => match now(api, list).await? {
                Some(keys) => Seen { at: Instant::now(), first: Arc::new(keys), second: None },
                None => return Ok(None),
            },
        };
        if seen.second.is_none() && rows.iter().any(|key| seen.first.binary_search(key).is_err()) {
            let rest = LOOKS_APART.saturating_sub(seen.at.elapsed() * api.speed());
            if !api.wait(rest).await {
                let kind = ErrorKind::Retry { after: None, unknown: false };
                return Err(Error::new(kind, "stopped before a list could be read again"));
            }
            let Some(keys) = now(api, list).await? else { return Ok(None) };
            seen.second = Some(Arc::new(keys));
        }
        let shown = [Some(&seen.first), seen.second.as_ref()];
        let on_it = |key: &&Key| shown.iter().flatten().any(|keys| keys.binary_search(key).is_ok());
        let there = rows.iter().filter(on_it).copied().collect();
        lists.insert(list, seen);
        Ok(Some(there))
    }

    /// A part of one reading, which lasts until its last page was asked for.
    pub(super) async fn page(&self, api: &Api, list: u64, request: &PageRequest) -> Result<ContactPage, Error> {
        let (body, from) = match &request.cursor {
            Some(cursor) => self.under_way(list, cursor)?,
            None => {
                let body = read(api, list).await?.ok_or_else(|| Error::stall(format!("Iterable has no list {list}")).hint("plan again"))?;
                self.pages().insert(list, body.clone());
                (body, 0)
            }
        };
        let (contacts, end) = cut(&body, from, request.rows);
        let next = (end < body.len()).then(|| Cursor(end.to_string()));
        if next.is_none() {
            self.pages().remove(&list);
        }
        Ok(ContactPage { contacts: contacts.into_iter().map(account::unjudged).collect(), total: None, next })
    }

    fn under_way(&self, list: u64, cursor: &Cursor) -> Result<(Bytes, usize), Error> {
        let body = self.pages().get(&list).cloned();
        let from = cursor.0.parse().ok();
        let lost = || Error::new(ErrorKind::Retry { after: None, unknown: false }, "the reading of a list has to begin again");
        body.zip(from).ok_or_else(lost)
    }

    fn pages(&self) -> MutexGuard<'_, BTreeMap<u64, Bytes>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who is on the list now, sorted; `None`: there is no such list.
pub(super) async fn now(api: &Api, list: u64) -> Result<Option<Vec<Key>>, Error> {
    let Some(body) = read(api, list).await? else { return Ok(None) };
    let mut keys: Vec<Key> = body.split(|b| *b == b'\n').filter_map(address).map(|email| Key::of(&email)).collect();
    keys.sort_unstable();
    Ok(Some(keys))
}

async fn read(api: &Api, list: u64) -> Result<Option<Bytes>, Error> {
    let call = || Ok(Call::to(routes::MEMBERS).query("listId", list).text(TIMEOUT, LIMIT));
    let Some(answer) = patient::ask(api, list, call).await? else { return Ok(None) };
    if answer.is_success() { Ok(Some(answer.body)) } else { Err(errors::refused(&answer, 1)) }
}

/// At most so many addresses from a place on, and where the next one begins.
fn cut(body: &[u8], from: usize, rows: usize) -> (Vec<Email>, usize) {
    let (mut found, mut at) = (Vec::new(), from.min(body.len()));
    while at < body.len() && found.len() < rows.max(1) {
        let end = memchr::memchr(b'\n', &body[at..]).map_or(body.len(), |length| at + length);
        found.extend(address(&body[at..end]));
        at = (end + 1).min(body.len());
    }
    (found, at)
}

/// A user without an address stands there by user id: nobody of ours.
fn address(line: &[u8]) -> Option<Email> {
    Email::parse(std::str::from_utf8(line).ok()?).ok().flatten()
}
