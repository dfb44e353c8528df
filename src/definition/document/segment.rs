//! `kind: Segment`.

use super::Text;
use crate::definition::yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

/// A named set of profiles: a query over a source, or one of its tables.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Segment")]
pub struct SegmentDoc {
    /// What exports call it: a-z, 0-9 and -, at most 63 characters.
    #[schemars(required)]
    #[expect(dead_code, reason = "taken from the node, so that a broken document is known by name too")]
    pub name: Option<Text>,
    /// What people see, and the platform's tag is called. Default: the name.
    pub display_name: Option<Text>,
    /// Name of the source.
    #[schemars(required)]
    pub source: Option<Text>,
    /// SQL (as SQLite has it) over the source's tables; give this or `table`.
    pub query: Option<Text>,
    /// A whole table of the source; give this or `query`.
    pub table: Option<Text>,
    /// What you expect of the segment; a plan outside it waits for a person.
    pub expect: Option<ExpectDoc>,
}

/// What a person expects of a segment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectDoc {
    /// At least so many members.
    pub min_members: Option<At<u64>>,
    /// At most so many members.
    pub max_members: Option<At<u64>>,
    /// The newest file of the source is not older than this, such as `2d`.
    pub fresh_within: Option<Text>,
}
