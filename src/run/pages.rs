//! A reading of contacts page by page: where it goes on, how far it is, and that it ends when the run is stopped.

use super::{Context, Failure};
use crate::{
    destination::{ContactRecord, ContainerId, PageRequest, PlaceId},
    member::Standing,
};

/// The pages of an audience's contacts, or of a list's members; ask for the next until there is none.
pub struct Pages<'a> {
    context: &'a Context,
    place: &'a PlaceId,
    list: Option<&'a ContainerId>,
    /// `None`: the last page was read.
    next: Option<PageRequest>,
}

impl<'a> Pages<'a> {
    /// Of an audience: all its contacts, or those changed since (RFC 3339), or those of one status.
    pub fn of_audience(context: &'a Context, place: &'a PlaceId, changed_since: Option<String>, standing: Option<Standing>) -> Self {
        Self { context, place, list: None, next: Some(first(context, changed_since, standing)) }
    }

    /// Of a list: everyone on it.
    pub fn of_list(context: &'a Context, place: &'a PlaceId, list: &'a ContainerId) -> Self {
        Self { context, place, list: Some(list), next: Some(first(context, None, None)) }
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
        // Changes are read while the source is; only a whole reading has a bar of its own.
        if request.changed_since.is_none() {
            context.watch.advance(page.contacts.len() as u64);
        }
        self.next = page.next.map(|cursor| PageRequest { cursor: Some(cursor), ..request });
        Ok(Some(page.contacts))
    }
}

fn first(context: &Context, changed_since: Option<String>, standing: Option<Standing>) -> PageRequest {
    PageRequest { cursor: None, rows: context.capabilities.page_rows, changed_since, standing }
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
