//! `type: files`.

use super::{location, storage};
use crate::definition::{
    Files, Table,
    document::{Short, SourceDoc, TableDoc, Text},
    nearest,
    resolve::scope::Scope,
    yaml::At,
};
use std::collections::BTreeMap;

pub fn resolve(doc: &SourceDoc, scope: &mut Scope<'_>) -> Option<Files> {
    let tables = tables(doc, scope);
    let storage = storage::resolve(doc, tables.iter().flatten().map(|(_, table)| &table.location), scope);
    Some(Files { tables: tables?, storage: storage? })
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
    let location = location::glob(pattern, scope)?;
    Some(Table { pattern: pattern.value.clone(), location, format: doc.format, delimiter, encoding })
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
