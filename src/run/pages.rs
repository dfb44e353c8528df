//! A reading of contacts page by page: where it goes on, how far it is, and that it ends when the run is stopped.

use super::{Context, Failure, FailureKind};
use crate::{
    destination::{ContactPage, ContactRecord, ContainerId, PageRequest, PlaceId},
    member::Standing,
};
use std::collections::HashSet;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// Pages with the same contacts in a row that may be chance: a contact that is added meanwhile moves the others on.
const SAME: usize = 2;
/// Pages without a contact in a row, of which a filter may make many.
const EMPTY: usize = 1_000;

/// The pages of an audience's contacts, or of a list's members; ask for the next until there is none.
pub struct Pages<'a> {
    context: &'a Context,
    place: &'a PlaceId,
    list: Option<&'a ContainerId>,
    /// `None`: the last page was read.
    next: Option<PageRequest>,
    seen: Seen,
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
    pub fn of_audience(context: &'a Context, place: &'a PlaceId, changed_since: Option<String>, standing: Option<Standing>) -> Self {
        Self { context, place, list: None, next: Some(first(context, changed_since, standing)), seen: Seen::default() }
    }

    /// Of a list: everyone on it.
    pub fn of_list(context: &'a Context, place: &'a PlaceId, list: &'a ContainerId) -> Self {
        Self { context, place, list: Some(list), next: Some(first(context, None, None)), seen: Seen::default() }
    }

    /// The contacts of the next page; `None` after the last. An error if the run is stopped.
    pub async fn next(&mut self) -> Result<Option<Vec<ContactRecord>>, Failure> {
        let Some(request) = self.next.take() else { return Ok(None) };
        let Self { context, place, list, .. } = *self;
        if context.cancel.is_cancelled() {
            return Err(Failure::canceled());
        }
        let page = match list {
            Some(list) => context.destination.container_members(place, list, &request).await?,
            None => context.destination.contacts(place, &request).await?,
        };
        self.seen.add(&page).map_err(|why| endless(context, why))?;
        // Changes are read while the source is; only a whole reading has a bar of its own.
        if request.changed_since.is_none() {
            context.watch.advance(page.contacts.len() as u64);
        }
        self.next = page.next.map(|cursor| PageRequest { cursor: Some(cursor), ..request });
        Ok(Some(page.contacts))
    }
}

fn endless(context: &Context, why: &str) -> Failure {
    let platform = context.capabilities.vendor;
    Failure::new(FailureKind::Retry { after: None }, format!("{platform} repeats pages of contacts: {why}; the reading was stopped"))
        .hint(format!("nothing is removed because of it; if it stays, tell {platform}'s support"))
}

fn first(context: &Context, changed_since: Option<String>, standing: Option<Standing>) -> PageRequest {
    PageRequest { cursor: None, rows: context.capabilities.page_rows, changed_since, standing }
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
