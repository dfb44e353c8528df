//! `type: files`.

use super::{location, storage};
use crate::definition::{
    ColumnType, ColumnWord, Files, Table, Written, bad_format,
    document::{ColumnDoc, Short, SourceDoc, TableDoc, Text},
    nearest,
    resolve::scope::Scope,
    yaml::At,
};
use std::collections::BTreeMap;

/// Lines before a header.
const MOST_SKIPPED: u64 = 1_000;

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
    let columns = columns(doc, scope);
    let skip_rows = doc.skip_rows.as_ref().map_or(0, |lines| skip_rows(lines, scope));
    let nulls = doc.nulls.as_ref().map(|words| words.iter().map(|word| word.value.clone()).collect());
    let text = scope.file.shows.then(|| scope.file.masked.clone());
    let written = Some((scope.file.path.clone(), Written { at: pattern.at, text }));
    Some(Table { pattern: pattern.value.clone(), location, format: doc.format, delimiter, encoding, skip_rows, nulls, columns, written })
}

fn columns(doc: &TableDoc, scope: &mut Scope<'_>) -> BTreeMap<String, ColumnType> {
    let mut columns: BTreeMap<String, ColumnType> = BTreeMap::new();
    for (name, written) in doc.columns.iter().flatten() {
        if columns.keys().any(|other| other.eq_ignore_ascii_case(name)) {
            scope.error(name.at, format!("the column `{}` is declared twice", name.value), "SQL names do not tell letter case apart");
        }
        if let Some(kind) = column(written, scope) {
            columns.insert(name.value.clone(), kind);
        }
    }
    columns
}

const WORDS: [&str; 6] = ["text", "integer", "decimal", "date", "datetime", "boolean"];

fn column(written: &At<Short<ColumnDoc>>, scope: &mut Scope<'_>) -> Option<ColumnType> {
    let doc = match &written.value {
        Short::Full(doc) => doc,
        Short::Text(word) => {
            let known = word_of(word).map(|word| of_word(word, None, None));
            if known.is_none() {
                let hint = nearest::hint(word, WORDS, "one of text, integer, decimal, date, datetime, boolean");
                scope.error(written.at, format!("`{word}` is not a type of column"), hint);
            }
            return known;
        }
    };
    let word = scope.need(&doc.r#type, written.at, "type", "write `type: decimal`, `date`, `integer`, `datetime`, `boolean` or `text`")?;
    let decimal = doc.decimal.as_ref().and_then(|text| decimal(text, word.value, scope));
    let format = doc.format.as_ref().and_then(|text| format_of(text, word.value, scope));
    Some(of_word(word.value, decimal, format))
}

fn word_of(text: &str) -> Option<ColumnWord> {
    use ColumnWord::*;
    WORDS.iter().zip([Text, Integer, Decimal, Date, Datetime, Boolean]).find(|(word, _)| **word == text).map(|(_, word)| word)
}

fn of_word(word: ColumnWord, decimal: Option<char>, format: Option<String>) -> ColumnType {
    match word {
        ColumnWord::Text => ColumnType::Text,
        ColumnWord::Integer => ColumnType::Integer { decimal },
        ColumnWord::Decimal => ColumnType::Decimal { decimal },
        ColumnWord::Date => ColumnType::Date { format },
        ColumnWord::Datetime => ColumnType::Datetime { format },
        ColumnWord::Boolean => ColumnType::Boolean,
    }
}

fn decimal(text: &Text, word: ColumnWord, scope: &mut Scope<'_>) -> Option<char> {
    if !matches!(word, ColumnWord::Decimal | ColumnWord::Integer) {
        scope.error(text.at, "only a `decimal` or an `integer` has a decimal sign", "take `decimal` out, or write `type: decimal`");
    }
    match text.as_str() {
        "," => Some(','),
        "." => Some('.'),
        _ => {
            scope.error(text.at, format!("`{}` is not a decimal sign", text.value), "write `decimal: \",\"` or `decimal: \".\"`");
            None
        }
    }
}

fn format_of(text: &Text, word: ColumnWord, scope: &mut Scope<'_>) -> Option<String> {
    if !matches!(word, ColumnWord::Date | ColumnWord::Datetime) {
        scope.error(text.at, "only a `date` or a `datetime` has a format", "take `format` out, or write `type: date`");
        return None;
    }
    if let Some(why) = bad_format(text, word == ColumnWord::Datetime) {
        let hint = "day %d, month %m, year %Y (two digits: %y), hour %H, minute %M, second %S, such as `%d/%m/%Y`";
        scope.error(text.at, format!("the format `{}` cannot be used: {why}", text.value), hint);
        return None;
    }
    Some(text.value.clone())
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

fn skip_rows(lines: &At<u64>, scope: &mut Scope<'_>) -> u64 {
    if lines.value > MOST_SKIPPED {
        scope.error(lines.at, format!("`skipRows` is {}", lines.value), "it counts the lines before the header: at most 1,000");
    }
    lines.value
}

fn encoding(text: &Text, scope: &mut Scope<'_>) -> Option<String> {
    let detect = text.trim().eq_ignore_ascii_case("detect");
    let known = detect || encoding_rs::Encoding::for_label(text.trim().as_bytes()).is_some();
    if !known {
        let near = nearest::hint(text, ["detect", "utf-8", "utf-16le", "utf-16be", "windows-1252", "iso-8859-1", "iso-8859-15"], "");
        scope.error(text.at, format!("there is no encoding `{}`", text.value), near);
    }
    known.then(|| text.trim().to_owned())
}
