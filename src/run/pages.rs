//! A reading of contacts page by page: where it goes on, how far it is, and that it ends when the run is stopped.

use super::{Context, Failure, FailureKind};
use crate::{
    destination::{self, ContactPage, ContactRecord, ContainerId, ErrorKind, PageRequest, PlaceId},
    member::Key,
    platform::SubscriptionStatus,
};
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};
use tokio::task::JoinHandle;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// Pages with the same contacts in a row that may be chance: a contact that is added meanwhile moves the others on.
const SAME: usize = 2;
/// Pages in a row that met the one before them, after which twice as many go at one time again.
const WIDER_AFTER: usize = 16;
/// Pages without a contact in a row, of which a filter may make many.
const EMPTY: usize = 1_000;

/// The pages of an audience's contacts, or of a list's members; ask for the next until there is none.
///
/// Of a whole audience several are under way at one time, where the platform's pages can be told ahead. In its order of pages whoever
/// does not change keeps their place among those who do not. So a page that shares one of them with the page before it leaves out
/// nobody between the two, in whatever order the platform came to answer them. One that shares nobody is asked for again, when
/// the page before it has come: then it is a page of a reading one by one, which loses nobody by the platform's own order.
pub struct Pages<'a> {
    context: &'a Context,
    place: &'a PlaceId,
    list: Option<&'a ContainerId>,
    /// `None`: the last page was read.
    next: Option<PageRequest>,
    /// Asked for, in order.
    ahead: VecDeque<Asked>,
    /// Pages under way at one time at most: now, and in the best case.
    width: usize,
    widest: usize,
    /// Pages taken since the width last changed.
    good: usize,
    /// Contacts of the whole reading, as the page before had it and where that told which page would follow it.
    total: Option<u64>,
    /// Who is on the page before, and when they changed.
    before: HashSet<(Key, u64)>,
    seen: Seen,
}

/// A page under way. Dropping it stops it.
struct Asked {
    request: PageRequest,
    page: JoinHandle<Result<ContactPage, destination::Error>>,
    /// Before the page before it had come.
    early: bool,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.page.abort();
    }
}

/// What pages there were, 8 bytes each: a platform that repeats itself would be read for ever.
#[derive(Default)]
struct Seen {
    cursors: HashSet<u64>,
    /// The contacts of the latest page that held any, and how many pages in a row held the same.
    last: (u64, usize),
    empty: usize,
}

impl Seen {
    /// Takes note of a page; why it cannot be part of a reading that ends.
    fn add(&mut self, page: &ContactPage) -> Result<(), &'static str> {
        // The last page ends the reading, whatever it holds.
        let Some(cursor) = &page.next else { return Ok(()) };
        if !self.cursors.insert(xxh3_64(cursor.0.as_bytes())) {
            return Err("a page names a page before it as the next one");
        }
        if page.contacts.is_empty() {
            self.empty += 1;
            return if self.empty < EMPTY { Ok(()) } else { Err("page after page holds nobody") };
        }
        self.empty = 0;
        let mut hash = Xxh3::new();
        page.contacts.iter().for_each(|contact| hash.update(format!("{}\n", contact.email.as_str()).as_bytes()));
        let (last, times) = self.last;
        self.last = (hash.digest(), if hash.digest() == last { times + 1 } else { 0 });
        if self.last.1 < SAME { Ok(()) } else { Err("page after page holds the same contacts") }
    }
}

impl<'a> Pages<'a> {
    /// Of an audience: all its contacts, or those changed since (RFC 3339), or those of one status.
    pub fn of_audience(
        context: &'a Context,
        place: &'a PlaceId,
        changed_since: Option<String>,
        standing: Option<SubscriptionStatus>,
    ) -> Self {
        let whole = changed_since.is_none() && standing.is_none();
        let request = PageRequest { cursor: None, rows: context.pages.rows(), changed_since, standing };
        Self::new(context, place, None, request, if whole { context.connections.max(1) as usize } else { 1 })
    }

    /// Of a list: everyone on it.
    pub fn of_list(context: &'a Context, place: &'a PlaceId, list: &'a ContainerId) -> Self {
        let request = PageRequest { cursor: None, rows: context.pages.rows(), changed_since: None, standing: None };
        Self::new(context, place, Some(list), request, 1)
    }

    fn new(context: &'a Context, place: &'a PlaceId, list: Option<&'a ContainerId>, request: PageRequest, width: usize) -> Self {
        let (ahead, before, seen) = (VecDeque::new(), HashSet::new(), Seen::default());
        Self { context, place, list, next: Some(request), ahead, width, widest: width, good: 0, total: None, before, seen }
    }

