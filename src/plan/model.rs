//! The plan: everything a colleague needs to review, and nothing that a run could still choose.

use super::{ConsentPlan, Counts, bulk::BulkPlan, guard::Verdict, steps::Step};
use crate::{definition::FieldType, destination::Operation, member::IdNotes, source::Notices};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// What one export would do. Immutable, complete, the same bytes for the same input (G6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    pub export: String,
    /// The connection's display name, and the vendor's name.
    pub connection: String,
    pub vendor: &'static str,
    pub words: Words,
    pub place: PlacePlan,
    /// Fields and containers to create or change, in the order of doing.
    pub resources: Vec<ResourceStep>,
    pub segments: Vec<SegmentPlan>,
    /// Of segments that are built on others, sampled or limited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub made_of: Vec<SegmentMake>,
    pub members: MemberTotals,
    /// Contacts whose status must be read before the first write, if any.
    pub reading: Option<StandingRead>,
    /// What is done, in the order of doing.
    pub steps: Vec<Step>,
    pub cost: Cost,
    /// Updates in bulk, and what they come to otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bulk_updates: Option<BulkPlan>,
    /// Refused rows by reason.
    pub rejected: BTreeMap<String, u64>,
    /// What was odd in the sources, and did not end the reading.
    #[serde(skip_serializing_if = "Notices::is_empty")]
    pub notices: Notices,
    pub counts: Counts,
    pub verdict: Verdict,
    /// Removals from segments that may be empty wait for a person; the rest does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// What joining and leaving can trigger, what is unknown, what is kept although it is not ours.
    pub notes: Vec<String>,
    pub digest: PlanDigest,
}

/// What of the whole plan waits, and under which digest it is approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    pub digest: PlanDigest,
    pub held: Vec<super::guard::Reason>,
}

/// The vendor's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// e.g. `audience`
    pub place: &'static str,
    /// e.g. `tag`
    pub container: &'static str,
}

/// Where the members go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum PlacePlan {
    Existing {
        id: String,
        name: String,
        contacts: Option<u64>,
        adopted: bool,
    },
    Create {
        name: String,
    },
    /// Gone, or never used; only a deleted export does without.
    Absent {
        name: String,
    },
}

/// One change to the platform's resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "action", rename_all_fields = "camelCase")]
pub enum ResourceStep {
    CreatePlace {
        name: String,
    },
    CreateField {
        tag: String,
        field_type: FieldType,
    },
    CreateContainer {
        segment: String,
        name: String,
    },
    AdoptContainer {
        segment: String,
        name: String,
        id: String,
        members: Option<u64>,
    },
    RenameContainer {
        segment: String,
        id: String,
        from: String,
        to: String,
    },
    /// The one we made is gone at the platform; or it cannot be renamed, and a new one was asked for.
    RecreateContainer {
        segment: String,
        name: String,
        gone: bool,
    },
    /// What people see beside a container (Omnisend: a segment on the tag).
    CreateView {
        segment: String,
        id: String,
        name: String,
    },
    /// We created it for an export that was deleted; after everyone is taken out.
    DeleteContainer {
        id: String,
        name: String,
        members: Option<u64>,
    },
}

/// What happens in one segment's container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentPlan {
    /// The segment's name; for one that was dropped from the export, its last.
    pub segment: String,
    /// The container's name at the platform.
    pub container: String,
    /// People in the segment / in the container by our last word.
    pub members: u64,
    pub before: u64,
    pub joins: u64,
    pub leaves: u64,
    /// Of the leaves: people who are never to be sent.
    pub suppressed_leaves: u64,
    /// Of the leaves: people whose consent is withdrawn.
    #[serde(skip_serializing_if = "is_zero")]
    pub withdrawn_leaves: u64,
    pub dropped: bool,
    /// The export itself was deleted.
    pub deleted: bool,
    /// Leavers are taken out (`mirror`); otherwise they stay (`upsert`).
    pub mirror: bool,
    /// A few masked addresses, in the order of doing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub join_sample: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leave_sample: Vec<String>,
}

