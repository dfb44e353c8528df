//! `kind: Settings`.

use super::{GuardCeilingDoc, GuardDoc, ScheduleDoc, Several, Short, Text};
use crate::definition::yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

/// Defaults for the whole directory; at most one, in a file directly in the root.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Settings")]
pub struct SettingsDoc {
    /// A name, if you like; nothing refers to it.
    #[expect(dead_code, reason = "taken from the node, so that a broken document is known by name too")]
    pub name: Option<Text>,
    /// Folders whose files may define connections and sources, as globs relative to the root (`.` is the root itself,
    /// `platform/**` a folder and all below). Default: the root only.
    pub admin_folders: Option<Vec<Text>>,
    /// When exports without a schedule of their own run: five cron fields or `@daily` and kin, or a mapping with more.
    pub schedule: Option<At<Short<ScheduleDoc>>>,
    /// IANA time zone of schedules that name none, such as `Europe/Amsterdam`. Default: UTC.
    pub time_zone: Option<Text>,
    /// Limits beyond which a plan waits for a person, for exports that set none.
    pub guard: Option<GuardDoc>,
    /// What exports outside administrators' folders may set in their `guard` at most, and what they inherit at most.
    pub guard_ceiling: Option<GuardCeilingDoc>,
    /// Name of a suppression list, or a list of them: segments whose members are never sent anywhere and always removed from
    /// what Listkeeper owns.
    pub suppress: Option<At<Several>>,
    /// How long history, audit and rejected rows are kept, such as `90d` (the default).
    pub retention: Option<Text>,
}