    /// The contacts of the next page; `None` after the last. An error if the run is stopped.
    pub async fn next(&mut self) -> Result<Option<Vec<ContactRecord>>, Failure> {
        while let Some(request) = self.next.take() {
            if self.context.cancel.is_cancelled() {
                return Err(Failure::canceled());
            }
            let (early, page) = self.answered(&request).await?;
            match page {
                Err(error) if error.kind == ErrorKind::TooLarge && self.context.pages.too_large(request.rows) => {
                    let (vendor, rows) = (self.context.capabilities.vendor, self.context.pages.rows());
                    let before = request.rows;
                    self.context.watch.note(&format!("{vendor} did not manage a page of {before} contacts; going on with {rows} a page"));
                    self.again(request);
                }
                Err(error) => return Err(error.into()),
                Ok(page) if early && !self.follows(&page) => {
                    (self.width, self.good) = ((self.width / 2).max(1), 0);
                    self.again(request);
                }
                Ok(page) => return self.take(request, page).map(Some),
            }
        }
        Ok(None)
    }

    /// The answer to a request, of which those behind it are under way by then; and whether it was asked for early.
    async fn answered(&mut self, request: &PageRequest) -> Result<(bool, Result<ContactPage, destination::Error>), Failure> {
        if self.ahead.front().is_none_or(|asked| asked.request != *request) {
            self.ahead.clear();
            self.ask(request.clone(), false);
        }
        while self.ahead.len() < self.width
            && let Some(last) = self.ahead.back()
            && let Some(cursor) = self.total.and_then(|total| self.context.destination.page_after(&last.request, total))
        {
            let request = PageRequest { cursor: Some(cursor), ..last.request.clone() };
            self.ask(request, true);
        }
        let lost = || Failure::new(FailureKind::Retry { after: None }, "a reading of contacts stopped unexpectedly");
        let mut asked = self.ahead.pop_front().ok_or_else(lost)?;
        let page = (&mut asked.page).await.map_err(|_| lost())?;
        Ok((asked.early, page))
    }

    fn ask(&mut self, request: PageRequest, early: bool) {
        let (destination, place, list, asked) =
            (Arc::clone(&self.context.destination), self.place.clone(), self.list.cloned(), request.clone());
        let page = tokio::spawn(async move {
            match list {
                Some(list) => destination.container_members(&place, &list, &asked).await,
                None => destination.contacts(&place, &asked).await,
            }
        });
        self.ahead.push_back(Asked { request, page, early });
    }

    /// The same place once more, and nothing behind it.
    fn again(&mut self, request: PageRequest) {
        self.ahead.clear();
        self.next = Some(PageRequest { rows: self.context.pages.rows(), ..request });
    }

    /// Nobody stands between the page before and this one.
    fn follows(&self, page: &ContactPage) -> bool {
        page.contacts.iter().any(|contact| self.before.contains(&unchanged(contact)))
    }

    fn take(&mut self, request: PageRequest, page: ContactPage) -> Result<Vec<ContactRecord>, Failure> {
        let context = self.context;
        self.seen.add(&page).map_err(|why| endless(context, why))?;
        // Changes are read while the source is; only a whole reading has a bar of its own.
        if request.changed_since.is_none() {
            context.watch.advance(page.contacts.len() as u64);
        }
        context.pages.managed(request.rows);
        if self.widest > 1 {
            self.good += 1;
            if self.good >= WIDER_AFTER {
                (self.width, self.good) = ((self.width * 2).min(self.widest), 0);
            }
            self.before = page.contacts.iter().map(unchanged).collect();
            self.total = page.total.filter(|total| page.next.is_some() && context.destination.page_after(&request, *total) == page.next);
        }
        self.next = page.next.map(|cursor| PageRequest { cursor: Some(cursor), rows: context.pages.rows(), ..request });
        Ok(page.contacts)
    }
}

/// Who it is, and as which it stands where it stands.
fn unchanged(contact: &ContactRecord) -> (Key, u64) {
    (Key::of(&contact.email), contact.changed_at.as_deref().map_or(0, |at| xxh3_64(at.as_bytes())))
}

fn endless(context: &Context, why: &str) -> Failure {
    let platform = context.capabilities.vendor;
    Failure::new(FailureKind::Retry { after: None }, format!("{platform} repeats pages of contacts: {why}; the reading was stopped"))
        .hint(format!("nothing is removed because of it; if it stays, tell {platform}'s support"))
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "pages_ahead_tests.rs"]
mod ahead_tests;
