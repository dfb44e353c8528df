//! A contact's fields: the vendor's own, and properties that the brand invents. Pure.

use super::super::{FieldFit, RemoteField, WantedField};
use crate::{
    definition::{Columns, FieldType, OnEmpty},
    member::FieldKind,
};

/// The fields that every contact has.
const STANDARD: [(&str, FieldType); 10] = [
    ("firstName", FieldType::Text),
    ("lastName", FieldType::Text),
    ("address", FieldType::Text),
    ("city", FieldType::Text),
    ("state", FieldType::Text),
    ("country", FieldType::Text),
    ("countryCode", FieldType::Text),
    ("postalCode", FieldType::Text),
    ("birthdate", FieldType::Date),
    ("gender", FieldType::Dropdown),
];
const GENDERS: [&str; 2] = ["m", "f"];

/// What a contact has too and is not an attribute; a property of such a name would only confuse people.
const NOT_ATTRIBUTES: [&str; 10] =
    ["id", "email", "identifiers", "tags", "segments", "status", "statuses", "consents", "optIns", "customProperties"];

pub(super) fn is_standard(name: &str) -> bool {
    STANDARD.iter().any(|(known, _)| *known == name)
}

/// The standard ones. No call lists the properties.
pub(super) fn known() -> Vec<RemoteField> {
    let field = |(tag, _): &(&str, FieldType)| RemoteField {
        id: (*tag).to_owned(),
        tag: (*tag).to_owned(),
        name: (*tag).to_owned(),
        kind: standard(tag).unwrap_or_else(|| FieldKind::plain(FieldType::Text)),
    };
    STANDARD.iter().map(field).collect()
}

fn standard(name: &str) -> Option<FieldKind> {
    let (_, field_type) = STANDARD.iter().find(|(known, _)| *known == name)?;
    let choices = if *field_type == FieldType::Dropdown { GENDERS.map(str::to_owned).to_vec() } else { Vec::new() };
    Some(FieldKind { choices, ..FieldKind::plain(*field_type) })
}

pub(super) fn fit(wanted: &WantedField) -> FieldFit {
    match kind(wanted) {
        Ok(kind) => FieldFit::Fits(kind),
        Err((why, hint)) => FieldFit::Refused { why, hint },
    }
}

type Refusal = (String, String);

fn kind(wanted: &WantedField) -> Result<FieldKind, Refusal> {
    let (tag, spec) = (wanted.tag, wanted.spec);
    if spec.on_empty == OnEmpty::Clear {
        let why = "Omnisend documents no way to empty a field".to_owned();
        return Err((why, "leave `onEmpty` out: an empty value then leaves what the contact has".into()));
    }
    if matches!(spec.columns, Columns::Parts(_)) {
        let why = format!("{tag} is fed by the parts of an address, and Omnisend keeps each in a field of its own");
        return Err((why, "map one column each to address, city, state, postalCode and country".into()));
    }
    match standard(tag) {
        Some(kind) => given_fits(tag, spec.kind, kind),
        None => property(tag, spec.kind),
    }
}

fn given_fits(tag: &str, given: Option<FieldType>, kind: FieldKind) -> Result<FieldKind, Refusal> {
    match given.filter(|given| *given != kind.field_type) {
        None => Ok(kind),
        Some(given) => {
            let (is, says) = (name_of(kind.field_type), name_of(given));
            Err((format!("{tag} is a {is} at Omnisend, and the definition says {says}"), "leave the type out".into()))
        }
    }
}

/// A property is there as soon as a contact has it, of the kind that its first value has.
fn property(tag: &str, given: Option<FieldType>) -> Result<FieldKind, Refusal> {
    if let Some((near, _)) = STANDARD.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag)) {
        return Err((format!("Omnisend has no field {tag}, and one called {near}"), format!("write `{near}`")));
    }
    if tag == "phone" {
        let why = "a telephone number is a way to reach someone, with a consent of its own; Listkeeper sends none to Omnisend".to_owned();
        return Err((why, "to keep it as a mere property, give it another name: `phoneNumber: {column: …, type: text}`".into()));
    }
    if NOT_ATTRIBUTES.contains(&tag) {
        return Err((
            format!("{tag} is not an attribute of a contact"),
            "the address is mapped by `match.email`; name another property".into(),
        ));
    }
    match given {
        None => {
            let why = "it is a property of your own, whose kind no call of Omnisend's tells".to_owned();
            Err((why, format!("write `{tag}: {{column: …, type: text}}` (or number, integer, boolean, date, datetime, url)")))
        }
        Some(kind @ (FieldType::Address | FieldType::Radio | FieldType::Dropdown)) => {
            Err((format!("Omnisend has no properties of type {}", name_of(kind)), "use `type: text`".into()))
        }
        Some(kind) => Ok(FieldKind::plain(kind)),
    }
}

fn name_of(field_type: FieldType) -> String {
    serde_json::to_value(field_type).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::AttributeSpec;
    use rstest::rstest;

    fn told(tag: &str, kind: Option<FieldType>, columns: Columns, on_empty: OnEmpty) -> String {
        let spec = AttributeSpec { columns, kind, on_empty, line: 1 };
        match fit(&WantedField { tag, spec: &spec }) {
            FieldFit::Fits(kind) => format!("{:?}", kind.field_type),
            FieldFit::Create(_) => "create".into(),
            FieldFit::Refused { why, hint } => format!("{why} | {hint}"),
        }
    }

    #[rstest]
    #[case("firstName", None, "Text")]
    #[case("birthdate", Some(FieldType::Date), "Date")]
    #[case("gender", None, "Dropdown")]
    #[case("loyaltyPoints", Some(FieldType::Integer), "Integer")]
    #[case("firstname", None, "Omnisend has no field firstname, and one called firstName | write `firstName`")]
    #[case("city", Some(FieldType::Number), "city is a text at Omnisend, and the definition says number | leave the type out")]
    #[case(
        "tier",
        None,
        "it is a property of your own, whose kind no call of Omnisend's tells | write `tier: {column: …, type: text}` (or number, integer, boolean, date, datetime, url)"
    )]
    #[case("tier", Some(FieldType::Dropdown), "Omnisend has no properties of type dropdown | use `type: text`")]
    #[case(
        "phone",
        Some(FieldType::Phone),
        "a telephone number is a way to reach someone, with a consent of its own; Listkeeper sends none to Omnisend | to keep it as a mere property, give it another name: `phoneNumber: {column: …, type: text}`"
    )]
    #[case("tags", None, "tags is not an attribute of a contact | the address is mapped by `match.email`; name another property")]
    fn one_column(#[case] tag: &str, #[case] kind: Option<FieldType>, #[case] expected: &str) {
        assert_eq!(told(tag, kind, Columns::One("c".into()), OnEmpty::Keep), expected);
    }

    #[test]
    fn nothing_is_emptied_and_no_address_is_made_of_parts() {
        assert_eq!(
            told("city", None, Columns::One("c".into()), OnEmpty::Clear),
            "Omnisend documents no way to empty a field | leave `onEmpty` out: an empty value then leaves what the contact has"
        );
        assert_eq!(
            told("address", Some(FieldType::Address), Columns::Parts([("city".to_owned(), "c".to_owned())].into()), OnEmpty::Keep),
            "address is fed by the parts of an address, and Omnisend keeps each in a field of its own | map one column each to address, city, state, postalCode and country"
        );
    }

    #[test]
    fn what_is_known_fits_itself() {
        for field in known() {
            assert_eq!(told(&field.tag, None, Columns::One("c".into()), OnEmpty::Keep), format!("{:?}", field.kind.field_type));
        }
    }
}
