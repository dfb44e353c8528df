//! Segments.

use super::{
    export::without,
    folders::{Admin, may_use},
    grants::{Grants, usable_by},
    known::{Entry, Known, Resolved},
    operands::{self, Cycles},
    scope::Scope,
    values::duration,
};
use crate::definition::{
    Expect, Limit, Members, Name, Order, Rows, Sample, Segment, Selection, Source, SourceKind, Written,
    document::{ExpectDoc, SampleDoc, SegmentDoc, Text},
    nearest,
    yaml::At,
};

/// What a platform shows as a name.
pub const DISPLAY_NAME_CHARS: usize = 100;

/// What a segment may name.
pub struct World<'a> {
    pub sources: &'a Known<'a, Source>,
    /// Those it may be built on; all of them, since they are resolved first.
    pub segments: &'a Known<'a, Segment>,
    pub cycles: &'a Cycles,
    pub admin: &'a Admin,
}

impl World<'_> {
    pub fn grants(&self) -> Grants<'_> {
        Grants { sources: self.sources, segments: self.segments, admin: self.admin }
    }
}

pub fn resolve(scope: &mut Scope<'_>, entry: Entry<'_, SegmentDoc>, world: &World<'_>) -> Option<Resolved<Segment>> {
    let doc = entry.doc;
    let display_name = display_name(&doc.display_name, scope);
    let expect = expect(doc.expect.as_ref(), scope);
    let sample = doc.sample.as_ref().map(|written| sample(written, scope));
    let limit = limit(doc, scope);
    let mut hasher = blake3::Hasher::new();
    without(&entry.written.node, "usableBy").digest(&mut hasher);
    let folders = usable_by(doc.usable_by.as_deref(), world.admin, scope);
    let of = if operands::any(doc) {
        operands::members(doc, entry.name.as_ref(), world, &mut hasher, scope)
    } else {
        rows(doc, entry.name.as_ref(), world, &mut hasher, scope).map(Members::Rows)
    };
    let name = entry.name?;
    let of = of?;
    freshness(doc, &expect, &of, scope);
    let value = Segment {
        display_name: display_name.unwrap_or_else(|| name.to_string()),
        name,
        of,
        sample: sample.unwrap_or_default(),
        limit,
        expect,
        file: scope.file.path.clone(),
    };
    Some(Resolved { value, folders, digest: hasher.finalize() })
}

/// A promise that could not be kept is none: some sources do not tell when they were last refreshed.
fn freshness(doc: &SegmentDoc, expect: &Expect, of: &Members, scope: &mut Scope<'_>) {
    let silent = |rows: &&Rows| matches!(rows.source.kind, SourceKind::Dataverse(_) | SourceKind::Adbc(_));
    let silent = of.rows().into_iter().find(silent).map(|rows| rows.source.name.clone());
    if let (Some(source), Some(_), Some(doc)) = (silent, expect.fresh_within, &doc.expect) {
        let at = doc.fresh_within.as_ref().map_or(scope.head, |text| text.at);
        let hint = "let the query ask for it, such as a WHERE over the time of the last load, with `expect.minMembers`";
        scope.error(at, format!("the source `{source}` does not tell how fresh it is"), hint);
    }
}

