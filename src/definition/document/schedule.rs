//! Schedules and guards, which exports have and settings give defaults for.

use super::Text;
use schemars::JsonSchema;
use serde::Deserialize;

/// When an export is due.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ScheduleDoc {
    /// Five fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday); or `@hourly`, `@daily`,
    /// `@midnight`, `@weekly`, `@monthly`, `@yearly`.
    #[schemars(required)]
    pub cron: Option<Text>,
    /// IANA time zone, such as `Europe/Amsterdam`. Default: that of the settings, else UTC.
    pub time_zone: Option<Text>,
    /// A time that was missed is caught up once within this long, such as `1h` (the default).
    pub deadline: Option<Text>,
    /// Spreads exports that are due together over this long; each export always gets the same delay. Default: none.
    pub jitter: Option<Text>,
}

/// Limits beyond which a plan is held until a person approves it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GuardDoc {
    /// Members that one run may take out, as a share of the largest size in seven days. Default: `30%`.
    pub max_removals: Option<Text>,
    /// Members that one run may add, or `none` for no limit. Default: 10000.
    #[schemars(with = "Option<CountOrNone>")]
    pub max_additions: Option<Text>,
    /// Distinct members that an export may have, beyond which nothing is sent. Default: 1000000.
    pub max_members: Option<crate::definition::yaml::At<u64>>,
    /// Newly rejected rows beyond which a plan is held, as a share of the rows read; from 10 such rows up. Default: `5%`.
    pub max_rejected: Option<Text>,
}

/// What the guard of an export outside administrators' folders may allow at most. A limit that is left out has no ceiling.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GuardCeilingDoc {
    /// The greatest share of members that such an export may let one run take out, such as `30%`.
    pub max_removals: Option<Text>,
    /// The most members that such an export may let one run add, or `none` for no ceiling.
    #[schemars(with = "Option<CountOrNone>")]
    pub max_additions: Option<Text>,
    /// The most distinct members that such an export may have.
    pub max_members: Option<crate::definition::yaml::At<u64>>,
    /// The greatest share of newly rejected rows that such an export may allow, such as `5%`.
    pub max_rejected: Option<Text>,
}

/// A number, or `none`; in the schema only.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[allow(dead_code, reason = "describes a value to editors; it is read as text, to keep its position")]
enum CountOrNone {
    Count(u64),
    Text(String),
}
