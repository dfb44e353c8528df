//! An export, resolved: these segments, to this target, with these fields, on this schedule.

use super::{Connection, Name, ReadLimits, Segment};
use chrono_tz::Tz;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

/// `kind: Export` with everything it names resolved and every default inherited.
#[derive(Clone, Debug)]
pub struct Export {
    pub name: Name,
    /// Relative to the root.
    pub file: PathBuf,
    pub line: u32,
    /// The folder that it belongs to, as far as others may not have it: empty for administrators'.
    pub owner: String,
    pub connection: Arc<Connection>,
    /// In the order written; at least one, at most 60.
    pub segments: Vec<Arc<Segment>>,
    /// Of the settings and its own; each once.
    pub suppress: Vec<Arc<Segment>>,
    /// How many of these, from the first, the settings name.
    pub suppress_by_settings: usize,
    pub target: Target,
    pub matching: Matching,
    /// Platform field → where its value comes from; ordered by field.
    pub attributes: BTreeMap<String, AttributeSpec>,
    /// `None`: mirror where we created the container, upsert where it existed (E7).
    pub mode: Option<Mode>,
    pub on_leave: OnLeave,
    pub new_contacts: NewContacts,
    /// `None`: when the platform's counters disagree with what was sent.
    pub verify: Option<Verify>,
    pub schedule: Option<Schedule>,
    pub run_on_change: bool,
    pub guard: Guard,
    /// Of the settings; nothing that is read depends on them, so they are in no digest.
    pub read_limits: ReadLimits,
    pub suspend: bool,
    pub on_delete: OnDelete,
    pub timeout: Option<Duration>,
    pub renamed_from: Option<Name>,
    /// blake3, hex, over everything a run of this export depends on: this document and those it names.
    pub digest: String,
    /// The same without where its people come from: two sources that give the same people are asked for the same.
    pub asks: String,
    /// A document it depends on is broken, and the last good text of it goes on: nobody is taken out; why. Not in the digest.
    pub broken: Option<Arc<str>>,
    /// It was deleted, and its `onDelete` is to be carried out: nobody is wanted. Always held first.
    pub removed: bool,
}

impl Export {
    /// Every column that a segment's rows must have, each once.
    pub fn columns(&self) -> Vec<&str> {
        let Matching { email, id, prefer, ids: _ } = &self.matching;
        let consent = self.new_contacts.consent.iter().flat_map(|consent| [Some(&consent.column), consent.at.as_ref()]);
        let fields = self.attributes.values().flat_map(|spec| match &spec.columns {
            Columns::One(column) => vec![column],
            Columns::Parts(parts) => parts.values().collect(),
        });
        let all = [Some(email), id.as_ref(), prefer.as_ref()].into_iter().chain(consent).flatten().chain(fields);
        all.map(String::as_str).collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    }
}

impl Export {
    /// Every source that its segments take rows of.
    pub fn sources(&self) -> BTreeSet<Name> {
        self.segments.iter().flat_map(|segment| segment.rows()).map(|rows| rows.source.name.clone()).collect()
    }
}

/// What becomes one container at the platform: a segment, or all of an export's segments together.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The segment's name; `members` where all segments are one list.
    pub name: Name,
    /// What the container is to be called.
    pub container: String,
    pub segments: Vec<Arc<Segment>>,
}

impl Slot {
    /// Which segments fill it, for people.
    pub fn title(&self) -> String {
        let names: Vec<_> = self.segments.iter().map(|segment| segment.name.as_str()).collect();
        names.join(" + ")
    }
}

impl Export {
    /// The containers that this export fills, in the order of its segments.
    pub fn slots(&self) -> Vec<Slot> {
        if let Audience::ConstantContact(list) = &self.target.audience {
            let (ListRef::Id(container) | ListRef::Named(container)) = list.clone();
            return vec![Slot { name: Name::members(), container, segments: self.segments.clone() }];
        }
        let slot = |segment: &Arc<Segment>| Slot {
            name: segment.name.clone(),
            container: self.container_name(segment),
            segments: vec![Arc::clone(segment)],
        };
        self.segments.iter().map(slot).collect()
    }

    /// The name of a segment's container at the platform: `target.names`, else by the segment's display name.
    fn container_name(&self, segment: &Segment) -> String {
        let given = self.target.names.get(&segment.name).cloned();
        given.unwrap_or_else(|| self.connection.kind.list_name(&segment.display_name, segment.name.as_str()))
    }

    /// What exports take turns at: those that write to one place never do so at a time (E16). As far as a definition can tell.
    pub fn turn(&self) -> String {
        let connection = &self.connection.name;
        match self.target.audience.place() {
            // Ids are the vendor's own: the same one, by whichever connection.
            PlaceRef::Id(id) => id.to_owned(),
            PlaceRef::Named { name, .. } => format!("{connection}: {name}"),
            PlaceRef::Account => format!("{connection}"),
        }
    }
}

/// Where the members go.
#[derive(Clone, Debug)]
pub struct Target {
    pub audience: Audience,
    /// Segment → name at the platform, where it is not the display name.
    pub names: BTreeMap<Name, String>,
    /// A container of an equal name that is not ours may be taken over (E14).
    pub adopt_containers: bool,
    /// Members found in an adopted container may be taken out (E7).
    pub adopt_members: bool,
    /// Where a container cannot be renamed, a new name makes a new one, once approved (E9).
    pub recreate: bool,
}

