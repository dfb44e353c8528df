//! The vendors: one trait, and a folder a vendor.
//!
//! A destination never diffs and never decides. It says what it can do, observes and creates resources that the plan
//! names, submits one batch, polls one job, reads contacts back. Batching, pacing, retry and outcomes are common (`http`, `run`).
//! May know: its vendor's API, `http`, members. May not know: plans, the state, who calls it.

mod bulk_updates;
mod call;
mod consented;
pub mod constant_contact;
mod credential;
mod cursors;
mod error;
mod iterable;
mod made_once;
pub mod mailchimp;
mod no_answer;
pub mod omnisend;
mod open;
mod outcomes;
mod types;
mod words;

pub use bulk_updates::{BULK_STATUSES, BulkDone, Candidate, Passed, Permit, Trial};
#[cfg(test)]
pub(crate) use consented::Anything;
pub use consented::Consents;
pub use error::{Error, ErrorKind};
pub use open::open;
pub use types::{
    Account, Batch, BatchRow, Capabilities, ContactId, ContactPage, ContactRecord, ContainerId, CreateJoins, Cursor, FieldFit, Fields,
    JobId, JobOutcomes, Jobs, Look, Observed, Operation, Outcome, PageRequest, PlaceId, Polled, Reading, Rejection, RemoteContainer,
    RemoteField, RemotePlace, ResourceChange, ResourceDone, RowSize, SMALLEST_PAGE, SeenField, SeenFields, Sought, Submitted, WantedField,
};

use crate::{member::Email, platform::SubscriptionStatus};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::time::SystemTime;

/// One account at one vendor, seen from one export's target.
#[async_trait]
pub trait Destination: Send + Sync {
    /// What the vendor can do and documents. Constant.
    fn capabilities(&self) -> &'static Capabilities;

    /// A live probe of the credentials (C5).
    async fn verify(&self) -> Result<Account, Error>;

    /// The place, its fields, and those of its containers that are known or of a wanted name; reads only. An absent place is
    /// `place: None`, not an error; a known container that is not among the observed is gone.
    async fn observe(&self, sought: &Sought<'_>) -> Result<Observed, Error>;

    /// Whether a wanted attribute fits the remote field, must be created, or is refused (pure).
    fn fit(&self, wanted: &WantedField, remote: Option<&RemoteField>) -> FieldFit;

    /// Creates or changes one resource. Repeating it after a lost answer finds what the first call made.
    async fn change(&self, place: Option<&PlaceId>, change: &ResourceChange) -> Result<ResourceDone, Error>;

    /// One page of the place's contacts with their standing; follow [`ContactPage::next`]. A contact may come twice: the
    /// later one counts. Whoever changes while the pages are read may be missed, so a whole reading ends with a short one
    /// of those changed since it began (`changed_since`, less some minutes for clocks that differ).
    async fn contacts(&self, place: &PlaceId, page: &PageRequest) -> Result<ContactPage, Error>;

    /// The page behind this one, as far as it can be told before this one is answered; `total`: of the reading. Such pages may be
    /// asked for at the same time: each begins with some contacts of the one before it, as long as nobody changes.
    fn page_after(&self, _page: &PageRequest, _total: u64) -> Option<Cursor> {
        None
    }

    /// Whether, once everyone was read, those who changed must be read before later runs that give new contacts this status.
    /// `false`: what is sent changes nobody's status, whoever exists by now.
    fn rereads(&self, _given: Option<SubscriptionStatus>) -> bool {
        true
    }

    /// The platform's clock, as its last answer told it: times of readings are its times, whatever ours says. `None`: it tells none.
    fn clock(&self) -> Option<SystemTime> {
        None
    }

    /// One contact; `None` if the place does not know the address.
    async fn find(&self, place: &PlaceId, email: &Email) -> Result<Option<ContactRecord>, Error>;

    /// One contact, and whether it carries what a create sent: its status and each of its values, at least one. `false` where the
    /// platform does not tell.
    async fn find_sent(&self, place: &PlaceId, row: &BatchRow) -> Result<Option<(ContactRecord, bool)>, Error> {
        Ok(self.find(place, &row.email).await?.map(|found| (found, false)))
    }

    /// One page of a container's members.
    async fn container_members(&self, place: &PlaceId, container: &ContainerId, page: &PageRequest) -> Result<ContactPage, Error>;

    /// Bytes that a row takes in a batch of an operation, at most; 0 where only rows are counted.
    fn row_bytes(&self, _operation: Operation, _row: &BatchRow) -> usize {
        0
    }

    /// The same where a call is written in one of two ways.
    fn row_size(&self, operation: Operation, row: &BatchRow) -> RowSize {
        self.row_bytes(operation, row).into()
    }

    /// Whether a row carries something that the platform may not take.
    fn is_doubtful(&self, _row: &BatchRow) -> bool {
        false
    }

    /// What to know about these attributes there before they are sent, with so many doubtful rows.
    fn attributes_note(&self, _doubtful: u64) -> Option<String> {
        None
    }

    /// The name under which a batch is recorded before it is sent, where [`Capabilities::looks_up`]; [`Destination::poll`]
    /// understands it.
    fn job_of(&self, _batch: &Batch) -> Option<JobId> {
        None
    }

    /// Sends one batch of at most [`Capabilities::batch_rows`] rows.
    async fn submit(&self, place: &PlaceId, batch: &Batch) -> Result<Submitted, Error>;

    /// The one of these contacts, all of one status, that the bulk update is best tried with: it has that status still, and no
    /// status could do it harm, if there is one such.
    async fn candidate(&self, _place: &PlaceId, _rows: &[BatchRow]) -> Result<Option<Candidate>, Error> {
        Ok(None)
    }

    /// Tries the bulk update with one contact, alone, and looks at it afterwards.
    async fn try_bulk(&self, _place: &PlaceId, _row: &BatchRow, _candidate: &Candidate) -> Result<Trial, Error> {
        Err(Error::stall("there is no bulk update to be tried; this is a bug in Listkeeper"))
    }

    /// Finds out what a trial did that nobody heard the end of, begun at this time, and undoes it. In words, where it did anything.
    async fn settle_trial(
        &self,
        _place: &PlaceId,
        _email: &Email,
        _standing: SubscriptionStatus,
        _at: DateTime<Utc>,
    ) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// Updates attributes of at most [`Capabilities::bulk_update_rows`] contacts whose status was just read, without changing it. What
    /// the permit does not cover is not sent.
    async fn update_in_bulk(&self, _place: &PlaceId, _rows: &[BatchRow], _permit: &Permit) -> Result<BulkDone, Error> {
        Err(Error::stall("there is no bulk update; this is a bug in Listkeeper"))
    }

    /// Which of these jobs are finished. A job that the vendor does not know any more is finished with unknown outcomes.
    async fn poll(&self, place: &PlaceId, jobs: &Jobs<'_>) -> Result<Polled, Error>;
}

/// What every platform can do, for tests that hold for all of them.
#[cfg(test)]
pub(crate) fn all_capabilities() -> [&'static Capabilities; 4] {
    [
        &constant_contact::capabilities::DOCUMENTED,
        &iterable::capabilities::ITERABLE,
        &mailchimp::capabilities::DOCUMENTED,
        &omnisend::capabilities::CAPABILITIES,
    ]
}
