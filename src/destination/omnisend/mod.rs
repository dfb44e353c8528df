//! Omnisend, API version 2026-03-15: the brand is the place, a tag the container; there are no lists.
//!
//! What its documents leave open, and how this is right either way:
//! * **Tags in an upsert** may be merged with those a contact has, or replace them. So they go only with people whom the
//!   platform does not know; everybody else is upserted without tags, and tagged by `/contacts/tags` once that is finished,
//!   since that call passes over addresses that are no contacts.
//! * **Consent**: the statement with the latest date holds, and one without a date is of now. So a status always has its
//!   date: of the person's consent where that is sent, otherwise one so old that it overrides nothing. `consent` is never sent, and
//!   the welcome message is always declined.
//! * **One budget or several**: all calls share the documented 400 a minute, and those with stricter limits keep theirs too.
//! * **Addresses** may be told apart by case: a known contact is called as its reading spelt it (`spelling.rs`), and everybody
//!   else in lower case.
//! * **An e-mail identifier without `channels.email`** is refused, or changes consent: it always has one (`wire.rs`).
//! * **A status with an older date** is ignored, the vendor says: one contact of each status is updated first and read back
//!   ([`Capabilities::statuses_proved`], `run::canary`).
//!
//! A batch is worked off later, in no order, and its call is not repeated when the answer is lost: it is looked for (`lost`).
//! Should somebody else have added a contact after everyone was read, a batch that creates it changes it instead, and nothing
//! in its results tells so; therefore tags go along only in the run that read everyone. May know: the vendor's API, `http`. May not know: plans, the state.

mod account;
mod api;
mod batches;
pub(super) mod capabilities;
mod change;
mod contacts;
mod errors;
mod fields;
mod job;
mod lost;
mod observe;
mod poll;
mod results;
mod rows;
mod segments;
mod spelling;
mod tags;
mod wire;

use super::{
    Account, Batch, BatchRow, Capabilities, ContactPage, ContactRecord, ContainerId, Destination, Error, FieldFit, JobId, Jobs, Observed,
    Operation, PageRequest, PlaceId, Polled, RemoteField, ResourceChange, ResourceDone, Sought, Submitted, WantedField,
};
use crate::{
    definition::{AttributeSpec, Connection},
    http::{Hub, Method},
    member::Email,
    platform::SubscriptionStatus,
};
use api::Api;
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Arc};

/// One brand.
#[derive(Debug)]
struct Omnisend {
    api: Api,
    /// A segment of the platform's is kept on each tag.
    views: bool,
    flags: wire::Flags,
}

pub(super) fn open(
    connection: &Connection,
    views: bool,
    attributes: &BTreeMap<String, AttributeSpec>,
    hub: &Hub,
) -> Result<Arc<dyn Destination>, Error> {
    Ok(Arc::new(Omnisend { api: Api::open(connection, hub)?, views, flags: wire::Flags::of(attributes) }))
}

#[async_trait]
impl Destination for Omnisend {
    fn capabilities(&self) -> &'static Capabilities {
        &capabilities::CAPABILITIES
    }

    async fn verify(&self) -> Result<Account, Error> {
        account::verify(&self.api).await
    }

    async fn observe(&self, sought: &Sought<'_>) -> Result<Observed, Error> {
        observe::observe(&self.api, self.views, sought).await
    }

    fn fit(&self, wanted: &WantedField, _remote: Option<&RemoteField>) -> FieldFit {
        fields::fit(wanted)
    }

    async fn change(&self, _place: Option<&PlaceId>, change: &ResourceChange) -> Result<ResourceDone, Error> {
        change::change(&self.api, self.views, change).await
    }

    async fn contacts(&self, _place: &PlaceId, page: &PageRequest) -> Result<ContactPage, Error> {
        contacts::of_brand(&self.api, page).await
    }

    fn rereads(&self, given: Option<SubscriptionStatus>) -> bool {
        // Any other status is sent with a date that overrides nothing.
        given == Some(SubscriptionStatus::Subscribed)
    }

    fn clock(&self) -> Option<std::time::SystemTime> {
        self.api.clock()
    }

    async fn find(&self, _place: &PlaceId, email: &Email) -> Result<Option<ContactRecord>, Error> {
        contacts::find(&self.api, email).await
    }

    async fn container_members(&self, _place: &PlaceId, container: &ContainerId, page: &PageRequest) -> Result<ContactPage, Error> {
        contacts::of_tag(&self.api, container, page).await
    }

    fn row_bytes(&self, operation: Operation, row: &BatchRow) -> usize {
        match operation {
            Operation::Create | Operation::Update => batches::row_bytes(row, &self.flags),
            _ => 0,
        }
    }

    fn job_of(&self, batch: &Batch) -> Option<JobId> {
        batches::lost(batch)
    }

    async fn submit(&self, _place: &PlaceId, batch: &Batch) -> Result<Submitted, Error> {
        let rows = &batch.rows;
        if rows.is_empty() {
            return Ok(Submitted::Done(Vec::new()));
        }
        match batch.operation {
            Operation::Create => batches::create(&self.api, rows, &self.flags).await,
            Operation::Update => batches::update(&self.api, rows, &self.flags).await,
            Operation::Join => tags::send(&self.api, Method::Post, tag(batch)?, rows).await.map(Submitted::Done),
            Operation::Leave => tags::send(&self.api, Method::Delete, tag(batch)?, rows).await.map(Submitted::Done),
            Operation::Restore | Operation::Archive => Err(Error::stall("Omnisend archives nobody; this is a bug in Listkeeper")),
        }
    }

    async fn poll(&self, _place: &PlaceId, jobs: &Jobs<'_>) -> Result<Polled, Error> {
        poll::poll(&self.api, jobs).await
    }
}

fn tag(batch: &Batch) -> Result<&ContainerId, Error> {
    batch.container.as_ref().ok_or_else(|| Error::stall("a batch that tags or untags names no tag; this is a bug in Listkeeper"))
}

#[cfg(test)]
mod tests;
