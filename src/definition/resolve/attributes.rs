//! Which columns fill which platform fields.

use super::scope::Scope;
use crate::{
    definition::{
        AttributeSpec, Columns, FieldType,
        document::{AttributeDoc, Short, Text},
        nearest,
        yaml::At,
    },
    platform::Platform,
};
use std::collections::BTreeMap;

const PARTS: [&str; 6] = ["addr1", "addr2", "city", "state", "zip", "country"];

pub fn attributes(
    written: Option<&BTreeMap<Text, At<Short<AttributeDoc>>>>,
    kind: Option<Platform>,
    scope: &mut Scope<'_>,
) -> BTreeMap<String, AttributeSpec> {
    let mut attributes = BTreeMap::new();
    for (tag, value) in written.into_iter().flatten() {
        name_fault(tag, kind, scope);
        if let Some(spec) = attribute(tag, value, scope) {
            attributes.insert(tag.value.clone(), spec);
        }
    }
    attributes
}

fn name_fault(tag: &Text, kind: Option<Platform>, scope: &mut Scope<'_>) {
    if let Some((fault, hint)) = kind.and_then(|kind| kind.attribute_fault(tag)) {
        scope.error(tag.at, fault, hint);
    }
}

fn attribute(tag: &Text, written: &At<Short<AttributeDoc>>, scope: &mut Scope<'_>) -> Option<AttributeSpec> {
    let (columns, kind, on_empty) = match &written.value {
        Short::Text(column) => (one(&At { value: column.clone(), at: written.at }, scope), None, None),
        Short::Full(doc) => (columns(doc, tag, scope), doc.r#type.as_ref().map(|kind| kind.value), doc.on_empty),
    };
    Some(AttributeSpec { columns: columns?, kind, on_empty: on_empty.unwrap_or_default(), line: tag.at.line })
}

fn one(column: &Text, scope: &mut Scope<'_>) -> Option<Columns> {
    scope.filled(column, "column").then(|| Columns::One(column.value.clone()))
}

fn columns(doc: &AttributeDoc, tag: &Text, scope: &mut Scope<'_>) -> Option<Columns> {
    let is_address = doc.r#type.as_ref().is_some_and(|kind| kind.value == FieldType::Address);
    match (&doc.column, &doc.columns) {
        (Some(column), None) if is_address => {
            scope.error(column.at, "an address has several columns", "write `columns: {addr1: …, city: …, state: …, zip: …}`");
            None
        }
        (Some(column), None) => one(column, scope),
        (None, Some(parts)) if is_address => self::parts(parts, tag, scope),
        (None, Some(_)) => {
            scope.error(tag.at, "several columns make an address", "add `type: address`, or give one `column`");
            None
        }
        _ => {
            scope.error(tag.at, "the field is filled by `column` or by `columns`", "give exactly one of them");
            None
        }
    }
}

fn parts(written: &BTreeMap<Text, Text>, tag: &Text, scope: &mut Scope<'_>) -> Option<Columns> {
    for (part, column) in written {
        scope.filled(column, part);
        if !PARTS.contains(&part.as_str()) {
            let hint =
                nearest::nearest(part, PARTS).map_or(format!("parts are {}", PARTS.join(", ")), |near| format!("did you mean `{near}`?"));
            scope.error(part.at, format!("an address has no part `{}`", part.value), hint);
        }
    }
    if written.is_empty() {
        scope.error(tag.at, "the address has no parts", format!("give columns for some of {}", PARTS.join(", ")));
    }
    Some(Columns::Parts(written.iter().map(|(part, column)| (part.value.clone(), column.value.clone())).collect()))
}
