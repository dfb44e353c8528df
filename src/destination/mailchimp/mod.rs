//! Mailchimp, Marketing API 3.0: an audience is the place, a tag (static segment) the container.
//!
//! Three rules hold everywhere here (G2): no call carries a `status` for a contact that Mailchimp knows, but to bring back
//! someone whom we archived ourselves, and to put back to `unsubscribed` the one contact whom a trial subscribed (`canary`); `sync_tags` is never true, since it takes away other people's tags; nothing is
//! deleted for good. May know: the vendor's API, `http`. May not know: plans, the state.

mod account;
mod api;
mod archive;
mod bulk;
mod canary;
pub(super) mod capabilities;
mod change;
mod contacts;
mod errors;
mod fields;
mod joined;
mod names;
mod observe;
mod results;
mod rows;
mod single;
mod tags;
mod update;
mod wire;

use super::{
    Account, Batch, BatchRow, BulkDone, Candidate, Capabilities, ContactPage, ContactRecord, ContainerId, Cursor, Destination, Error,
    FieldFit, Jobs, Observed, Operation, PageRequest, Permit, PlaceId, Polled, RemoteField, ResourceChange, ResourceDone, Sought,
    Submitted, Trial, WantedField,
};
use crate::{
    definition::{AudienceRef, Connection},
    http::Hub,
    member::Email,
    oauth::SignIns,
    platform::SubscriptionStatus,
};
use api::Api;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use names::Names;
use std::sync::Arc;

/// One account, seen from one audience.
#[derive(Debug)]
struct Mailchimp {
    api: Api,
    audience: AudienceRef,
    names: Names,
}

pub(super) fn open(connection: &Connection, audience: &AudienceRef, hub: &Hub, sign_ins: &SignIns) -> Result<Arc<dyn Destination>, Error> {
    Ok(Arc::new(Mailchimp { api: Api::open(connection, hub, sign_ins)?, audience: audience.clone(), names: Names::default() }))
}

#[async_trait]
impl Destination for Mailchimp {
    fn capabilities(&self) -> &'static Capabilities {
        &capabilities::DOCUMENTED
    }

    async fn verify(&self) -> Result<Account, Error> {
        account::verify(&self.api).await
    }

    async fn observe(&self, sought: &Sought<'_>) -> Result<Observed, Error> {
        let observed = observe::observe(&self.api, &self.audience, sought.place).await?;
        self.names.seen(&observed.containers);
        Ok(observed)
    }

    fn fit(&self, wanted: &WantedField, remote: Option<&RemoteField>) -> FieldFit {
        fields::fit(wanted, remote)
    }

    async fn change(&self, place: Option<&PlaceId>, change: &ResourceChange) -> Result<ResourceDone, Error> {
        let done = change::change(&self.api, &self.audience, place, change).await?;
        if let ResourceDone::Container(tag) = &done {
            self.names.changed(tag);
        }
        Ok(done)
    }

    async fn contacts(&self, place: &PlaceId, page: &PageRequest) -> Result<ContactPage, Error> {
        contacts::of_place(&self.api, place, page).await
    }

    fn page_after(&self, page: &PageRequest, total: u64) -> Option<Cursor> {
        contacts::after(page, total)
    }

    fn clock(&self) -> Option<std::time::SystemTime> {
        self.api.clock()
    }

    async fn find(&self, place: &PlaceId, email: &Email) -> Result<Option<ContactRecord>, Error> {
        let standing = single::read_standing(&self.api, place, &wire::subscriber_hash(email)).await?;
        Ok(standing.map(|standing| ContactRecord::new(email.clone(), standing)))
    }

    async fn find_sent(&self, place: &PlaceId, row: &BatchRow) -> Result<Option<(ContactRecord, bool)>, Error> {
        single::find_sent(&self.api, place, row).await
    }

    async fn container_members(&self, place: &PlaceId, container: &ContainerId, page: &PageRequest) -> Result<ContactPage, Error> {
        contacts::of_container(&self.api, place, container, page).await
    }

    async fn submit(&self, place: &PlaceId, batch: &Batch) -> Result<Submitted, Error> {
        let rows = &batch.rows;
        if rows.is_empty() {
            return Ok(Submitted::Done(Vec::new()));
        }
        let outcomes = match batch.operation {
            Operation::Create => bulk::create(&self.api, place, rows, &self.names).await?,
            Operation::Update => single::update_each(&self.api, place, rows).await?,
            Operation::Restore => single::restore_each(&self.api, place, rows).await?,
            Operation::Join => tags::join(&self.api, place, tag(batch)?, rows).await?,
            Operation::Leave => tags::leave(&self.api, place, tag(batch)?, rows).await?,
            Operation::Archive => return archive::submit(&self.api, place, rows).await.map(Submitted::Job),
        };
        Ok(Submitted::Done(outcomes))
    }

    async fn candidate(&self, place: &PlaceId, rows: &[BatchRow]) -> Result<Option<Candidate>, Error> {
        canary::candidate(&self.api, place, rows).await
    }

    async fn try_bulk(&self, place: &PlaceId, row: &BatchRow, candidate: &Candidate) -> Result<Trial, Error> {
        canary::try_bulk(&self.api, place, row, candidate).await
    }

    async fn settle_trial(
        &self,
        place: &PlaceId,
        email: &Email,
        standing: SubscriptionStatus,
        at: DateTime<Utc>,
    ) -> Result<Option<String>, Error> {
        canary::settle(&self.api, place, email, standing, at).await
    }

    async fn update_in_bulk(&self, place: &PlaceId, rows: &[BatchRow], permit: &Permit) -> Result<BulkDone, Error> {
        update::in_bulk(&self.api, place, rows, permit).await
    }

    async fn poll(&self, _place: &PlaceId, jobs: &Jobs<'_>) -> Result<Polled, Error> {
        archive::poll(&self.api, jobs).await
    }
}

fn tag(batch: &Batch) -> Result<&ContainerId, Error> {
    batch.container.as_ref().ok_or_else(|| Error::stall("a batch that tags or untags names no tag; this is a bug in Listkeeper"))
}

#[cfg(test)]
mod tests;
