//! What two exports both lay claim to: a tag, a field, a name of the past.

use super::known::{Failure, Known};
use crate::definition::{Columns, Export, FieldType, Name, PlaceRef, Position, document::ExportDoc, documents::Written, report::Report};
use std::{collections::BTreeMap, sync::Arc};

/// An audience of a connection, as far as files can tell.
type Place = (Name, String);

/// Exports that clash: the error is at the second, and names both; it cannot be used as it is written.
pub fn check(documents: &[Written<ExportDoc>], exports: &mut Known<'_, Export>, report: &mut Report) {
    let mut claims = Claims::default();
    let mut clashing = Vec::new();
    for written in documents {
        let name = written.node.get("name").and_then(|entry| entry.value.text()).unwrap_or_default();
        let mark = report.mark();
        claims.settle(name, written, exports, report);
        if let Some(why) = report.first_error(mark) {
            clashing.push((name, why.to_owned()));
        }
    }
    clashing.into_iter().for_each(|(name, why)| exports.give_up(name, Failure { why, own: true }));
}

fn renamed(
    old: &crate::definition::document::Text,
    name: &str,
    exports: &Known<'_, Export>,
    claims: &mut Claims,
    written: &Written<ExportDoc>,
    report: &mut Report,
) {
    if let Some(existing) = exports.items.get(&old.value) {
        let message = format!("`renamedFrom` names an export that exists: {}", existing.place());
        report.error(&written.file, old.at, message, "it is for the name this export had before; delete the line, or the old export");
    } else if let Some(other) = claims.old_names.insert(old.value.clone(), name.to_owned()) {
        let message = format!("the exports `{other}` and `{name}` both say that they were `{}`", old.value);
        report.error(&written.file, old.at, message, "one of them gets its state; delete the other's line");
    }
}

/// Who fills a field, and how.
type Filled = (Arc<Export>, Columns, Option<FieldType>);

/// Who claimed what so far.
#[derive(Default)]
struct Claims {
    containers: BTreeMap<(Place, String), Arc<Export>>,
    fields: BTreeMap<(Place, String), Filled>,
    old_names: BTreeMap<String, String>,
}

impl Claims {
    fn settle(&mut self, name: &str, written: &Written<ExportDoc>, exports: &Known<'_, Export>, report: &mut Report) {
        let Some(item) = exports.items.get(name) else { return };
        let (Some(doc), here) = (&written.doc, format!("{}:{}", written.file.path.display(), written.head.line)) else { return };
        if here != item.place() {
            return;
        }
        if let Some(old) = &doc.renamed_from {
            renamed(old, name, exports, self, written, report);
        }
        if let Some(export) = &item.value {
            self.containers(export, written, report);
            self.fields(export, written, report);
        }
    }

    fn containers(&mut self, export: &Arc<Export>, written: &Written<ExportDoc>, report: &mut Report) {
        let kind = export.connection.kind;
        let word = kind.container_word();
        for slot in export.slots() {
            let name = &slot.container;
            let other = self.containers.entry((place(export), kind.fold(name))).or_insert_with(|| export.clone());
            if other.name == export.name {
                continue;
            }
            let message =
                format!("the exports `{}` ({}) and `{}` both own the {word} `{name}`", other.name, whereabouts(other), export.name);
            let another = match kind.target_fields().contains(&"names") {
                true => format!("add `target.names: {{{}: another name}}`", slot.name),
                false => "name another list, or put the segments into one export".to_owned(),
            };
            let at = if slot.name == Name::members() { written.head } else { segment_position(written, &slot.name) };
            report.error(&written.file, at, message, format!("a {word} belongs to one export; {another}"));
        }
    }

    fn fields(&mut self, export: &Arc<Export>, written: &Written<ExportDoc>, report: &mut Report) {
        for (tag, spec) in &export.attributes {
            let mine = (export.clone(), spec.columns.clone(), spec.kind);
            let (other, columns, kind) = self.fields.entry((place(export), tag.clone())).or_insert(mine);
            if *columns != spec.columns || *kind != spec.kind {
                let message = format!(
                    "the exports `{}` ({}) and `{}` fill the field `{tag}` of one {} differently",
                    other.name,
                    whereabouts(other),
                    export.name,
                    if matches!(export.target.audience.place(), PlaceRef::Account) { "account" } else { "audience" }
                );
                let at = entry_position(written, "attributes", tag);
                report.error(
                    &written.file,
                    at,
                    message,
                    "people in both would change with every run; use one column and type, or another field",
                );
            }
        }
    }
}

fn whereabouts(export: &Export) -> String {
    format!("{}:{}", export.file.display(), export.line)
}

fn place(export: &Export) -> Place {
    let place = match export.target.audience.place() {
        PlaceRef::Id(id) => format!("id {id}"),
        PlaceRef::Named { name, .. } => format!("name {name}"),
        PlaceRef::Account => String::new(),
    };
    (export.connection.name.clone(), place)
}

fn segment_position(written: &Written<ExportDoc>, segment: &Name) -> Position {
    let listed = written.doc.as_ref().and_then(|doc| doc.segments.as_ref()).map(|list| list.value.as_slice()).unwrap_or_default();
    listed.iter().find(|text| text.as_str() == segment.as_str()).map_or(written.head, |text| text.at)
}

fn entry_position(written: &Written<ExportDoc>, field: &str, key: &str) -> Position {
    written.node.get(field).and_then(|entry| entry.value.get(key)).map_or(written.head, |entry| entry.key_at)
}
