//! Who is on a list: one call gives all of them, an address a line, five times a minute at most.

use super::{
    super::{ContactPage, Cursor, Error, ErrorKind, PageRequest},
    account,
    api::{Api, Call},
    errors, routes,
};
use crate::member::{Email, Key};
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A million addresses are some 30 MB.
const TIMEOUT: Duration = Duration::from_secs(300);
const LIMIT: usize = 512 << 20;

/// Lists read in this run.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Of lists that people leave: sorted keys, 16 bytes each.
    keys: tokio::sync::Mutex<BTreeMap<u64, Arc<Vec<Key>>>>,
    /// Of lists that are handed on page by page: as they came.
    pages: Mutex<BTreeMap<u64, Bytes>>,
}

impl Members {
    /// Who was on the list when this run first asked, sorted; nobody if there is no such list.
    pub(super) async fn of(&self, api: &Api, list: u64) -> Result<Arc<Vec<Key>>, Error> {
        let mut keys = self.keys.lock().await;
        if let Some(known) = keys.get(&list) {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new(now(api, list).await?.unwrap_or_default());
        keys.insert(list, Arc::clone(&read));
        Ok(read)
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
    let answer = api.answer(Call::to(routes::MEMBERS).query("listId", list).text(TIMEOUT, LIMIT)).await?;
    match answer.is_success() {
        true => Ok(Some(answer.body)),
        false if errors::no_list(&answer) => Ok(None),
        false => Err(errors::refused(&answer, 1)),
    }
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
