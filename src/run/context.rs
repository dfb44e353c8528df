//! What every step of one run needs.

use super::{Watch, early::Early, page_size::PageSize, turn::Turn};
use crate::{
    definition::{Export, Name},
    destination::{Account, Capabilities, Destination, Reading},
    http::Hub,
    source::Isolation,
    state::RunId,
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};
use tokio_util::sync::CancellationToken;

/// One run of one export.
#[derive(Clone)]
pub struct Context {
    pub export: Arc<Export>,
    pub destination: Arc<dyn Destination>,
    /// The destination's.
    pub capabilities: &'static Capabilities,
    /// As the live probe gave it.
    pub account: Account,
    pub watch: Arc<dyn Watch>,
    pub now: DateTime<Utc>,
    /// The run on record; `None` while only planning.
    pub run: Option<RunId>,
    /// Cancelled: what is in flight ends, nothing more begins.
    pub cancel: CancellationToken,
    /// Where nameless temporary files go; needs room for the members' rows.
    pub temp: PathBuf,
    /// Where strangers' queries and files are read.
    pub isolation: Isolation,
    /// A reading of the source that began before the platform was asked.
    pub early: Arc<Mutex<Option<Early>>>,
    /// Calls in flight at once.
    pub connections: u32,
    /// Contacts a page of the audience, which every copy of this knows alike.
    pub pages: Arc<PageSize>,
    /// For sources that are asked over HTTP, and the vendor's time.
    pub hub: Hub,
    /// Every export that is defined: some may share the audience.
    pub exports: Arc<BTreeMap<Name, Arc<Export>>>,
    /// Held while it writes; `None`: nothing may be written.
    pub(super) turn: Option<Arc<Turn>>,
}

impl Context {
    /// Whether the statuses of the audience's contacts are read before each plan.
    pub(super) fn reads_statuses(&self) -> bool {
        self.capabilities.reading == Reading::Everyone && self.destination.rereads(self.export.new_contacts.status)
    }
}