/// Where the members go, by vendor.
#[derive(Clone, Debug)]
pub enum Audience {
    /// Each segment is a tag in an audience.
    Mailchimp(AudienceRef),
    /// Each segment is a tag of the brand; with `segment`, also a segment of the platform's on that tag.
    Omnisend { segment: bool },
    /// All segments together are one list.
    ConstantContact(ListRef),
    /// Each segment is a list of the project.
    Iterable,
}

/// A list of Constant Contact's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListRef {
    Id(String),
    /// Created if absent.
    Named(String),
}

/// How the place that holds contacts is named, whoever the vendor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceRef<'a> {
    Id(&'a str),
    Named {
        name: &'a str,
        /// It may be made if there is none.
        create: bool,
        /// One of this name that is not ours may be used.
        adopt: bool,
    },
    /// The account is the place: it is there, and the only one.
    Account,
}

impl Audience {
    pub fn place(&self) -> PlaceRef<'_> {
        match self {
            Self::Mailchimp(AudienceRef::Id(id)) => PlaceRef::Id(id),
            Self::Mailchimp(AudienceRef::Named { name, create, adopt }) => {
                PlaceRef::Named { name, create: create.is_some(), adopt: *adopt }
            }
            Self::Omnisend { .. } | Self::ConstantContact(_) | Self::Iterable => PlaceRef::Account,
        }
    }

    /// The one container, where the definition names it by its id.
    pub fn container_id(&self) -> Option<&str> {
        if let Self::ConstantContact(ListRef::Id(id)) = self { Some(id) } else { None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudienceRef {
    Id(String),
    Named {
        name: String,
        /// What Mailchimp demands of a new audience; `None`: the audience must exist.
        create: Option<Box<AudienceCreate>>,
        /// An audience of this name that we did not create may be used.
        adopt: bool,
    },
}

/// What Mailchimp demands of a new audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudienceCreate {
    pub company: String,
    pub address1: String,
    pub address2: String,
    pub city: String,
    pub state: String,
    pub zip: String,
    /// ISO 3166 two-letter code.
    pub country: String,
    pub phone: String,
    pub permission_reminder: String,
    pub from_name: String,
    pub from_email: String,
    pub subject: String,
    pub language: String,
    pub email_type_option: bool,
}

/// Which columns say who someone is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    pub email: String,
    /// Recognises a person whose address changed.
    pub id: Option<String>,
    /// Of rows with one address the greatest by this column wins.
    pub prefer: Option<String>,
    pub ids: SharedIds,
}

impl Matching {
    /// Which ids these are; ids that are written otherwise are other ids. Empty: none.
    pub fn written_ids(&self) -> String {
        let space = self.ids.space.as_ref().map(|space| format!(" of {space}")).unwrap_or_default();
        self.id.as_ref().map(|column| format!("{column}{space}")).unwrap_or_default()
    }
}

/// Which sources' ids mean the same people. An id is its source's, unless `match.idSpace` says that sources share them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedIds {
    /// `match.idSpace`.
    pub space: Option<Name>,
    /// Every source of every export with this space.
    pub joined: BTreeSet<Name>,
    /// Every source that is defined.
    pub defined: BTreeSet<Name>,
}

/// Where one platform field's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeSpec {
    pub columns: Columns,
    /// `None`: the platform field's kind; for a field to be created, text.
    pub kind: Option<FieldType>,
    pub on_empty: OnEmpty,
    /// Position in the export's file, for messages.
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    One(String),
    /// Address part (`addr1`, `city`, …) → column.
    Parts(BTreeMap<String, String>),
}

/// Kinds of platform fields, as people write them in `type:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FieldType {
    Text,
    Number,
    Integer,
    Boolean,
    Datetime,
    Address,
    Phone,
    Date,
    Url,
    Imageurl,
    Radio,
    Dropdown,
    Birthday,
    Zip,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum OnEmpty {
    /// An empty value leaves what the platform has.
    #[default]
    Keep,
    /// An empty value empties the platform's field.
    Clear,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Mode {
    Mirror,
    Upsert,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum OnLeave {
    #[default]
    Untag,
    Archive,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum OnDelete {
    #[default]
    Keep,
    RemoveMembers,
    DeleteTarget,
}

impl OnDelete {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::RemoveMembers => "remove-members",
            Self::DeleteTarget => "delete-target",
        }
    }
}

/// Whether what the platform only accepted is read back after a run (E12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Verify {
    /// Everyone in the containers is read after each run.
    Always,
    /// Some of those who were sent are.
    Sample,
    Never,
}

/// What happens to people the platform has never seen (E13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewContacts {
    /// `None`: the platform decides.
    pub status: Option<crate::platform::SubscriptionStatus>,
    pub consent: Option<super::Consent>,
}

/// Limits beyond which a plan is Held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    pub max_removals: Percentage,
    pub max_additions: MaxAdditions,
    pub max_members: u64,
    pub max_rejected: Percentage,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            max_removals: Percentage(30),
            max_additions: MaxAdditions::AtMost(10_000),
            max_members: 1_000_000,
            max_rejected: Percentage(5),
        }
    }
}

/// Whole percent, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percentage(pub u8);

impl std::fmt::Display for Percentage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// How many members one run may add; the greater allows more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MaxAdditions {
    AtMost(u64),
    /// `none`: switched off.
    Unlimited,
}

impl std::fmt::Display for MaxAdditions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(count) => count.fmt(f),
            Self::Unlimited => f.write_str("none"),
        }
    }
}

/// When an export is due. The cron text was checked to have a next time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub cron: String,
    pub time_zone: Tz,
    /// A missed time is caught up within this long.
    pub deadline: Duration,
    /// Stable per-export spread; zero: none.
    pub jitter: Duration,
}
