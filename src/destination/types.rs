//! What is said to and by a destination.

use crate::{
    definition::{AttributeSpec, FieldType},
    http::Rate,
    member::{Email, FieldKind, Key, Value},
    platform::SubscriptionStatus,
};
use chrono::{DateTime, Utc};
use std::{collections::BTreeMap, time::Duration};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub struct $name(pub String);
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(&self.0) }
        }
    };
}
id!(
    /// The place that holds contacts (Mailchimp: an audience; elsewhere the account).
    PlaceId
);
id!(
    /// What holds members: a tag or a list.
    ContainerId
);
id!(
    /// Where a reading goes on; the vendor's own business.
    Cursor
);
id!(
    /// Work that the vendor accepted and does later, or a call whose outcome has to be looked up.
    JobId
);
id!(
    /// The vendor's own id of a contact, where it wants to be told it.
    ContactId
);

/// What a vendor can do and documents; constant for a connection.
#[derive(Clone, Debug)]
pub struct Capabilities {
    pub vendor: &'static str,
    /// The vendor's words for place and container ("audience", "tag").
    pub place_word: &'static str,
    pub container_word: &'static str,
    pub can_rename_container: bool,
    /// A field exists from its first value on: made once, it may still be missing.
    pub fields_by_value: bool,
    /// Calls in flight that the vendor allows / that we use by default.
    pub connections_max: u32,
    pub connections_default: u32,
    /// Contacts a read returns at most.
    pub page_rows: usize,
    /// What is read of contacts before the first write of a run.
    pub reading: Reading,
    /// Whether a create puts the contact into its containers ([`BatchRow::joins`]).
    pub create_joins: CreateJoins,
    /// A join carries the attributes, and creates whom the platform does not know.
    pub join_tells: bool,
    /// Changed attributes of stayers go by a join as well.
    pub join_updates: bool,
    /// Taking someone out needs the vendor's own id of the contact.
    pub leaves_by_id: bool,
    /// A list is read, in one call, before people are removed from it.
    pub reads_leaving: bool,
    /// Known contacts are called as a reading of them spelt it, where that is on record ([`BatchRow::contact`]).
    pub spells: bool,
    /// An update says something of the contact's status that the platform documents to ignore: of each of these statuses one contact is
    /// updated first and read back.
    pub statuses_proved: &'static [SubscriptionStatus],
    /// Two readings so far apart have to agree that someone is not on a list.
    pub looks_apart: Duration,
    /// Jobs that may be under way at one time.
    pub jobs_max: usize,
    /// Who was in a container before us may have left it, and nobody can know: the first write to one that we did not make is
    /// held.
    pub holds_first_write: bool,
    /// Order in which a run carries operations out; what is missing here the vendor does not need.
    pub phases: &'static [Operation],
    /// Contacts whose attributes one call updates without a word about their status; `None`: there is no such call. Every
    /// such call needs a [`super::Permit`].
    pub bulk_update_rows: Option<usize>,
    /// Rows one call of an operation takes at most.
    pub batch_rows: fn(Operation) -> usize,
    /// Bytes of its rows ([`super::Destination::row_bytes`]) that one call takes at most.
    pub batch_bytes: fn(Operation) -> usize,
    /// Calls of an operation that the vendor allows, documented or assumed; `None`: no rate is known.
    pub rate: fn(Operation) -> Option<Rate>,
    /// Repeating such a call can trigger something: it is on record before it is sent, and an unknown outcome is looked up
    /// ([`super::Destination::poll`]) rather than sent again (G4).
    pub looks_up: fn(Operation) -> bool,
    /// How long after our last write the vendor may still show what was before it.
    pub settles: Duration,
    /// Requests a day, all accounts of a client together.
    pub per_day: Option<u32>,
    /// A call that took longer than this is asked for fewer rows next time.
    pub slow_call: Duration,
    /// How long a million members are documented to take: a run that takes longer is stopped unless `timeout` says otherwise.
    pub run_timeout: Duration,
    /// Said in every plan that lets people join / leave: what that can trigger, what it costs.
    pub on_join_note: &'static str,
    pub on_leave_note: &'static str,
    /// What a new contact's status means, by status (for hints and plans).
    pub on_create_note: fn(Option<SubscriptionStatus>) -> &'static str,
    /// What the vendor calls a status.
    pub status_word: fn(SubscriptionStatus) -> &'static str,
}

