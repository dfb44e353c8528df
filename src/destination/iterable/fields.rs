//! The project's data fields: their types, and whether an attribute fits.

use super::{
    super::{Error, FieldFit, RemoteField, WantedField},
    api::{Api, Call, read},
    routes,
};
use crate::{
    definition::{Columns, FieldType},
    member::FieldKind,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Longest text that a field keeps, in bytes.
const TEXT_BYTES: usize = 32_000;

/// Our kinds and the vendor's words. A date has a time there.
const TYPES: [(FieldType, &str, &str); 5] = [
    (FieldType::Text, "text", "string"),
    (FieldType::Integer, "integer", "long"),
    (FieldType::Number, "number", "double"),
    (FieldType::Boolean, "boolean", "boolean"),
    (FieldType::Datetime, "datetime", "date"),
];

/// Fields that the platform keeps. A bulk update that writes lists or subscriptions replaces them all.
const MANAGED: [&str; 11] = [
    "email",
    "userId",
    "emailListIds",
    "userListIds",
    "signupDate",
    "signupSource",
    "profileUpdatedAt",
    "itblInternal",
    "unsubscribedChannelIds",
    "unsubscribedMessageTypeIds",
    "subscribedMessageTypeIds",
];

#[derive(Deserialize)]
struct Answered {
    fields: BTreeMap<String, serde_json::Value>,
}

/// Field → the vendor's word for its type.
pub(super) async fn all(api: &Api) -> Result<BTreeMap<String, String>, Error> {
    let answered: Answered = read(&api.call(Call::to(routes::FIELDS)).await?)?;
    let word = |kind: serde_json::Value| kind.as_str().map_or_else(|| kind.to_string(), str::to_owned);
    Ok(answered.fields.into_iter().map(|(name, kind)| (name, word(kind))).collect())
}

/// Fields have no ids; the vendor's word for the type stands in its place.
pub(super) fn remote(name: String, kind: String) -> RemoteField {
    let known = type_of(&kind).unwrap_or(FieldType::Text);
    RemoteField { id: kind, tag: name.clone(), name, kind: field_kind(known) }
}

pub(super) fn type_of(word: &str) -> Option<FieldType> {
    TYPES.iter().find(|(_, _, theirs)| *theirs == word).map(|(kind, ..)| *kind)
}

/// The vendor's word; empty for a kind that it has not.
pub(super) fn word_of(field_type: FieldType) -> &'static str {
    TYPES.iter().find(|(kind, ..)| *kind == field_type).map_or("", |(_, _, theirs)| theirs)
}

fn our_word(field_type: FieldType) -> &'static str {
    TYPES.iter().find(|(kind, ..)| *kind == field_type).map_or("", |(_, ours, _)| ours)
}

fn field_kind(field_type: FieldType) -> FieldKind {
    FieldKind { max_bytes: (field_type == FieldType::Text).then_some(TEXT_BYTES), ..FieldKind::plain(field_type) }
}

type Refusal = (String, String);

/// Whether an attribute fits the project's field of its name, must be created, or is refused. Pure.
pub(super) fn fit(wanted: &WantedField, remote: Option<&RemoteField>) -> FieldFit {
    let checked = one_column(wanted).and_then(|()| given(wanted)).and_then(|given| match remote {
        Some(remote) => existing(wanted, given, remote).map(FieldFit::Fits),
        None => new(wanted, given).map(FieldFit::Create),
    });
    checked.unwrap_or_else(|(why, hint)| FieldFit::Refused { why, hint })
}

fn one_column(wanted: &WantedField) -> Result<(), Refusal> {
    if MANAGED.contains(&wanted.tag) {
        return Err((
            format!("Iterable keeps the field {} itself: lists, subscriptions and identity are not attributes", wanted.tag),
            "map another field".into(),
        ));
    }
    match wanted.spec.columns {
        Columns::One(_) => Ok(()),
        Columns::Parts(_) => Err((
            "Iterable has no fields of address parts that could be written without losing what else is in them".into(),
            "map each part to a field of its own".into(),
        )),
    }
}

/// The kind that the definition names. A date is a moment: midnight.
fn given(wanted: &WantedField) -> Result<Option<FieldType>, Refusal> {
    let given = wanted.spec.kind.map(|kind| if kind == FieldType::Date { FieldType::Datetime } else { kind });
    match given.filter(|kind| word_of(*kind).is_empty()) {
        None => Ok(given),
        Some(_) => Err(("Iterable has no fields of this type".into(), format!("write one of the types {}", choices()))),
    }
}

