//! `kind: Export`.

use super::{GuardDoc, NewContactsDoc, ScheduleDoc, Several, Short, TargetDoc, Text};
use crate::definition::{FieldType, Mode, OnDelete, OnEmpty, OnLeave, Verify, yaml::At};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// These segments, to this target, with these fields, on this schedule.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Export")]
pub struct ExportDoc {
    /// Its name: a-z, 0-9 and -, at most 63 characters.
    #[schemars(required)]
    #[expect(dead_code, reason = "taken from the node, so that a broken document is known by name too")]
    pub name: Option<Text>,
    /// Name of the connection.
    #[schemars(required)]
    pub connection: Option<Text>,
    /// Names of the segments, at most 60; each becomes a tag or a list; at Constant Contact all are one list.
    #[schemars(required, extend("minItems" = 1, "maxItems" = 60, "uniqueItems" = true))]
    pub segments: Option<At<Vec<Text>>>,
    /// Where the members go.
    #[schemars(required)]
    pub target: Option<At<TargetDoc>>,
    /// Which columns say who someone is.
    #[schemars(required)]
    pub r#match: Option<At<MatchDoc>>,
    /// Platform field (Mailchimp: merge tag; Omnisend: property; Constant Contact: field; Iterable: profile field) → column, or a
    /// mapping with more.
    pub attributes: Option<BTreeMap<Text, At<Short<AttributeDoc>>>>,
    /// `mirror` also takes out those who left a segment, `upsert` never takes anyone out. Default: mirror for a tag that
    /// Listkeeper created, upsert for one that existed.
    pub mode: Option<Mode>,
    /// What happens to who left: `untag` keeps the contact, its status and its cost (the default); `archive` also takes
    /// it out of the audience, if no other export holds it.
    pub on_leave: Option<OnLeave>,
    /// What happens to people the platform has never seen; those it knows keep their status, always. Mailchimp and Omnisend
    /// need it.
    pub new_contacts: Option<At<NewContactsDoc>>,
    /// Whether what the platform only accepted (Constant Contact's imports, Omnisend's tags) is read back after a run: `always`,
    /// a `sample` of it, or `never`. Default: when the platform's counters disagree with what was sent.
    pub verify: Option<Verify>,
    /// When it runs: five cron fields or `@daily` and kin, or a mapping with more. Default: that of the settings; if
    /// there is none, on demand only.
    pub schedule: Option<At<Short<ScheduleDoc>>>,
    /// A changed definition starts a run by itself. Default: false.
    pub run_on_change: Option<bool>,
    /// Limits beyond which a plan waits for a person. Default: those of the settings.
    pub guard: Option<GuardDoc>,
    /// Name of a suppression list of this export, or a list of them, besides those of the settings: segments whose members are
    /// never sent and always removed.
    pub suppress: Option<At<Several>>,
    /// True stops runs and keeps all state. Default: false.
    pub suspend: Option<bool>,
    /// What happens at the platform when this document is deleted: `keep` leaves all as it is and reports it (the default);
    /// `remove-members` takes out the members that this export added; `delete-target` also deletes the tags or lists that it
    /// created, never an audience. Both wait for a person's approval.
    pub on_delete: Option<OnDelete>,
    /// A run that takes longer is stopped, such as `2h`, and the next one goes on where it stopped. Default: as long as a
    /// million members are documented to take at the vendor (Mailchimp: `3h`, Omnisend: `4h`, Iterable: `1h`, Constant Contact: `7h`).
    pub timeout: Option<Text>,
    /// The name this export had before: its state moves along.
    pub renamed_from: Option<Text>,
}

/// Which columns say who someone is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MatchDoc {
    /// The column that holds the e-mail address.
    #[schemars(required)]
    pub email: Option<Text>,
    /// The column that holds the customer's id: recognises a person whose address changed (recommended).
    pub id: Option<Text>,
    /// A name for ids that several sources share. Without it an id is its source's: customer 7 of another source is another
    /// person.
    pub id_space: Option<Text>,
    /// Of rows with one address, the one with the greatest value in this column wins.
    pub prefer: Option<Text>,
}

/// Where one platform field's value comes from.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AttributeDoc {
    /// The column; give this or `columns`.
    pub column: Option<Text>,
    /// The columns of an address: `addr1`, `addr2`, `city`, `state`, `zip`, `country`.
    pub columns: Option<BTreeMap<Text, Text>>,
    /// The kind of field. Default: the platform's; for a field to be created, text.
    pub r#type: Option<At<FieldType>>,
    /// `keep` leaves what the platform has when the value is empty (the default); `clear` empties it there too.
    pub on_empty: Option<OnEmpty>,
}
