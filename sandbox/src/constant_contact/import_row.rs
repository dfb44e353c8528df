//! One row of an import, whether it came as JSON or as CSV.

use super::{
    contact::{CUSTOM, Profile},
    custom_value,
    fields::Field,
    settings::Abroad,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Characters of an address; the vendor says so of JSON, and nothing of CSV.
const ADDRESS: usize = 50;
/// Characters of each property; 0: a whole number.
const PROPERTIES: &[(&str, usize)] = &[
    ("email", ADDRESS),
    ("first_name", 50),
    ("last_name", 50),
    ("job_title", 50),
    ("company_name", 50),
    ("birthday_month", 0),
    ("birthday_day", 0),
    ("anniversary", 10),
];
const PHONES: &[(&str, &str)] =
    &[("phone", "other"), ("other_phone", "other"), ("home_phone", "home"), ("work_phone", "work"), ("mobile_phone", "mobile")];
/// What a street's parts are called in an import, and in a contact. The vendor spells one of them with a blank.
const STREETS: &[(&str, &str)] = &[("", "home"), ("home_", "home"), ("work_", "work"), ("other_", "other"), ("home ", "home")];
const PARTS: &[(&str, &str)] =
    &[("street", "street"), ("street2", "street"), ("city", "city"), ("state", "state"), ("zip", "postal_code"), ("country", "country")];
/// Headings that the vendor names for a CSV file, beside custom fields.
const HEADINGS: &[&str] = &["phone", "street", "street2", "city", "state", "zip", "country"];

type Fields = BTreeMap<String, Field>;

/// The most characters of a property; `None` if there is none of this name.
fn length(name: &str) -> Option<usize> {
    if let Some((_, most)) = PROPERTIES.iter().find(|(known, _)| *known == name) {
        return Some(*most);
    }
    if PHONES.iter().any(|(known, _)| *known == name) {
        return Some(50);
    }
    let (_, part) = street_part(name)?;
    Some(if part == "street" { 255 } else { 50 })
}

/// The kind of street and its part (`work_zip`: work, postal_code).
fn street_part(name: &str) -> Option<(&'static str, &'static str)> {
    STREETS.iter().find_map(|(prefix, kind)| {
        let rest = name.strip_prefix(prefix)?;
        let (_, part) = PARTS.iter().find(|(known, _)| *known == rest)?;
        let spelled = (*prefix == "home ") == (name == "home country") && name != "home_country";
        spelled.then_some((*kind, *part))
    })
}

/// What about a JSON row is outside the contract: properties and rules.
pub(super) fn check(row: &Map<String, Value>, fields: &Fields) -> Option<String> {
    if row.keys().filter(|name| name.starts_with("cf:")).count() > CUSTOM {
        return Some(format!("import_data has a contact with more than {CUSTOM} custom fields"));
    }
    row.iter().find_map(|(name, value)| check_one(name, value, fields))
}

fn check_one(name: &str, value: &Value, fields: &Fields) -> Option<String> {
    let most = match name.strip_prefix("cf:") {
        Some(field) if fields.contains_key(field) => custom_value::LONGEST,
        Some(_) => return Some(format!("{name} is not a custom field")),
        None => match length(name) {
            Some(most) => most,
            None => return Some(format!("import_data.{name} is not known")),
        },
    };
    match value {
        Value::Number(number) if most == 0 && number.is_i64() => None,
        Value::String(text) if most > 0 && text.chars().count() > most => {
            Some(format!("import_data.{name} is too long (maximum is {most} characters)"))
        }
        Value::String(_) if most > 0 => None,
        _ => Some(format!("import_data.{name} is invalid")),
    }
}

/// Whether a CSV file may have such a column.
pub(super) fn is_heading(name: &str, fields: &Fields) -> bool {
    match name.strip_prefix("cf:") {
        Some(field) => fields.contains_key(field),
        None => PROPERTIES.iter().any(|(known, _)| *known == name) || HEADINGS.contains(&name),
    }
}

/// Why a row is not taken. The first can be corrected in the vendor's own pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    Correctable,
    Error,
}

/// What a row says.
#[derive(Debug)]
pub(super) struct Row {
    pub email: String,
    pub profile: Profile,
    /// Properties that are blank.
    blank: Vec<String>,
}

