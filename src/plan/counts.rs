//! Where every row that was read ended up (E12).

use serde::{Deserialize, Serialize};

/// Counts of one plan or run. [`Counts::accounted`] equals `read` whenever a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    /// Rows that the segments gave.
    pub read: u64,
    /// Members that were sent and acknowledged.
    pub synced: u64,
    pub unchanged: u64,
    pub rejected: u64,
    /// Rows without an address.
    pub not_addressable: u64,
    /// Rows merged into another row's member, those of people in several segments included.
    pub duplicates: u64,
    /// Of the duplicates: people who are in several segments.
    pub across_segments: u64,
    pub suppressed: u64,
    /// People whose row is without consent, values that are neither a known yes nor a known no included: not created, not added,
    /// or taken off the lists.
    pub no_consent: u64,
    /// Members who left the platform by themselves; not put back.
    pub left: u64,
    /// Accepted, not confirmable per row.
    pub unverified: u64,
    /// Planned, not carried out (the run stopped first, or is to be retried).
    pub pending: u64,
    /// Of the synced: new to the export, but for those of `kept_status` / with changed attributes.
    pub added: u64,
    pub updated: u64,
    /// Of the synced: new to the export, known to the platform under another status than subscribed. They keep it.
    pub kept_status: u64,
    /// People taken out of at least one container; not among the rows read.
    pub removed: u64,
}

impl Counts {
    /// The sum that must equal `read`.
    pub fn accounted(&self) -> u64 {
        self.synced
            + self.unchanged
            + self.rejected
            + self.not_addressable
            + self.duplicates
            + self.suppressed
            + self.no_consent
            + self.left
            + self.unverified
            + self.pending
    }
}
