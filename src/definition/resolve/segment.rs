//! Segments.

use super::{
    folders::{Folders, may_use},
    known::{Entry, Known, Resolved},
    scope::Scope,
    values::duration,
};
use crate::definition::{
    Expect, Segment, Selection, Source,
    document::{ExpectDoc, SegmentDoc, Text},
    nearest,
};

/// What a platform shows as a name.
pub const DISPLAY_NAME_CHARS: usize = 100;

pub fn resolve(
    scope: &mut Scope<'_>,
    entry: Entry<'_, SegmentDoc>,
    sources: &Known<'_, Source>,
    admin: &Folders,
) -> Option<Resolved<Segment>> {
    let doc = entry.doc;
    let display_name = display_name(&doc.display_name, scope);
    let expect = expect(doc.expect.as_ref(), scope);
    let selection = selection(doc, scope);
    let name = scope.need(&doc.source, scope.head, "source", "add `source:`, the name of a source")?;
    let (item, source) = sources.find(name, scope)?;
    may_use("source", name, &item.folders, admin, scope);
    if let (Some(table), Some(Selection::Table(_))) = (&doc.table, &selection) {
        table_exists(table, source, scope);
    }
    let mut hasher = blake3::Hasher::new();
    entry.written.node.digest(&mut hasher);
    hasher.update(item.digest.as_bytes());
    let segment_name = entry.name?;
    let value = Segment {
        display_name: display_name.unwrap_or_else(|| segment_name.to_string()),
        name: segment_name,
        source: source.clone(),
        select: selection?,
        expect,
        file: scope.file.path.clone(),
    };
    Some(Resolved { value, folders: Folders::default(), digest: hasher.finalize() })
}

/// A name that people see.
pub fn display_name(text: &Option<Text>, scope: &mut Scope<'_>) -> Option<String> {
    let name = scope.optional(text, "displayName")?;
    if name.chars().count() > DISPLAY_NAME_CHARS
        && let Some(text) = text
    {
        scope.error(text.at, format!("`displayName` is longer than {DISPLAY_NAME_CHARS} characters"), "platforms cut or refuse it");
    }
    Some(name.trim().to_owned())
}

fn selection(doc: &SegmentDoc, scope: &mut Scope<'_>) -> Option<Selection> {
    match (&doc.query, &doc.table) {
        (Some(query), None) => scope.filled(query, "query").then(|| Selection::Query(query.value.clone())),
        (None, Some(table)) => scope.filled(table, "table").then(|| Selection::Table(table.value.clone())),
        (None, None) => {
            scope.error(scope.head, "the segment has neither `query` nor `table`", "add `query: SELECT …`, or `table:` for a whole table");
            None
        }
        (Some(_), Some(table)) => {
            scope.error(table.at, "the segment has both `query` and `table`", "keep one of them");
            None
        }
    }
}

fn table_exists(table: &Text, source: &Source, scope: &mut Scope<'_>) {
    if !source.tables.keys().any(|name| name.eq_ignore_ascii_case(table)) {
        let hint = nearest::hint(table, source.tables.keys().map(String::as_str), "the source has no tables");
        scope.error(table.at, format!("the source `{}` has no table `{}`", source.name, table.value), hint);
    }
}

fn expect(doc: Option<&ExpectDoc>, scope: &mut Scope<'_>) -> Expect {
    let Some(doc) = doc else { return Expect::default() };
    if let (Some(min), Some(max)) = (&doc.min_members, &doc.max_members)
        && min.value > max.value
    {
        scope.error(max.at, "`maxMembers` is less than `minMembers`", "nothing could meet both");
    }
    Expect {
        min_members: doc.min_members.as_ref().map(|count| count.value),
        max_members: doc.max_members.as_ref().map(|count| count.value),
        fresh_within: doc.fresh_within.as_ref().and_then(|text| duration(text, "freshWithin", scope)),
    }
}
