//! What a body says about one contact, after the checks of the contract.

use super::{
    contact::{CUSTOM, Profile, SOURCES},
    custom_value,
    fields::{self, Field},
    import_row,
    problem::{Problem, Result},
    shape::{self, Kind, Shape},
    work::Ctx,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const PERMISSIONS: &[&str] = &["explicit", "implicit", "not_set", "pending_confirmation", "temp_hold", "unsubscribed"];
/// Characters of an address.
const ADDRESS: usize = 80;
const EMAIL: &Shape = &[("address", Kind::Text(ADDRESS), true), ("permission_to_send", Kind::OneOf(PERMISSIONS), false)];
const CUSTOM_FIELD: &Shape = &[("custom_field_id", Kind::Text(36), true), ("value", Kind::Text(custom_value::LONGEST), true)];
const PHONES: &[&str] = &["home", "work", "mobile", "other"];
const PHONE: &Shape = &[("phone_number", Kind::Text(25), true), ("kind", Kind::OneOf(PHONES), true)];
const STREETS: &[&str] = &["home", "work", "other"];
const STREET: &Shape = &[
    ("kind", Kind::OneOf(STREETS), true),
    ("street", Kind::Text(255), false),
    ("city", Kind::Text(50), false),
    ("state", Kind::Text(50), false),
    ("postal_code", Kind::Text(50), false),
    ("country", Kind::Text(50), false),
];

macro_rules! shape {
    ($source:literal) => {
        &[
            ($source, Kind::OneOf(SOURCES), true),
            ("email_address", Kind::Object(EMAIL), false),
            ("first_name", Kind::Text(50), false),
            ("last_name", Kind::Text(50), false),
            ("job_title", Kind::Text(50), false),
            ("company_name", Kind::Text(50), false),
            ("birthday_month", Kind::Whole, false),
            ("birthday_day", Kind::Whole, false),
            ("anniversary", Kind::Text(10), false),
            ("custom_fields", Kind::Objects(CUSTOM_FIELD, CUSTOM), false),
            ("phone_numbers", Kind::Objects(PHONE, 3), false),
            ("street_addresses", Kind::Objects(STREET, 3), false),
            ("list_memberships", Kind::Ids(50), false),
        ]
    };
}

pub(super) const POST: &Shape = shape!("create_source");
pub(super) const PUT: &Shape = shape!("update_source");
pub(super) const PLAIN: &[&str] =
    &["first_name", "last_name", "job_title", "company_name", "birthday_month", "birthday_day", "anniversary"];

/// A body that fits the contract.
#[derive(Debug)]
pub(super) struct Body {
    pub source: String,
    pub address: Option<String>,
    pub permission: Option<String>,
    pub plain: BTreeMap<String, Value>,
    pub custom: Option<BTreeMap<i64, String>>,
    pub phones: Option<BTreeMap<String, String>>,
    pub streets: Option<BTreeMap<String, BTreeMap<String, String>>>,
    pub lists: Option<Vec<String>>,
}

impl Body {
    pub(super) fn read(ctx: &Ctx<'_>, object: &Map<String, Value>, shape: &'static Shape) -> Result<Self> {
        shape::check(object, shape)?;
        let (source, ..) = shape[0];
        let email = object.get("email_address").and_then(Value::as_object);
        let address = email.map(|email| text(email, "address").trim().to_owned());
        if address.as_deref().is_some_and(|address| !import_row::is_address(address)) {
            return Err(Problem::unfit("email_address.address is not an email address").into());
        }
        let plain: BTreeMap<_, _> =
            object.iter().filter(|(name, value)| PLAIN.contains(&name.as_str()) && **value != "").map(owned).collect();
        if let Some(wrong) = import_row::wrong_dates(&plain) {
            return Err(Problem::unfit(wrong).into());
        }
        Ok(Self {
            source: text(object, source).to_owned(),
            address,
            permission: email.and_then(|email| email.get("permission_to_send")?.as_str()).map(str::to_owned),
            plain,
            custom: items(object, "custom_fields").map(|items| custom(&fields::every(ctx)?, items)).transpose()?,
            phones: items(object, "phone_numbers").map(phones),
            streets: items(object, "street_addresses").map(streets),
            lists: object.contains_key("list_memberships").then(|| shape::ids(object, "list_memberships")),
        })
    }

    /// What is left out is emptied, but for the parts that are lists of their own.
    pub(super) fn overwrite(self, profile: &mut Profile) {
        profile.plain = self.plain;
        profile.custom = self.custom.unwrap_or(std::mem::take(&mut profile.custom));
        profile.phones = self.phones.unwrap_or(std::mem::take(&mut profile.phones));
        profile.streets = self.streets.unwrap_or(std::mem::take(&mut profile.streets));
    }
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn items<'a>(object: &'a Map<String, Value>, name: &str) -> Option<Vec<&'a Map<String, Value>>> {
    Some(object.get(name)?.as_array()?.iter().filter_map(Value::as_object).collect())
}

fn custom(known: &BTreeMap<i64, Field>, items: Vec<&Map<String, Value>>) -> Result<BTreeMap<i64, String>> {
    let mut values = BTreeMap::new();
    for item in items {
        let id = text(item, "custom_field_id").to_ascii_lowercase();
        let field = known.values().find(|field| field.id == id).ok_or_else(|| Problem::unfit("custom_field_id was not found"))?;
        let value = text(item, "value");
        if !custom_value::fits(field, value) {
            return Err(Problem::unfit(format!("custom field {} does not take this value", field.name)).into());
        }
        values.insert(field.row, value.to_owned());
    }
    Ok(values)
}

fn phones(items: Vec<&Map<String, Value>>) -> BTreeMap<String, String> {
    items.into_iter().map(|item| (text(item, "kind").to_owned(), text(item, "phone_number").to_owned())).collect()
}

fn streets(items: Vec<&Map<String, Value>>) -> BTreeMap<String, BTreeMap<String, String>> {
    let parts = |item: &Map<String, Value>| {
        let parts = item.iter().filter(|(name, _)| *name != "kind");
        parts.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    };
    items.into_iter().map(|item| (text(item, "kind").to_owned(), parts(item))).collect()
}
