//! `kind: Segment`.

use super::Text;
use crate::definition::yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

/// A named set of profiles: a query over a source, one of its tables, or other segments together.
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
    /// Name of the source; for `query` and `table`.
    pub source: Option<Text>,
    /// SQL over the source's tables: as SQLite has it over files, as the engine has it over ADBC.
    pub query: Option<Text>,
    /// A whole table of the source; at Customer Insights a segment, by the name it has there.
    pub table: Option<Text>,
    /// Everyone of any of these segments, whatever their sources.
    pub union: Option<At<Vec<Text>>>,
    /// The first segment's people who are in all the others too, by e-mail address.
    pub intersect: Option<At<Vec<Text>>>,
    /// The first segment's people who are in none of the others, by e-mail address.
    pub except: Option<At<Vec<Text>>>,
    /// A stable part of the people, for holdouts and splits.
    pub sample: Option<At<SampleDoc>>,
    /// At most so many people: the first by `orderBy`.
    pub limit: Option<At<u64>>,
    /// What `limit` goes by: a column, or several separated by commas; `desc` after one means greatest first.
    pub order_by: Option<Text>,
    /// Folders whose exports and segments may use this segment although its sources are not theirs to use, as globs. Only in
    /// administrators' folders. Default: those that may use every source beneath it.
    pub usable_by: Option<Vec<Text>>,
    /// What you expect of the segment; a plan outside it waits for a person.
    pub expect: Option<ExpectDoc>,
}

/// The same person always falls on the same side, and a greater percentage only adds people.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SampleDoc {
    /// How many of a hundred, to four decimals.
    #[schemars(required)]
    pub percent: Option<At<f64>>,
    /// Any text; another one gives another, independent sample.
    #[schemars(required)]
    pub salt: Option<Text>,
    /// The column that a person is known by, such as a customer id. Default: the address.
    pub by: Option<Text>,
}

/// What a person expects of a segment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectDoc {
    /// At least so many members; `0`: it may be empty.
    pub min_members: Option<At<u64>>,
    /// At most so many members.
    pub max_members: Option<At<u64>>,
    /// The source is not older than this, such as `2d`: its newest file, or its last refresh.
    pub fresh_within: Option<Text>,
}