/// When a create puts the contact into its containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateJoins {
    Never,
    /// It would change a contact that exists: where the platform's contacts are read, only in a run that read everyone. Later, one
    /// who is not known may exist all the same.
    OfTheNew,
    /// It leaves a contact that exists as it is.
    Always,
}

/// What is read of contacts before the first write of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Everyone once, then who changed: the platform lets the caller set a status, so it must be known who has one.
    Everyone,
    /// Who changed since the last run: someone who left by themselves must not be put back.
    Changes,
    Nothing,
}

/// What a batch does to its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Contacts the platform does not know, with the status chosen for new ones.
    Create,
    /// Known contacts' attributes, status untouched.
    Update,
    /// Contacts that we archived come back with the status they had.
    Restore,
    /// Into a container.
    Join,
    /// Out of a container.
    Leave,
    /// Out of the place, kept by the platform.
    Archive,
}

impl Operation {
    /// Its rows are people to be taken out.
    pub fn removes(self) -> bool {
        matches!(self, Self::Leave | Self::Archive)
    }
}

/// Members of one call.
#[derive(Clone, Debug)]
pub struct Batch {
    pub operation: Operation,
    /// Join and leave, and updates where [`Capabilities::join_tells`] and there is one container: which.
    pub container: Option<ContainerId>,
    pub rows: Vec<BatchRow>,
}

/// Jobs under way. The rows of each are known to whoever asks.
pub struct Jobs<'a> {
    pub ids: &'a [JobId],
    pub rows: &'a (dyn Fn(&JobId) -> Vec<Key> + Sync),
    /// The last look at each, by whichever process.
    pub looks: &'a (dyn Fn(&JobId) -> Option<Look> + Sync),
}

/// What a look at a job showed that settled nothing: kept for the next one, which may be another process's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Look {
    pub at: DateTime<Utc>,
    /// How many looks there were, with this one.
    pub looks: u32,
    /// A hash of the rows that it did not show.
    pub missing: u64,
}

#[derive(Clone, Debug)]
pub struct BatchRow {
    pub key: Key,
    pub email: Email,
    /// Platform field → value; fields to be left alone are absent.
    pub attributes: Vec<(String, Value)>,
    /// Create: the status chosen. Restore: the status it had. Update in bulk: the status just read.
    pub standing: Option<SubscriptionStatus>,
    /// Create, where that joins too: the containers.
    pub joins: Vec<ContainerId>,
    /// Create: when the person consented, RFC 3339; where the definition names a column for it.
    pub consent_at: Option<String>,
    /// The vendor's id of the contact, where it is known.
    pub contact: Option<ContactId>,
}

/// The answer to a batch.
#[derive(Clone, Debug)]
pub enum Submitted {
    /// One outcome a row, in the batch's order.
    Done(Vec<Outcome>),
    /// Accepted, to be polled.
    Job(JobId),
}

/// How jobs stand.
#[derive(Clone, Debug, Default)]
pub struct Polled {
    pub finished: Vec<(JobId, JobOutcomes)>,
    /// Looked at and not settled: what is to be kept of it.
    pub looked: Vec<(JobId, Look)>,
    /// Not to be waited for in this run: they stay on record, and the next run asks for them before it sends anything.
    pub left: Vec<JobId>,
    /// When to ask for the others again.
    pub after: Duration,
}

