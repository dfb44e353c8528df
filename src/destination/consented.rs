//! A destination that sends nothing without a privacy consent (C4).
//!
//! [`open`](super::open) makes no other: the consent is checked before a key is read, recorded before the first request, and
//! checked again once the platform has told whose account it is, before anything else is asked.

use super::{
    Account, Batch, BatchRow, BulkDone, Candidate, Capabilities, ContactPage, ContactRecord, ContainerId, Cursor, Destination, Error,
    FieldFit, JobId, Jobs, Observed, Operation, PageRequest, Permit, PlaceId, Polled, RemoteField, ResourceChange, ResourceDone, RowSize,
    Sought, Submitted, Trial, WantedField,
};
use crate::{definition::Connection, member::Email, platform::SubscriptionStatus};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

/// Knows what consents were given for.
#[async_trait]
pub trait Consents: Send + Sync {
    /// Fails where the consent was given for another platform or origin. Makes no request and records nothing.
    fn check(&self, connection: &Connection) -> Result<(), Error>;

    /// As [`Consents::check`]; records what the consent is given for, where that is not on record. `account`: once known.
    async fn give(&self, connection: &Connection, account: Option<&Account>) -> Result<(), Error>;
}

pub(super) struct Consented {
    pub(super) inner: Arc<dyn Destination>,
    pub(super) connection: Arc<Connection>,
    pub(super) consents: Arc<dyn Consents>,
    /// The account was told, and the consent covers it.
    pub(super) proved: AtomicBool,
}

impl Consented {
    fn inner(&self) -> Result<&dyn Destination, Error> {
        match self.proved.load(Ordering::Acquire) {
            true => Ok(&*self.inner),
            false => Err(Error::stall("nothing is asked before the account is known; this is a bug in Listkeeper")),
        }
    }
}

#[async_trait]
impl Destination for Consented {
    fn capabilities(&self) -> &'static Capabilities {
        self.inner.capabilities()
    }

    async fn verify(&self) -> Result<Account, Error> {
        self.consents.give(&self.connection, None).await?;
        let account = self.inner.verify().await?;
        self.consents.give(&self.connection, Some(&account)).await?;
        self.proved.store(true, Ordering::Release);
        Ok(account)
    }

    async fn observe(&self, sought: &Sought<'_>) -> Result<Observed, Error> {
        self.inner()?.observe(sought).await
    }

    fn fit(&self, wanted: &WantedField, remote: Option<&RemoteField>) -> FieldFit {
        self.inner.fit(wanted, remote)
    }

    async fn change(&self, place: Option<&PlaceId>, change: &ResourceChange) -> Result<ResourceDone, Error> {
        self.inner()?.change(place, change).await
    }

    async fn contacts(&self, place: &PlaceId, page: &PageRequest) -> Result<ContactPage, Error> {
        self.inner()?.contacts(place, page).await
    }

    fn page_after(&self, page: &PageRequest, total: u64) -> Option<Cursor> {
        self.inner.page_after(page, total)
    }

    fn rereads(&self, given: Option<SubscriptionStatus>) -> bool {
        self.inner.rereads(given)
    }

    async fn find(&self, place: &PlaceId, email: &Email) -> Result<Option<ContactRecord>, Error> {
        self.inner()?.find(place, email).await
    }

    async fn container_members(&self, place: &PlaceId, container: &ContainerId, page: &PageRequest) -> Result<ContactPage, Error> {
        self.inner()?.container_members(place, container, page).await
    }

    fn row_bytes(&self, operation: Operation, row: &BatchRow) -> usize {
        self.inner.row_bytes(operation, row)
    }

    fn row_size(&self, operation: Operation, row: &BatchRow) -> RowSize {
        self.inner.row_size(operation, row)
    }

    fn is_doubtful(&self, row: &BatchRow) -> bool {
        self.inner.is_doubtful(row)
    }

    fn attributes_note(&self, doubtful: u64) -> Option<String> {
        self.inner.attributes_note(doubtful)
    }

    fn job_of(&self, batch: &Batch) -> Option<JobId> {
        self.inner.job_of(batch)
    }

    async fn submit(&self, place: &PlaceId, batch: &Batch) -> Result<Submitted, Error> {
        self.inner()?.submit(place, batch).await
    }

    fn clock(&self) -> Option<SystemTime> {
        self.inner.clock()
    }

    async fn find_sent(&self, place: &PlaceId, row: &BatchRow) -> Result<Option<(ContactRecord, bool)>, Error> {
        self.inner()?.find_sent(place, row).await
    }

    async fn candidate(&self, place: &PlaceId, rows: &[BatchRow]) -> Result<Option<Candidate>, Error> {
        self.inner()?.candidate(place, rows).await
    }

    async fn try_bulk(&self, place: &PlaceId, row: &BatchRow, candidate: &Candidate) -> Result<Trial, Error> {
        self.inner()?.try_bulk(place, row, candidate).await
    }

    async fn settle_trial(
        &self,
        place: &PlaceId,
        email: &Email,
        standing: SubscriptionStatus,
        at: DateTime<Utc>,
    ) -> Result<Option<String>, Error> {
        self.inner()?.settle_trial(place, email, standing, at).await
    }

    async fn update_in_bulk(&self, place: &PlaceId, rows: &[BatchRow], permit: &Permit) -> Result<BulkDone, Error> {
        self.inner()?.update_in_bulk(place, rows, permit).await
    }

    async fn poll(&self, place: &PlaceId, jobs: &Jobs<'_>) -> Result<Polled, Error> {
        self.inner()?.poll(place, jobs).await
    }
}

/// Lets tests open what sends nothing.
#[cfg(test)]
pub(crate) struct Anything;

#[cfg(test)]
#[async_trait]
impl Consents for Anything {
    fn check(&self, _: &Connection) -> Result<(), Error> {
        Ok(())
    }

    async fn give(&self, _: &Connection, _: Option<&Account>) -> Result<(), Error> {
        Ok(())
    }
}
