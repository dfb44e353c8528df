//! Calls about one list, which the platform may not know everywhere yet.
//!
//! Right after a list was made, calls that name it are answered `invalidListId`, whatever the HTTP status. The vendor's own tests
//! repeat a subscribe for up to 30 s because of it; no bound is published. So the listing decides: where it shows the list, or
//! where the list was made moments ago, the call is repeated for over a minute, and after that the answer is an honest "later".
//! Only a list that the listing lacks is gone.

use super::{
    super::{Error, ErrorKind},
    api::{Api, Call},
    errors, lists,
};
use crate::http::Answer;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Pauses between the attempts: 70 s in all.
const PAUSES: [Duration; 6] = [
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
    Duration::from_secs(20),
    Duration::from_secs(20),
];
/// How long after it was made a list need not be in the listing.
const YOUNG: Duration = Duration::from_secs(120);

/// Lists that this run made, and when.
#[derive(Debug, Default)]
pub(super) struct Young(Mutex<BTreeMap<u64, Instant>>);

impl Young {
    pub(super) fn made(&self, list: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(list, Instant::now());
    }

    pub(super) fn deleted(&self, list: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&list);
    }

    fn is_young(&self, list: u64, speed: u32) -> bool {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&list).copied();
        made.is_some_and(|made| made.elapsed() * speed < YOUNG)
    }
}

/// The answer to a call about this list, whatever else it says; `None`: there is no such list.
pub(super) async fn ask(api: &Api, list: u64, call: impl Fn() -> Result<Call, Error>) -> Result<Option<Answer>, Error> {
    let mut pauses = PAUSES.iter();
    loop {
        let answer = api.answer(call()?).await?;
        if !errors::no_list(&answer) {
            return Ok(Some(answer));
        }
        if !api.young.is_young(list, api.speed()) && lists::all(api).await?.iter().all(|known| known.id != list) {
            return Ok(None);
        }
        match pauses.next() {
            Some(pause) if api.wait(*pause).await => {}
            _ => return Err(not_yet(list)),
        }
    }
}

fn not_yet(list: u64) -> Error {
    let kind = ErrorKind::Retry { after: Some(Duration::from_secs(60)), unknown: false };
    let waited = PAUSES.iter().sum::<Duration>().as_secs();
    Error::new(kind, format!("Iterable lists the list {list} and does not know it in calls (invalidListId), for {waited} s now"))
        .hint("Iterable does so for a while after a list was made; nothing was changed, and the next run goes on")
}

/// What a list that is gone means to a call that needs it.
pub(super) fn gone(list: u64) -> Error {
    Error::stall(format!("Iterable does not have the list {list} (it is not among the project's lists)"))
        .hint("it may have been deleted there; plan again to see what is missing")
}