/// What a finished job came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOutcomes {
    pub rows: Vec<(Key, Outcome)>,
    /// Of all rows that are not among those.
    pub others: Outcome,
}

impl JobOutcomes {
    pub fn all(outcome: Outcome) -> Self {
        Self { rows: Vec::new(), others: outcome }
    }

    /// Rows that are not mentioned are unknown.
    pub fn of(rows: Vec<(Key, Outcome)>) -> Self {
        Self { rows, others: Outcome::Unconfirmed("the job's results do not say".to_owned()) }
    }
}

/// What happened to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As asked. `standing`: what the vendor answered, where it did.
    Done { standing: Option<SubscriptionStatus> },
    /// Accepted, and the vendor has no answer for each row (E12).
    Unverified,
    /// Create, where that joins too: done, but for these containers. The answer does not show the contact in them.
    NotJoined { standing: Option<SubscriptionStatus>, containers: Vec<ContainerId> },
    /// Create: the contact exists after all; treat it as known. Nothing was changed.
    Exists,
    /// Join, update, restore, archive: the platform has no such contact (it is gone without us).
    Gone,
    /// Refused for this row; retried when its data or the error's nature changes.
    Rejected(Rejection),
    /// Refused for now (Mailchimp: "too many lists recently"); a later run tries again.
    Later(Rejection),
    /// The vendor's answer does not say; why. It may be done or not: a later run settles it.
    Unconfirmed(String),
    /// Certainly not carried out, and nobody's fault: to be sent again.
    NotDone,
}

/// Why the vendor refused a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rejection {
    /// Short and stable: `compliance-state`, `forgotten`, `fake-address`, `invalid-address`, `merge-field`, `archived`, …
    pub code: &'static str,
    /// The vendor's words, without the address.
    pub detail: String,
    pub field: Option<String>,
}

/// Who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: String,
    pub name: String,
    /// What shares the vendor's budget with us (C7).
    pub budget_key: String,
    /// Where the vendor does not tell whose account it is: all that is there to recognise it by (C11).
    pub shows: Option<Vec<RemoteContainer>>,
}

/// The platform's resources at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Absent: no such place, or several.
    pub place: Option<RemotePlace>,
    /// Places of the wanted name that exist (to tell "none" from "several").
    pub same_name: Vec<PlaceId>,
    pub fields: Vec<RemoteField>,
    pub containers: Vec<RemoteContainer>,
}

impl Observed {
    /// Fields that the platform requires of every contact and that no attribute feeds: a plan refuses them, with the
    /// hint to map them or to make them optional at the platform.
    pub fn required_unmapped<'a>(&'a self, mapped: &'a [&'a str]) -> impl Iterator<Item = &'a RemoteField> + 'a {
        self.fields.iter().filter(|field| field.kind.required && !mapped.contains(&field.tag.as_str()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePlace {
    pub id: PlaceId,
    pub name: String,
    /// Contacts of every standing, where the vendor tells; may be some minutes old.
    pub contacts: Option<u64>,
    /// When it was made, where the vendor tells.
    pub made: Option<DateTime<Utc>>,
}

/// What an observation is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sought<'a> {
    /// The place recorded when it was created or adopted, which wins over a name.
    pub place: Option<&'a PlaceId>,
    /// Containers recorded as the export's, with their names.
    pub known: &'a [(ContainerId, String)],
    /// Names of containers that it wants.
    pub names: &'a [String],
    /// Of those, which must be told with how many are in them, whatever it costs: we may have made them.
    pub begun: &'a [String],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteField {
    /// The vendor's id of the field.
    pub id: String,
    /// What definitions call it (Mailchimp: the merge tag).
    pub tag: String,
    pub name: String,
    pub kind: FieldKind,
}

/// A field as it was last looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenField {
    /// The platform's id of it; empty where it was seen before ids were kept. `None`: it was gone.
    pub id: Option<String>,
    /// How often a field of its name was made again: what members were sent before that is not in it.
    pub remade: u32,
}

/// Fields by tag, as they were last looked at.
pub type SeenFields = BTreeMap<String, SeenField>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteContainer {
    pub id: ContainerId,
    pub name: String,
    /// `None`: the vendor does not say.
    pub members: Option<u64>,
    /// Members cannot be put into it, and why (Iterable: it is a dynamic list).
    pub closed: Option<&'static str>,
    /// What was asked for beside it is missing (Omnisend: the segment on a tag).
    pub lacks_view: bool,
    /// When it was made, where the vendor tells.
    pub made: Option<DateTime<Utc>>,
}

impl RemoteContainer {
    pub fn new(id: impl Into<String>, name: impl Into<String>, members: Option<u64>) -> Self {
        Self { id: ContainerId(id.into()), name: name.into(), members, closed: None, lacks_view: false, made: None }
    }
}

/// An attribute of an export, to be fitted.
#[derive(Clone, Copy, Debug)]
pub struct WantedField<'a> {
    pub tag: &'a str,
    pub spec: &'a AttributeSpec,
}

