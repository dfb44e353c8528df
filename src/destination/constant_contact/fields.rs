//! The account's fields: what they take, and whether an attribute fits. Pure, but for reading and creating them.

use super::{
    super::{Error, FieldFit, RemoteField, WantedField, cursors::Cursors, made_once::made_once},
    api::{Api, Call, Links, read},
    columns::custom_name,
    errors,
    standard::{self, BIRTHDAY, Standard},
};
use crate::{
    definition::{Columns, FieldType, OnEmpty},
    http::Method,
    member::FieldKind,
};
use serde::Deserialize;
use serde_json::json;

/// Custom fields a page; an account has as many at most.
const PAGE: usize = 100;
/// Characters of a custom field's value.
const VALUE_CHARS: usize = 255;

#[derive(Deserialize)]
struct CustomField {
    custom_field_id: String,
    label: String,
    name: String,
    r#type: String,
    #[serde(default)]
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    choice_label: String,
    deleted_at: Option<String>,
}

impl CustomField {
    /// By its label, and by the name that the vendor makes of it where that is another.
    fn into_remote(self) -> Vec<RemoteField> {
        let choices = self.choices.into_iter().filter(|choice| choice.deleted_at.is_none()).map(|choice| choice.choice_label);
        let kind = FieldKind { choices: choices.collect(), ..kind(taken(&self.r#type)) };
        let mut tags = vec![self.label, self.name.clone()];
        tags.dedup();
        tags.into_iter()
            .map(|tag| RemoteField { id: self.custom_field_id.clone(), tag, name: self.name.clone(), kind: kind.clone() })
            .collect()
    }
}

/// What values are made canonical for; a type that is newer than this program is taken for text.
fn taken(vendors: &str) -> FieldType {
    match vendors {
        "number" | "currency" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "date" => FieldType::Date,
        "datetime" => FieldType::Datetime,
        // How an import writes several choices is not documented: one goes under every reading.
        "single_select" | "multi_select" => FieldType::Dropdown,
        _ => FieldType::Text,
    }
}

/// The vendor's type for a new field; `None`: there is none, or none without choices.
fn made(wanted: FieldType) -> Option<&'static str> {
    match wanted {
        FieldType::Number | FieldType::Integer => Some("number"),
        FieldType::Boolean => Some("boolean"),
        FieldType::Date => Some("date"),
        FieldType::Datetime => Some("datetime"),
        FieldType::Text | FieldType::Phone | FieldType::Url | FieldType::Imageurl | FieldType::Zip => Some("string"),
        FieldType::Address | FieldType::Radio | FieldType::Dropdown | FieldType::Birthday => None,
    }
}

fn kind(field_type: FieldType) -> FieldKind {
    FieldKind { max_chars: Some(VALUE_CHARS), ..FieldKind::plain(field_type) }
}

impl From<Standard> for RemoteField {
    fn from(field: Standard) -> Self {
        let kind = FieldKind { max_chars: Some(field.max_chars), ..FieldKind::plain(field.field_type) };
        Self { id: field.tag.clone(), name: field.tag.clone(), tag: field.tag, kind }
    }
}

/// The fields of every contact, and with `custom` those that the account made.
pub(super) async fn all(api: &Api, custom: bool) -> Result<Vec<RemoteField>, Error> {
    let mut fields: Vec<RemoteField> = standard::all().map(RemoteField::from).collect();
    if custom {
        fields.extend(read_custom(api).await?);
    }
    Ok(fields)
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    custom_fields: Vec<CustomField>,
    #[serde(rename = "_links", default)]
    links: Links,
}

async fn read_custom(api: &Api) -> Result<Vec<RemoteField>, Error> {
    let (mut fields, mut cursor, mut cursors) = (Vec::new(), None, Cursors::default());
    loop {
        let call = Call::get("/contact_custom_fields", &["contact_custom_fields"]).query("limit", PAGE);
        let page: Page = read(&api.call(call.after(cursor.as_deref())).await?)?;
        fields.extend(page.custom_fields.into_iter().flat_map(CustomField::into_remote));
        cursor = cursors.follow(page.links.next())?;
        if cursor.is_none() {
            return Ok(fields);
        }
    }
}

type Refusal = (String, String);

/// Whether an attribute fits the account's field of its name, must be created, or is refused.
pub(super) fn fit(wanted: &WantedField, remote: Option<&RemoteField>) -> FieldFit {
    let checked = possible(wanted).and_then(|()| match remote {
        Some(remote) => existing(wanted, remote).map(FieldFit::Fits),
        None => new(wanted).map(|field_type| FieldFit::Create(kind(field_type))),
    });
    checked.unwrap_or_else(|(why, hint)| FieldFit::Refused { why, hint })
}

fn possible(wanted: &WantedField) -> Result<(), Refusal> {
    if wanted.spec.on_empty == OnEmpty::Clear {
        let why = "Constant Contact does not document whether an import can empty a field, so none is emptied".to_owned();
        return Err((why, "remove `onEmpty: clear`; to mark the absence of a value, let the query give a word for it".into()));
    }
    if matches!(wanted.spec.columns, Columns::Parts(_)) {
        let why = "Constant Contact has no field that takes an address whole".to_owned();
        return Err((why, "map its parts one by one: street, street2, city, state, zip, country (also as home_…, work_…, other_…)".into()));
    }
    Ok(())
}

fn existing(wanted: &WantedField, remote: &RemoteField) -> Result<FieldKind, Refusal> {
    let tag = wanted.tag;
    // An import takes the name letter by letter.
    if tag != remote.tag {
        return Err((format!("the account spells this field {:?}", remote.tag), format!("write `{}`", remote.tag)));
    }
    let (has, given) = (remote.kind.field_type, wanted.spec.kind.unwrap_or(remote.kind.field_type));
    if has == given {
        return Ok(remote.kind.clone());
    }
    if made(has).is_some() && made(has) == made(given) {
        return Ok(FieldKind { field_type: given, ..remote.kind.clone() });
    }
    let has = name_of(has);
    let hint = format!("write `type: {has}` or leave the type out; Constant Contact cannot change a field's type");
    Err((format!("{tag} is a {has} field at Constant Contact, and the definition says {}", name_of(given)), hint))
}

fn new(wanted: &WantedField) -> Result<FieldType, Refusal> {
    let (tag, field_type) = (wanted.tag, wanted.spec.kind.unwrap_or(FieldType::Text));
    if tag.eq_ignore_ascii_case("email") {
        return Err(("email is the address itself, not a field".into(), "map it by `match.email`".into()));
    }
    if tag.trim() != tag || tag.is_empty() || tag.chars().count() > 50 {
        return Err((format!("{tag:?} cannot be the label of a field"), "a label has 1 to 50 characters and no blanks at its ends".into()));
    }
    if field_type == FieldType::Birthday {
        return Err((format!("Constant Contact has one field for birthdays, and it is not {tag}"), format!("call it `{BIRTHDAY}`")));
    }
    if made(field_type).is_some() {
        return Ok(field_type);
    }
    let why = format!("the account has no field {tag}, and a {} field cannot be created", name_of(field_type));
    Err((why, "create it at Constant Contact with its choices, or use `type: text`".into()))
}

fn name_of(field_type: FieldType) -> String {
    serde_json::to_value(field_type).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

pub(super) async fn create(api: &Api, tag: &str, field_type: FieldType) -> Result<RemoteField, Error> {
    made_once("Constant Contact", || found(api, tag, field_type), || make(api, tag, field_type)).await
}

async fn found(api: &Api, tag: &str, field_type: FieldType) -> Result<Option<RemoteField>, Error> {
    let found = read_custom(api).await?.into_iter().find(|field| field.tag == tag);
    match found {
        Some(field) if made(field.kind.field_type) != made(field_type) => {
            let has = name_of(field.kind.field_type);
            Err(Error::stall(format!("the account has a {has} field {tag} already, not a {} field", name_of(field_type)))
                .hint("plan again"))
        }
        found => Ok(found),
    }
}

async fn make(api: &Api, tag: &str, field_type: FieldType) -> Result<Option<RemoteField>, Error> {
    let body = json!({ "label": tag, "type": made(field_type) });
    let call = Call::send(Method::Post, "/contact_custom_fields", &["contact_custom_fields"], &body)?.once();
    let answer = api.answer(call).await?;
    match answer.status {
        409 => return Ok(None),
        _ if !answer.is_success() => return Err(errors::refused(&answer, 1)),
        _ => {}
    }
    let field: CustomField = read(&answer)?;
    if field.name != custom_name(tag) {
        return Err(Error::stall(format!("Constant Contact created the field {tag} under the name {}", field.name))
            .hint("delete that field at Constant Contact, and choose a label of plain letters and digits"));
    }
    Ok(field.into_remote().into_iter().next())
}