impl Row {
    pub(super) fn read(row: &Map<String, Value>, fields: &Fields, abroad: Abroad) -> Result<Self, Bad> {
        let mut profile = Profile::default();
        let mut email = String::new();
        let is_blank = |value: &Value| value.as_str().is_some_and(|text| text.trim().is_empty());
        let blank = row.iter().filter(|(_, value)| is_blank(value)).map(|(name, _)| name.clone()).collect();
        for (name, value) in row.iter().filter(|(_, value)| !is_blank(value)) {
            let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
            match name.as_str() {
                "email" => email = text,
                name if is_abroad(name, &text) => match abroad {
                    Abroad::Dropped => {}
                    Abroad::Correctable => return Err(Bad::Correctable),
                    Abroad::Error => return Err(Bad::Error),
                },
                _ => put(&mut profile, name, text, fields)?,
            }
        }
        whole_numbers(&mut profile.plain)?;
        let bad_dates = wrong_dates(&profile.plain).is_some();
        if bad_dates || !is_address(&email) {
            return Err(Bad::Correctable);
        }
        if email.chars().count() > ADDRESS || profile.phones.len() > 3 {
            return Err(Bad::Error);
        }
        Ok(Self { email, profile, blank })
    }

    /// Only what was sent changes; blanks clear where `clears` gives the custom fields. Not taken if it would be too many custom fields.
    pub(super) fn apply(self, profile: &mut Profile, clears: Option<&Fields>) -> Result<(), Bad> {
        if let Some(fields) = clears {
            self.blank.iter().for_each(|name| clear(profile, name, fields));
        }
        profile.plain.extend(self.profile.plain);
        profile.custom.extend(self.profile.custom);
        profile.phones.extend(self.profile.phones);
        for (kind, parts) in self.profile.streets {
            profile.streets.entry(kind).or_default().extend(parts);
        }
        if profile.custom.len() > CUSTOM || profile.phones.len() > 3 { Err(Bad::Error) } else { Ok(()) }
    }
}

fn is_abroad(name: &str, text: &str) -> bool {
    let country = text.strip_prefix('+').or_else(|| text.strip_prefix("00"));
    PHONES.iter().any(|(known, _)| *known == name) && country.is_some_and(|country| !country.starts_with('1'))
}

fn clear(profile: &mut Profile, name: &str, fields: &Fields) {
    if let Some(field) = name.strip_prefix("cf:").and_then(|name| fields.get(name)) {
        profile.custom.remove(&field.row);
    } else if let Some((_, kind)) = PHONES.iter().find(|(known, _)| *known == name) {
        profile.phones.remove(*kind);
    } else if let Some((kind, part)) = street_part(name) {
        profile.streets.get_mut(kind).map(|street| street.remove(part));
    } else {
        profile.plain.remove(name);
    }
}

fn put(profile: &mut Profile, name: &str, text: String, fields: &Fields) -> Result<(), Bad> {
    if let Some(field) = name.strip_prefix("cf:") {
        let field = fields.get(field).filter(|field| custom_value::fits(field, &text)).ok_or(Bad::Error)?;
        profile.custom.insert(field.row, text);
        return Ok(());
    }
    if length(name).is_some_and(|most| most > 0 && text.chars().count() > most) {
        return Err(Bad::Error);
    }
    if let Some((_, kind)) = PHONES.iter().find(|(known, _)| *known == name) {
        profile.phones.insert((*kind).to_owned(), text);
    } else if let Some((kind, part)) = street_part(name) {
        let value = profile.streets.entry(kind.to_owned()).or_default().entry(part.to_owned()).or_default();
        *value = [value.as_str(), &text].join(" ").trim().to_owned();
    } else {
        profile.plain.insert(name.to_owned(), text.into());
    }
    Ok(())
}

fn whole_numbers(plain: &mut BTreeMap<String, Value>) -> Result<(), Bad> {
    for name in ["birthday_month", "birthday_day"] {
        if let Some(value) = plain.get_mut(name) {
            let number: i64 = value.as_str().unwrap_or_default().parse().map_err(|_| Bad::Correctable)?;
            *value = number.into();
        }
    }
    Ok(())
}

/// What is wrong about a birthday or an anniversary.
pub(super) fn wrong_dates(plain: &BTreeMap<String, Value>) -> Option<&'static str> {
    let number = |name| plain.get(name).and_then(Value::as_i64);
    let birthday = match (number("birthday_month"), number("birthday_day")) {
        (None, None) => true,
        (Some(month), Some(day)) => (1..=12).contains(&month) && (1..=31).contains(&day),
        _ => false,
    };
    let anniversary = plain.get("anniversary").is_none_or(|text| text.as_str().is_some_and(custom_value::is_date));
    match (birthday, anniversary) {
        (false, _) => Some("birthday_month and birthday_day are not a day of the year"),
        (_, false) => Some("anniversary is not a date"),
        _ => None,
    }
}

/// One `@`, a name before it, a domain with a dot behind it, no blanks.
pub(super) fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\"\\".contains(c));
    let labels = domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    plain && !name.is_empty() && !domain.contains('@') && domain.contains('.') && labels
}
