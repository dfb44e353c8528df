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
    /// What a reading of a source of files, of an exported folder or of a driver may cost at most. It runs in a process that is
    /// ended where it passes one of them.
    pub read_limits: Option<ReadLimitsDoc>,
}

/// Ceilings of a reading.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReadLimitsDoc {
    /// Memory of the process that reads one source, such as `512MiB`; at least `64MiB`. Default: `1GiB`.
    pub memory: Option<Text>,
    /// Processor time of all readings of one source in a run. Default: `10m`.
    pub cpu: Option<Text>,
    /// Temporary files, and what a source gives in a run, such as `500MiB`; at least `1MiB`. Default: `4GiB`.
    pub disk: Option<Text>,
    /// Rows that one segment gives; an export's segments together give at most five times as many. Default: 2,000,000.
    pub rows: Option<At<u64>>,
    /// How long one reading takes. Default: `30m`.
    pub time: Option<Text>,
}