/// How many people each part of a segment gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentMake {
    pub segment: String,
    /// `union`, `intersect` or `except`; `None`: rows of a source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<&'static str>,
    /// Segments and their counts: rows where rows are taken from, people where they are compared with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(String, u64)>,
    /// Rows before and after sample and limit.
    pub before: u64,
    pub rows: u64,
    /// Of a million.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What happens to people, each counted once a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberTotals {
    /// New to the export, in all.
    pub new: u64,
    /// Of the new: created at the platform / known to it (they keep their status) / archived by us, restored.
    pub create: u64,
    pub known: u64,
    pub restore: u64,
    /// Of the known: those under another status than subscribed, in the platform's words.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub known_as: BTreeMap<&'static str, u64>,
    /// Whether the platform knows the new ones was not read yet: all are counted under `create`.
    pub unread: bool,
    /// Members whose attributes changed.
    pub update: u64,
    /// Members who only join or leave segments.
    pub moved: u64,
    /// People taken out of at least one container.
    pub leave: u64,
    /// Those to be archived; of these, those whom an earlier run took out of every container.
    pub archive: u64,
    pub archive_only: u64,
    pub unchanged: u64,
    /// Kept because their person's row has a bad address.
    pub protected: u64,
    /// Members whose id is recorded anew, beside what else becomes of them: nothing is sent because of it.
    pub ids: u64,
    /// Several addresses with one id, and ids that a spreadsheet rounded.
    #[serde(skip_serializing_if = "IdNotes::is_empty")]
    pub odd_ids: IdNotes,
    /// What the consent column says; absent: no consent is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentPlan>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub update_sample: Vec<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl SegmentPlan {
    /// People in the container afterwards, if all goes well.
    pub fn after(&self) -> u64 {
        (self.before + self.joins).saturating_sub(self.leaves)
    }
}

impl MemberTotals {
    /// Whether anything about members is to be sent or recorded.
    pub fn is_empty(&self) -> bool {
        self.new + self.update + self.moved + self.leave + self.archive_only + self.ids == 0
    }
}

/// A reading of contacts' statuses that must come before a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StandingRead {
    /// About how many contacts; for a later reading only those changed since.
    pub contacts: Option<u64>,
    pub calls: Option<u64>,
    /// All of them, for the first time.
    pub first: bool,
}

/// What the plan costs at the vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Calls by what they do, in the order of doing.
    #[serde(serialize_with = "by_operation")]
    pub calls: Vec<(Operation, u64)>,
    /// Reads and resource changes.
    pub other_calls: u64,
    /// Calls in flight at once, and what the vendor allows.
    pub connections: u32,
    pub connections_max: u32,
    /// At the documented rates, the vendor's own work not counted; `None`: no rate is documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// Requests a day that the account may make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
}

/// `{"create": 20, "join": 3}`, in the order of doing.
fn by_operation<S: serde::Serializer>(calls: &[(Operation, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(calls.iter().map(|(operation, n)| (operation, n)))
}

impl Cost {
    pub fn total(&self) -> u64 {
        self.other_calls + self.calls.iter().map(|(_, n)| n).sum::<u64>()
    }

    /// Seconds if every call took this many milliseconds: rounds of calls, as no rate is documented.
    pub fn seconds_at(&self, call_ms: u64) -> u64 {
        let rounds: u64 = self.calls.iter().map(|(_, n)| n.div_ceil(u64::from(self.connections.max(1)))).sum();
        (rounds + self.other_calls) * call_ms / 1000
    }
}

/// What was reviewed: blake3, hex, over the definition, the resources and every member's change.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct PlanDigest(pub String);

impl PlanDigest {
    /// Enough to name it by.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.short())
    }
}

impl Plan {
    /// What is read before a step can change its numbers.
    pub fn is_estimated(&self) -> bool {
        self.steps.iter().any(|step| step.estimated && step.task().is_some())
    }

    /// Nothing is left to do (G3).
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.members.is_empty()
    }
}

/// One member's line for `--members`; streamed, never all at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberLine {
    pub address: String,
    pub action: MemberAction,
    /// Names of the segments joined and left.
    pub joins: Vec<String>,
    pub leaves: Vec<String>,
    /// Where a member leaves for another reason than being in the segment no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What is done with a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MemberAction {
    /// New at the platform, or not known whether.
    Add,
    /// New to the export, known to the platform.
    AddKnown,
    Restore,
    Update,
    /// Only joins or leaves.
    Move,
    Remove,
    Archive,
}
