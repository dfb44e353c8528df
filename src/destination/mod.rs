//! The vendors: one trait, and a folder a vendor.
//!
//! A destination never diffs and never decides. It says what it can do, observes and creates resources that the plan
//! names, submits one batch, polls one job, reads contacts back. Batching, pacing, retry and outcomes are common (`http`, `run`).
//! May know: its vendor's API, `http`, members. May not know: plans, the state, who calls it.

mod error;
pub mod mailchimp;
mod open;
mod types;

pub use error::{Error, ErrorKind};
pub use open::open;
pub use types::{
    Account, Batch, BatchRow, Capabilities, ContactPage, ContactRecord, ContainerId, Cursor, FieldFit, Fields, JobId, JobState, Observed,
    Operation, Outcome, PageRequest, PlaceId, Rejection, RemoteContainer, RemoteField, RemotePlace, ResourceChange, ResourceDone,
    Submitted, WantedField,
};

use async_trait::async_trait;

/// One account at one vendor, seen from one export's target.
#[async_trait]
pub trait Destination: Send + Sync {
    /// What the vendor can do and documents. Constant.
    fn capabilities(&self) -> &'static Capabilities;

    /// A live probe of the credentials (C5).
    async fn verify(&self) -> Result<Account, Error>;

    /// The place (audience), its fields and its containers; reads only. An absent place is `place: None`, not an error.
    /// `known` is the place recorded when it was created or adopted, which wins over a name.
    async fn observe(&self, known: Option<&PlaceId>) -> Result<Observed, Error>;

    /// Whether a wanted attribute fits the remote field, must be created, or is refused (pure).
    fn fit(&self, wanted: &WantedField, remote: Option<&RemoteField>) -> FieldFit;

    /// Creates or changes one resource. Repeating it after a lost answer finds what the first call made.
    async fn change(&self, place: Option<&PlaceId>, change: &ResourceChange) -> Result<ResourceDone, Error>;

    /// One page of the place's contacts with their standing; follow [`ContactPage::next`]. A contact may come twice: the
    /// later one counts. Whoever changes while the pages are read may be missed, so a whole reading ends with a short one
    /// of those changed since it began (`changed_since`, less some minutes for clocks that differ).
    async fn contacts(&self, place: &PlaceId, page: &PageRequest) -> Result<ContactPage, Error>;

    /// One page of a container's members.
    async fn container_members(&self, place: &PlaceId, container: &ContainerId, page: &PageRequest) -> Result<ContactPage, Error>;

    /// Sends one batch of at most [`Capabilities::batch_rows`] rows.
    async fn submit(&self, place: &PlaceId, batch: &Batch) -> Result<Submitted, Error>;

    /// How an accepted job stands.
    async fn poll(&self, job: &JobId) -> Result<JobState, Error>;
}