/// How a wanted attribute fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldFit {
    /// Values are made canonical for this kind.
    Fits(FieldKind),
    /// It must be created.
    Create(FieldKind),
    /// It cannot work: why, and what to do.
    Refused { why: String, hint: String },
}

/// One change to the platform's resources, named by a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceChange {
    /// The place of the export's target.
    CreatePlace {
        name: String,
    },
    CreateField {
        tag: String,
        field_type: FieldType,
    },
    CreateContainer {
        name: String,
    },
    RenameContainer {
        id: ContainerId,
        from: String,
        to: String,
    },
    DeleteContainer {
        id: ContainerId,
    },
    /// What people see beside the container (Omnisend: a segment on the tag).
    CreateView {
        container: ContainerId,
        name: String,
    },
}

/// What a resource change came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceDone {
    Place(RemotePlace),
    Field(RemoteField),
    Container(RemoteContainer),
    View,
    /// It is there no more, whether or not this call did it.
    Deleted,
}

/// A page of so many contacts is not divided any further.
pub const SMALLEST_PAGE: usize = 50;

/// Which contacts to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// [`ContactPage::next`] of the page before; `None` begins a reading.
    pub cursor: Option<Cursor>,
    /// At most; the same cursor is good for fewer, down to [`SMALLEST_PAGE`], where the platform did not manage as many.
    pub rows: usize,
    /// Only contacts changed since (RFC 3339), all if `None`.
    pub changed_since: Option<String>,
    /// Only contacts of this standing, all (the archived too) if `None`.
    pub standing: Option<SubscriptionStatus>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPage {
    pub contacts: Vec<ContactRecord>,
    /// Of the whole reading, where the vendor says it; an estimate, for progress.
    pub total: Option<u64>,
    /// How to ask for the next page; `None`: this was the last.
    pub next: Option<Cursor>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRecord {
    pub email: Email,
    pub standing: SubscriptionStatus,
    /// When the vendor last changed it, RFC 3339.
    pub changed_at: Option<String>,
    pub contact: Option<ContactId>,
    /// The containers it is in, where the vendor tells with it.
    pub containers: Option<Vec<ContainerId>>,
}

impl ContactRecord {
    pub fn new(email: Email, standing: SubscriptionStatus) -> Self {
        Self { email, standing, changed_at: None, contact: None, containers: None }
    }
}

/// Fields by tag, as plans and runs look them up.
pub type Fields = BTreeMap<String, FieldKind>;

/// Bytes that a row takes of a call, which is written in one of two ways: shortly, unless one of its rows needs the long way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowSize {
    pub short: usize,
    pub long: usize,
    pub needs_long: bool,
}

impl From<usize> for RowSize {
    /// There is one way.
    fn from(bytes: usize) -> Self {
        Self { short: bytes, long: bytes, needs_long: false }
    }
}