fn existing(wanted: &WantedField, given: Option<FieldType>, remote: &RemoteField) -> Result<FieldKind, Refusal> {
    let tag = wanted.tag;
    if remote.tag != tag {
        return Err((
            format!("the project has a field {:?}, and Iterable would make {tag:?} a second one: it tells names apart by case", remote.tag),
            format!("write it as the project does: {:?}", remote.tag),
        ));
    }
    // The state knows a field without the vendor's word for it.
    if !remote.id.is_empty() && type_of(&remote.id).is_none() {
        let hint = format!("name another field; Listkeeper writes {}", choices());
        return Err((format!("{tag} is a field of type {} in the project", remote.id), hint));
    }
    let has = remote.kind.field_type;
    match given.filter(|given| *given != has) {
        None => Ok(field_kind(has)),
        Some(given) => Err((
            format!("{tag} takes {} in the project ({}), and the definition says {}", our_word(has), word_of(has), our_word(given)),
            format!(
                "write `type: {}` or leave the type out; Iterable never changes a field's type, so for {} name another field",
                our_word(has),
                our_word(given)
            ),
        )),
    }
}

fn new(wanted: &WantedField, given: Option<FieldType>) -> Result<FieldKind, Refusal> {
    let (tag, column) = (wanted.tag, if let Columns::One(column) = &wanted.spec.columns { column.as_str() } else { "COLUMN" });
    given.map(field_kind).ok_or_else(|| {
        (
            format!("the project has no field {tag}, and the first value would fix its type for good"),
            format!("say which it is to be: `{tag}: {{column: {column}, type: text}}`, or {}", choices()),
        )
    })
}

fn choices() -> String {
    TYPES.map(|(_, ours, _)| ours).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{AttributeSpec, OnEmpty};
    use rstest::rstest;

    /// `attribute` as in a definition against `field` as in the project.
    fn fitted(tag: &str, kind: Option<FieldType>, field: Option<(&str, &str)>) -> String {
        let spec = AttributeSpec { columns: Columns::One("Column".into()), kind, on_empty: OnEmpty::Keep, line: 1 };
        let remote = field.map(|(name, word)| remote(name.to_owned(), word.to_owned()));
        match fit(&WantedField { tag, spec: &spec }, remote.as_ref()) {
            FieldFit::Fits(kind) => format!("fits {:?}", kind.field_type),
            FieldFit::Create(kind) => format!("create {:?}", kind.field_type),
            FieldFit::Refused { why, hint } => format!("{why} | {hint}"),
        }
    }

    #[rstest]
    #[case(None, Some(("city", "string")), "fits Text")]
    #[case(None, Some(("city", "long")), "fits Integer")]
    #[case(None, Some(("city", "double")), "fits Number")]
    #[case(None, Some(("city", "boolean")), "fits Boolean")]
    #[case(None, Some(("city", "date")), "fits Datetime")]
    #[case(Some(FieldType::Date), Some(("city", "date")), "fits Datetime")]
    #[case(Some(FieldType::Text), Some(("city", "string")), "fits Text")]
    // As the state knows a field: without the vendor's word.
    #[case(None, Some(("city", "")), "fits Text")]
    #[case(Some(FieldType::Number), None, "create Number")]
    #[case(Some(FieldType::Date), None, "create Datetime")]
    #[case(
        None,
        None,
        "the project has no field city, and the first value would fix its type for good | say which it is to be: `city: {column: Column, \
         type: text}`, or text, integer, number, boolean, datetime"
    )]
    #[case(
        Some(FieldType::Phone),
        None,
        "Iterable has no fields of this type | write one of the types text, integer, number, boolean, datetime"
    )]
    #[case(
        Some(FieldType::Number),
        Some(("city", "long")),
        "city takes integer in the project (long), and the definition says number | write `type: integer` or leave the type out; Iterable \
         never changes a field's type, so for number name another field"
    )]
    #[case(
        None,
        Some(("city", "geo_location")),
        "city is a field of type geo_location in the project | name another field; Listkeeper writes text, integer, number, boolean, datetime"
    )]
    #[case(
        None,
        Some(("City", "string")),
        "the project has a field \"City\", and Iterable would make \"city\" a second one: it tells names apart by case | write it as the \
         project does: \"City\""
    )]
    fn attributes_fit_or_not(#[case] kind: Option<FieldType>, #[case] field: Option<(&str, &str)>, #[case] expected: &str) {
        assert_eq!(fitted("city", kind, field), expected);
    }

    #[test]
    fn parts_of_an_address_make_no_field() {
        let columns = Columns::Parts([("city".to_owned(), "City".to_owned())].into());
        let spec = AttributeSpec { columns, kind: None, on_empty: OnEmpty::Keep, line: 1 };
        assert!(matches!(fit(&WantedField { tag: "home", spec: &spec }, None), FieldFit::Refused { .. }));
    }
}
