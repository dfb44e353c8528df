//! What a request says about one contact: the vendor's shape, and the same in our terms.

use super::{
    consent::{Said, Status},
    formats::{is_email, is_phone, moment},
    problem::{FieldError, Result},
    schema::{self, Kind, Shape},
    settings::EmptyText,
};
use serde_json::{Map, Value};

const CHANNEL: &Shape = &[("status", Kind::OneOf(Status::NAMES), true), ("statusChangedAt", Kind::Moment, false)];
const CONSENT: &Shape =
    &[("createdAt", Kind::Moment, false), ("ip", Kind::Text, false), ("source", Kind::Text, false), ("userAgent", Kind::Text, false)];
const IDENTIFIER: &Shape = &[
    ("type", Kind::OneOf(&["email", "phone"]), true),
    ("id", Kind::Text, true),
    ("channels", Kind::Each(CHANNEL), false),
    ("consent", Kind::Object(CONSENT), false),
    ("sendWelcomeMessage", Kind::Flag, false),
    ("source", Kind::Text, false),
];
const CONTACT: &Shape = &[
    ("identifiers", Kind::List(&Kind::Object(IDENTIFIER), 0, usize::MAX), false),
    ("firstName", Kind::Detail, false),
    ("lastName", Kind::Detail, false),
    ("address", Kind::Detail, false),
    ("city", Kind::Detail, false),
    ("state", Kind::Detail, false),
    ("postalCode", Kind::Detail, false),
    ("country", Kind::Detail, false),
    ("countryCode", Kind::Detail, false),
    ("birthdate", Kind::Day, false),
    ("gender", Kind::OneOf(&["m", "f"]), false),
    ("createdAt", Kind::Moment, false),
    ("tags", Kind::Tags(0), false),
    ("customProperties", Kind::Properties, false),
];
/// Stored as they come.
pub(super) const FIELDS: &[&str] =
    &["firstName", "lastName", "address", "city", "state", "postalCode", "country", "countryCode", "birthdate", "gender"];

#[derive(Debug)]
pub(super) struct Wish {
    pub email: Option<Identifier>,
    pub phones: Vec<Identifier>,
    pub fields: Map<String, Value>,
    pub properties: Map<String, Value>,
    pub tags: Option<Vec<String>>,
}

#[derive(Debug)]
pub(super) struct Identifier {
    pub id: String,
    /// Something is said of its channel, in so many words.
    pub has_channel: bool,
    pub said: Vec<Said>,
    /// As it came, if consent is said to have been given.
    pub consent: Option<Map<String, Value>>,
    /// Whether a new contact is welcomed; the vendor does unless told not to.
    pub welcome: bool,
}

/// Whether somebody has to be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    Required,
    Optional,
}

pub(super) fn read(object: &Map<String, Value>, naming: Naming, empty: EmptyText) -> Result<Wish> {
    let mut errors = schema::findings(object, CONTACT, empty);
    let identifiers = || object.get("identifiers").and_then(Value::as_array).into_iter().flatten();
    if naming == Naming::Required && identifiers().next().is_none() {
        errors.push(FieldError::new("identifiers", "required", "An identifier is required"));
    }
    for (index, identifier) in identifiers().enumerate() {
        errors.extend(unfit(identifier).map(|error| error.below(&format!("identifiers[{index}]"))));
    }
    if identifiers().filter(|identifier| identifier["type"] == "email").count() > 1 {
        errors.push(FieldError::new("identifiers", "invalid_value", "One email identifier at most"));
    }
    schema::refuse(errors)?;
    Ok(wish(object))
}

/// What the shape alone does not show: ids and channels fit the type.
fn unfit(identifier: &Value) -> Option<FieldError> {
    let is_phone_type = identifier["type"] == "phone";
    let (id, channel) = (identifier["id"].as_str()?, if is_phone_type { "sms" } else { "email" });
    let other = identifier["channels"].as_object().into_iter().flat_map(Map::keys).find(|name| *name != channel);
    if let Some(other) = other {
        return Some(FieldError::new(format!("channels.{other}"), "invalid_value", "This identifier has no such channel"));
    }
    let bad = match is_phone_type {
        true => (!is_phone(id)).then_some("Must be a phone number in E.164"),
        false => (!is_email(id)).then_some("Must be a valid email address"),
    };
    bad.map(|message| FieldError::data("id", "invalid_format", message))
}

fn wish(object: &Map<String, Value>) -> Wish {
    let all = object.get("identifiers").and_then(Value::as_array).into_iter().flatten();
    let (phones, emails): (Vec<_>, Vec<_>) = all.partition(|identifier| identifier["type"] == "phone");
    let field = |name: &&str| Some(((*name).to_owned(), object.get(*name)?.clone()));
    let mut properties = object.get("customProperties").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(created) = object.get("createdAt") {
        properties.insert("externalCreated".to_owned(), created.clone());
    }
    Wish {
        email: emails.first().map(|identifier| Identifier::read(identifier, "email")),
        phones: phones.iter().map(|identifier| Identifier::read(identifier, "sms")).collect(),
        fields: FIELDS.iter().filter_map(field).collect(),
        properties,
        tags: object.get("tags").and_then(Value::as_array).map(|tags| texts(tags)),
    }
}

pub(super) fn texts(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl Identifier {
    fn read(value: &Value, channel: &str) -> Self {
        let consent = value["consent"].as_object().cloned();
        let date = |value: &Value| value.as_str().and_then(moment);
        let channel = &value["channels"][channel];
        let status = channel["status"].as_str().and_then(Status::parse);
        let said = status.map(|status| Said { status, at: date(&channel["statusChangedAt"]) });
        let given = consent.as_ref().map(|consent| Said { status: Status::Subscribed, at: consent.get("createdAt").and_then(date) });
        Self {
            id: value["id"].as_str().unwrap_or_default().to_owned(),
            has_channel: said.is_some(),
            said: said.into_iter().chain(given).collect(),
            consent,
            welcome: value["sendWelcomeMessage"] != false,
        }
    }
}
