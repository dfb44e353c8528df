//! Sources.

use super::{
    folders::{Folders, only_administrators},
    known::{Entry, Resolved},
    scope::Scope,
};
use crate::definition::{
    Source, Table,
    document::{Short, SourceDoc, TableDoc, Text},
    nearest,
    yaml::At,
};
use std::collections::BTreeMap;

/// What other versions read; they are named so that nobody looks for a typing error.
const OTHERS: [&str; 2] = ["customer-insights", "adbc"];

pub fn resolve(scope: &mut Scope<'_>, entry: Entry<'_, SourceDoc>, admin: &Folders) -> Option<Resolved<Source>> {
    let doc = entry.doc;
    only_administrators("source", admin, scope);
    let folders = Folders::new(doc.usable_by.as_deref().unwrap_or_default(), scope);
    sort(doc, scope);
    let export_user = scope.optional(&doc.export_user, "exportUser");
    let tables = tables(doc, scope);
    let mut hasher = blake3::Hasher::new();
    hasher.update(scope.file.folder.as_bytes());
    super::export::without(&entry.written.node, "usableBy").digest(&mut hasher);
    Some(Resolved { value: Source { name: entry.name?, tables: tables?, export_user }, folders, digest: hasher.finalize() })
}

fn sort(doc: &SourceDoc, scope: &mut Scope<'_>) {
    let Some(sort) = scope.need(&doc.r#type, scope.head, "type", "add `type: files`") else { return };
    match sort.as_str() {
        "files" => {}
        other if OTHERS.contains(&other) => {
            scope.error(sort.at, format!("sources of type `{other}` are not supported by this version"), "this version reads `files`");
        }
        other => scope.error(sort.at, format!("there is no source of type `{other}`"), nearest::hint(other, ["files"], "")),
    }
}

fn tables(doc: &SourceDoc, scope: &mut Scope<'_>) -> Option<BTreeMap<String, Table>> {
    let written = scope.need(&doc.tables, scope.head, "tables", "add `tables: {customers: data/customers.csv}`")?;
    if written.is_empty() {
        scope.error(scope.head, "the source has no tables", "add `tables: {customers: data/customers.csv}`");
    }
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (name, value) in written {
        if tables.keys().any(|other| other.eq_ignore_ascii_case(name)) {
            scope.error(name.at, format!("there are two tables `{}`", name.value), "SQL names do not tell letter case apart");
        }
        table_name(name, scope);
        if let Some(table) = table(value, scope) {
            tables.insert(name.value.clone(), table);
        }
    }
    Some(tables)
}

fn table_name(name: &Text, scope: &mut Scope<'_>) {
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !letters || !start || name.len() > 63 || name.to_ascii_lowercase().starts_with("sqlite_") {
        let hint = "letters, digits and _, beginning with a letter, at most 63, not beginning with sqlite_";
        scope.error(name.at, format!("`{}` is not a name for a table", name.value), hint);
    }
}

fn table(written: &At<Short<TableDoc>>, scope: &mut Scope<'_>) -> Option<Table> {
    let short;
    let doc = match &written.value {
        Short::Text(path) => {
            short = TableDoc { path: Some(At { value: path.clone(), at: written.at }), ..TableDoc::default() };
            &short
        }
        Short::Full(doc) => doc,
    };
    let delimiter = doc.delimiter.as_ref().and_then(|text| delimiter(text, scope));
    let encoding = doc.encoding.as_ref().and_then(|text| encoding(text, scope));
    let pattern = scope.need_text(&doc.path, written.at, "path", "write `path: data/customers.csv`, relative to this file")?;
    let path = path(pattern, scope)?;
    Some(Table { pattern: pattern.value.clone(), path, format: doc.format, delimiter, encoding })
}

/// Relative to this file. The folder part is taken literally even where the rest is a glob.
fn path(pattern: &Text, scope: &mut Scope<'_>) -> Option<std::path::PathBuf> {
    if pattern.contains("://") {
        scope.error(pattern.at, "object storage is not supported by this version", "give a path or glob of local files");
        return None;
    }
    let is_glob = pattern.contains(['*', '?', '[']);
    if is_glob && let Err(error) = glob::Pattern::new(pattern) {
        scope.error(pattern.at, format!("this is not a glob: {}", error.msg), "`*` is any text, `**` any folders, `[ab]` one of these");
        return None;
    }
    match (is_glob, scope.file.dir.to_str()) {
        (true, Some(dir)) => Some(std::path::Path::new(&glob::Pattern::escape(dir)).join(&pattern.value)),
        _ => Some(scope.file.dir.join(&pattern.value)),
    }
}

fn delimiter(text: &Text, scope: &mut Scope<'_>) -> Option<u8> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Some(b'\t'),
        [one] if one.is_ascii() && !one.is_ascii_alphanumeric() && !b"\"\r\n".contains(one) => Some(*one),
        _ => {
            scope.error(text.at, "this cannot separate columns", "one character such as \";\", or `tab`");
            None
        }
    }
}

fn encoding(text: &Text, scope: &mut Scope<'_>) -> Option<String> {
    let known = encoding_rs::Encoding::for_label(text.trim().as_bytes()).is_some();
    if !known {
        let near = nearest::hint(text, ["utf-8", "utf-16le", "utf-16be", "windows-1252", "iso-8859-1", "iso-8859-15"], "");
        scope.error(text.at, format!("there is no encoding `{}`", text.value), near);
    }
    known.then(|| text.trim().to_owned())
}
