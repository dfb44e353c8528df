//! Merge fields: what they take, and whether an attribute fits. Pure.

use super::super::{FieldFit, RemoteField, WantedField};
use crate::{
    definition::{Columns, FieldType},
    member::{ADDRESS_PARTS, ADDRESS_PARTS_REQUIRED, FieldKind, Form},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Longest text that a text field keeps, in bytes.
const TEXT_BYTES: usize = 255;
/// Longest merge tag, in characters.
const TAG_LENGTH: usize = 10;
/// What the vendor calls the address itself; it is no merge field.
const ADDRESS_TAG: &str = "EMAIL";

#[derive(Debug, Deserialize)]
pub(super) struct MergeField {
    merge_id: u64,
    tag: String,
    name: String,
    r#type: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    options: Options,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Options {
    choices: Vec<String>,
    date_format: Option<String>,
    phone_format: Option<String>,
}

impl Options {
    /// Dates go as ISO whatever the field shows them as; a birthday goes as the field declares it, for the vendor reads it so.
    fn form(&self, field_type: FieldType) -> Form {
        let says = |option: &Option<String>, form: &str| option.as_deref().is_some_and(|option| option.eq_ignore_ascii_case(form));
        match field_type {
            FieldType::Birthday if says(&self.date_format, "DD/MM") => Form::DayFirst,
            FieldType::Phone if says(&self.phone_format, "US") => Form::UsPhone,
            _ => Form::Usual,
        }
    }
}

impl From<MergeField> for RemoteField {
    fn from(field: MergeField) -> Self {
        // A type that is newer than this program is taken for text: the vendor checks its values row by row.
        let field_type = type_named(&field.r#type).unwrap_or(FieldType::Text);
        let form = field.options.form(field_type);
        let kind = FieldKind { choices: field.options.choices, required: field.required, form, ..kind(field_type) };
        Self { id: field.merge_id.to_string(), tag: field.tag, name: field.name, kind }
    }
}

fn kind(field_type: FieldType) -> FieldKind {
    FieldKind { max_bytes: (field_type == FieldType::Text).then_some(TEXT_BYTES), ..FieldKind::plain(field_type) }
}

fn type_named(name: &str) -> Option<FieldType> {
    serde_json::from_value(json!(name)).ok()
}

pub(super) fn name_of(field_type: FieldType) -> String {
    serde_json::to_value(field_type).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Whether an attribute fits the audience's field of its tag, must be created, or is refused.
pub(super) fn fit(wanted: &WantedField, remote: Option<&RemoteField>) -> FieldFit {
    let checked = match remote {
        Some(remote) => existing(wanted, remote).map(|()| FieldFit::Fits(remote.kind.clone())),
        None => new(wanted).map(|field_type| FieldFit::Create(kind(field_type))),
    };
    checked.unwrap_or_else(|(why, hint)| FieldFit::Refused { why, hint })
}

type Refusal = (String, String);

fn existing(wanted: &WantedField, remote: &RemoteField) -> Result<(), Refusal> {
    let (tag, has) = (wanted.tag, name_of(remote.kind.field_type));
    if let Some(given) = wanted.spec.kind.filter(|given| *given != remote.kind.field_type) {
        let given = name_of(given);
        return Err((
            format!("{tag} is a {has} field in the audience, and the definition says {given}"),
            format!("write `type: {has}` or leave the type out; Mailchimp cannot change a field's type, so for {given} name another tag"),
        ));
    }
    parts_fit(wanted, remote.kind.field_type)
}

fn new(wanted: &WantedField) -> Result<FieldType, Refusal> {
    let tag = wanted.tag;
    if tag == ADDRESS_TAG {
        return Err((format!("{ADDRESS_TAG} is the address itself, not a merge field"), "map it by `match.email`".into()));
    }
    if !is_tag(tag) {
        return Err((
            format!("the audience has no field {tag:?}, and none can be created: a merge tag is 1 to {TAG_LENGTH} of A-Z, 0-9 and _"),
            format!("write it like {:?}, or as the audience spells it", suggestion(tag)),
        ));
    }
    let parts = matches!(wanted.spec.columns, Columns::Parts(_));
    let field_type = wanted.spec.kind.unwrap_or(if parts { FieldType::Address } else { FieldType::Text });
    if matches!(field_type, FieldType::Integer | FieldType::Boolean | FieldType::Datetime) {
        let hint = "use `type: number`, `date` or `text`".into();
        return Err((format!("Mailchimp has no fields of type {}", name_of(field_type)), hint));
    }
    if matches!(field_type, FieldType::Radio | FieldType::Dropdown) {
        return Err((
            format!("the audience has no field {tag}, and a {} field cannot be created without its choices", name_of(field_type)),
            "create it at Mailchimp with its choices, or use `type: text`".into(),
        ));
    }
    parts_fit(wanted, field_type).map(|()| field_type)
}

/// Parts go to an address field and an address field takes parts, all that Mailchimp requires.
fn parts_fit(wanted: &WantedField, field_type: FieldType) -> Result<(), Refusal> {
    let tag = wanted.tag;
    let all = ADDRESS_PARTS_REQUIRED.join(", ");
    match (&wanted.spec.columns, field_type) {
        (Columns::One(_), FieldType::Address) => Err((
            format!("{tag} is an address field, and one column feeds it"),
            format!("map its parts: {all} (addr2 and country may be added)"),
        )),
        (Columns::One(_), _) => Ok(()),
        (Columns::Parts(_), other) if other != FieldType::Address => Err((
            format!("{tag} is a {} field, and address parts feed it", name_of(other)),
            "map it to one column, or the parts to a field of type address".into(),
        )),
        (Columns::Parts(parts), _) => {
            if let Some(unknown) = parts.keys().find(|part| !ADDRESS_PARTS.contains(&part.as_str())) {
                return Err((
                    format!("{tag} has no part {unknown:?}"),
                    format!("the parts of an address are {}", ADDRESS_PARTS.join(", ")),
                ));
            }
            let missing: Vec<_> = ADDRESS_PARTS_REQUIRED.into_iter().filter(|part| !parts.contains_key(*part)).collect();
            if missing.is_empty() {
                return Ok(());
            }
            Err((format!("{tag} lacks {}", missing.join(", ")), format!("Mailchimp takes an address only with {all}")))
        }
    }
}

fn is_tag(text: &str) -> bool {
    let ok = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    (1..=TAG_LENGTH).contains(&text.len()) && text.bytes().all(ok)
}

fn suggestion(tag: &str) -> String {
    let plain = tag.to_uppercase().replace([' ', '-', '.'], "_");
    let plain: String = plain.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(TAG_LENGTH).collect();
    if plain.is_empty() { "FIELD".into() } else { plain }
}

/// The body that creates a field: optional for everyone, not on the sign-up form.
#[derive(Debug, Serialize)]
pub(super) struct NewField<'a> {
    tag: &'a str,
    name: &'a str,
    r#type: FieldType,
    required: bool,
    public: bool,
    options: serde_json::Value,
}

impl<'a> NewField<'a> {
    /// The options say what our canonical values need: birthdays are MM/DD, and a phone number may be of any country.
    pub(super) fn new(tag: &'a str, field_type: FieldType) -> Self {
        let options = match field_type {
            FieldType::Birthday => json!({"date_format": "MM/DD"}),
            FieldType::Date => json!({"date_format": "MM/DD/YYYY"}),
            FieldType::Phone => json!({"phone_format": "none"}),
            _ => json!({}),
        };
        Self { tag, name: tag, r#type: field_type, required: false, public: false, options }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("birthday", json!({"date_format": "DD/MM"}), Form::DayFirst)]
    #[case("birthday", json!({"date_format": "MM/DD"}), Form::Usual)]
    #[case("birthday", json!({"date_format": null}), Form::Usual)]
    #[case("date", json!({"date_format": "DD/MM/YYYY"}), Form::Usual)]
    #[case("phone", json!({"phone_format": "US"}), Form::UsPhone)]
    #[case("phone", json!({"phone_format": "International"}), Form::Usual)]
    #[case("phone", json!({}), Form::Usual)]
    fn a_field_declares_the_form_of_its_values(#[case] kind: &str, #[case] options: serde_json::Value, #[case] expected: Form) {
        let field = json!({"merge_id": 3, "tag": "X", "name": "X", "type": kind, "options": options});
        let field: MergeField = serde_json::from_value(field).unwrap();
        assert_eq!(RemoteField::from(field).kind.form, expected);
    }
}
