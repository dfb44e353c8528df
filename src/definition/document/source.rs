//! `kind: Source`.

use super::{Short, Text};
use crate::{definition::yaml::At, source::Format};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where profiles come from.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Source")]
pub struct SourceDoc {
    /// What segments call it: a-z, 0-9 and -, at most 63 characters.
    #[schemars(required)]
    #[expect(dead_code, reason = "taken from the node, so that a broken document is known by name too")]
    pub name: Option<Text>,
    /// The sort of source: `files` (CSV, NDJSON, Parquet).
    #[schemars(required, extend("enum" = ["files"]))]
    pub r#type: Option<Text>,
    /// The tables that queries may use: SQL name → path, or a mapping with more.
    #[schemars(required)]
    pub tables: Option<BTreeMap<Text, At<Short<TableDoc>>>>,
    /// Folders whose segments may use it, as globs (`marketing/**`). Default: administrators' folders only.
    pub usable_by: Option<Vec<Text>>,
    /// The identity that a run acts as; it is in the history of every run.
    pub export_user: Option<Text>,
}

/// One or more files with one schema, as an SQL table.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TableDoc {
    /// A path or glob, relative to this file.
    #[schemars(required)]
    pub path: Option<Text>,
    /// Default: by the file's extension (csv, tsv, txt, ndjson, jsonl, parquet; with .gz or .zst).
    pub format: Option<Format>,
    /// What separates a CSV file's columns: one character, or `tab`. Default: found out.
    pub delimiter: Option<Text>,
    /// A text file's encoding, such as `windows-1252`. Default: by the byte order mark, else UTF-8.
    pub encoding: Option<Text>,
}
