//! Iterable: the project is the place, a static list the container.
//!
//! What holds everywhere here:
//! * people are told apart by their address, so that a project which knows its users by user id alone is refused;
//! * nothing touches consent: `channelUnsubscribe` is always false, no campaign is ever named, and no call of this folder
//!   writes subscriptions;
//! * an accepted subscribe can start journeys, so it is never repeated unless it was certainly not carried out: what became
//!   of it is read from the list ([`poll`]);
//! * an unsubscribe makes a profile of whoever is unknown, so it is sent only for those whom the list has ([`leave`]);
//! * the first value of a field fixes its type for good, so new fields are written one call at a time ([`first`]).
//!
//! No call tells which project a key belongs to. It is recognised by the lists of ours that it shows ([`Account::shows`],
//! `plan::projects`): their ids, and when they were made. A first project is called after where it is: `iterable-us`,
//! `iterable-eu`, or the host of the connection's `endpoint`; the name says nothing more.
//!
//! May know: the vendor's API, `http`. May not know: plans, the state.

mod account;
mod api;
pub(super) mod capabilities;
mod change;
mod errors;
mod fields;
mod first;
mod known;
mod leave;
mod lists;
mod members;
mod observe;
mod patient;
mod poll;
mod routes;
mod rows;
mod wire;
mod write;

use super::{
    Account, Batch, BatchRow, Capabilities, ContactPage, ContactRecord, ContainerId, Destination, Error, FieldFit, JobId, Jobs, Observed,
    Operation, PageRequest, PlaceId, Polled, RemoteField, ResourceChange, ResourceDone, Sought, Submitted, WantedField,
};
use crate::{definition::Connection, http::Hub, member::Email};
use api::Api;
use async_trait::async_trait;
use known::Known;
use members::Members;
use poll::Quiet;
use std::sync::Arc;

/// One project, for the time of one run.
#[derive(Debug)]
struct Iterable {
    api: Api,
    known: Known,
    members: Members,
    quiet: Quiet,
}

pub(super) fn open(connection: &Connection, hub: &Hub) -> Result<Arc<dyn Destination>, Error> {
    let (known, members) = (Known::default(), Members::default());
    Ok(Arc::new(Iterable { api: Api::open(connection, hub)?, known, members, quiet: Quiet::begins(hub.speed()) }))
}

#[async_trait]
impl Destination for Iterable {
    fn capabilities(&self) -> &'static Capabilities {
        &capabilities::ITERABLE
    }

    async fn verify(&self) -> Result<Account, Error> {
        account::verify(&self.api).await
    }

    async fn observe(&self, sought: &Sought<'_>) -> Result<Observed, Error> {
        observe::observe(&self.api, &self.known, sought).await
    }

    fn fit(&self, wanted: &WantedField, remote: Option<&RemoteField>) -> FieldFit {
        fields::fit(wanted, remote)
    }

    async fn change(&self, _place: Option<&PlaceId>, change: &ResourceChange) -> Result<ResourceDone, Error> {
        change::change(&self.api, &self.known, change).await
    }

    async fn contacts(&self, _place: &PlaceId, _page: &PageRequest) -> Result<ContactPage, Error> {
        Err(Error::stall("Iterable has no call that pages through a project's users; this is a bug in Listkeeper"))
    }

    fn clock(&self) -> Option<std::time::SystemTime> {
        self.api.clock()
    }

    async fn find(&self, _place: &PlaceId, email: &Email) -> Result<Option<ContactRecord>, Error> {
        account::find(&self.api, email).await
    }

    async fn container_members(&self, _place: &PlaceId, container: &ContainerId, page: &PageRequest) -> Result<ContactPage, Error> {
        self.members.page(&self.api, lists::id(container)?, page).await
    }

    fn row_bytes(&self, operation: Operation, row: &BatchRow) -> usize {
        wire::bytes(operation, row, &self.known.kinds())
    }

    fn job_of(&self, batch: &Batch) -> Option<JobId> {
        poll::job_of(batch)
    }

    async fn submit(&self, _place: &PlaceId, batch: &Batch) -> Result<Submitted, Error> {
        let rows: Vec<&BatchRow> = batch.rows.iter().collect();
        if rows.is_empty() {
            return Ok(Submitted::Done(Vec::new()));
        }
        let outcomes = match batch.operation {
            Operation::Join => self.join(list(batch)?, &rows).await?,
            Operation::Update => self.update(&rows).await?,
            Operation::Leave => leave::leave(&self.api, &self.members, list(batch)?, &rows).await?,
            other => return Err(Error::stall(format!("Iterable knows no {other:?}; this is a bug in Listkeeper"))),
        };
        Ok(Submitted::Done(outcomes))
    }

    async fn poll(&self, _place: &PlaceId, jobs: &Jobs<'_>) -> Result<Polled, Error> {
        poll::poll(&self.api, &self.quiet, jobs).await
    }
}

impl Iterable {
    async fn join(&self, list: u64, rows: &[&BatchRow]) -> Result<Vec<super::Outcome>, Error> {
        first::make(&self.api, &self.known, rows).await?;
        let _sending = self.quiet.disturb();
        write::join(&self.api, &self.known.kinds(), list, rows).await
    }

    async fn update(&self, rows: &[&BatchRow]) -> Result<Vec<super::Outcome>, Error> {
        first::make(&self.api, &self.known, rows).await?;
        write::update(&self.api, &self.known.kinds(), rows).await
    }
}

fn list(batch: &Batch) -> Result<u64, Error> {
    let container = batch.container.as_ref();
    lists::id(container.ok_or_else(|| Error::stall("a batch that joins or leaves names no list; this is a bug in Listkeeper"))?)
}

#[cfg(test)]
mod tests;