/// What it takes of a source.
fn rows(doc: &SegmentDoc, segment: Option<&Name>, world: &World<'_>, hasher: &mut blake3::Hasher, scope: &mut Scope<'_>) -> Option<Rows> {
    let select = selection(doc, scope);
    let name = scope.need(&doc.source, scope.head, "source", "add `source:`, the name of a source; or `union: [segment, …]`")?;
    let (item, source) = world.sources.find(name, scope)?;
    may_use("source", name, &item.folders, world.admin, scope);
    hasher.update(item.digest.as_bytes());
    let select = select?;
    let at = doc.query.as_ref().or(doc.table.as_ref()).map(|text| text.at);
    let text = scope.file.shows.then(|| scope.file.masked.clone());
    let written = at.map(|at| Written { at, text });
    match (&source.kind, &select) {
        (SourceKind::Files(files), Selection::Table(_)) => {
            table_exists(doc.table.as_ref()?, source, files.tables.keys().map(String::as_str), scope);
        }
        (SourceKind::Dataverse(_) | SourceKind::InsightsApi(_), Selection::Query(_)) => {
            let at = doc.query.as_ref().map_or(scope.head, |query| query.at);
            let hint = "write `table:`, the segment's name there; SQL works over `from: folder`";
            scope.error(at, format!("the source `{}` gives segments by name, and runs no SQL", source.name), hint);
        }
        _ => {}
    }
    Some(Rows { segment: segment?.clone(), file: scope.file.path.clone(), source: source.clone(), select, written })
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
            let hint = "add `query: SELECT …`, `table:` for a whole table, or `union`, `intersect` or `except` of segments";
            scope.error(scope.head, "the segment has neither `query` nor `table`", hint);
            None
        }
        (Some(_), Some(table)) => {
            scope.error(table.at, "the segment has both `query` and `table`", "keep one of them");
            None
        }
    }
}

fn table_exists<'n>(table: &Text, source: &Source, names: impl Iterator<Item = &'n str> + Clone, scope: &mut Scope<'_>) {
    if !names.clone().any(|name| name.eq_ignore_ascii_case(table)) {
        let hint = nearest::hint(table, names, "the source has no tables");
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

/// Millionths: four decimals of a percentage.
const WHOLE: f64 = 1_000_000.0;

fn sample(written: &At<SampleDoc>, scope: &mut Scope<'_>) -> Option<Sample> {
    let percent = scope.need(&written.percent, written.at, "percent", "add `percent: 10`");
    let hint = "add `salt:` with any text; the same salt gives the same people in every segment";
    let salt = scope.need_text(&written.salt, written.at, "salt", hint);
    let by = scope.optional(&written.by, "by");
    let percent = percent?;
    let share = percent.value / 100.0 * WHOLE;
    if !(1.0..=WHOLE).contains(&share) {
        let hint = "a number above 0 and up to 100, to four decimals";
        scope.error(percent.at, format!("`percent` is {}", percent.value), hint);
        return None;
    }
    Some(Sample { share: share.round() as u32, salt: salt?.value.clone(), by })
}

fn limit(doc: &SegmentDoc, scope: &mut Scope<'_>) -> Option<Limit> {
    let order = doc.order_by.as_ref().map(|text| (text, order(text)));
    match (&doc.limit, order) {
        (None, None) => None,
        (None, Some((text, _))) => {
            scope.error(text.at, "`orderBy` without `limit` changes nothing", "add `limit: 1000`, or leave it out");
            None
        }
        (Some(limit), None) => {
            scope.error(limit.at, "`limit` needs `orderBy`", "who is in would be left to chance: add `orderBy: LifetimeValue desc`");
            None
        }
        (Some(limit), _) if limit.value == 0 => {
            scope.error(limit.at, "`limit` is 0", "at least 1; `suspend: true` stops an export");
            None
        }
        (Some(_), Some((text, None))) => {
            scope.error(text.at, "this is not an order", "columns separated by commas, each with or without `desc`: `Score desc, Since`");
            None
        }
        (Some(limit), Some((_, Some(order)))) => Some(Limit { people: limit.value, order }),
    }
}

/// `Score desc, Since`. A column's name may hold blanks; `asc` and `desc` are its last word.
fn order(text: &str) -> Option<Vec<Order>> {
    let one = |part: &str| {
        let part = part.trim();
        let (column, word) = part.rsplit_once(char::is_whitespace).unwrap_or((part, ""));
        let (column, descending) = match word.to_ascii_lowercase().as_str() {
            "desc" => (column.trim(), true),
            "asc" => (column.trim(), false),
            _ => (part, false),
        };
        (!column.is_empty()).then(|| Order { column: column.to_owned(), descending })
    };
    text.split(',').map(one).collect()
}
