//! Which values a merge field takes, and what becomes of them.

use super::{merge_field::MergeField, problem::FieldError};
use chrono::NaiveDate;
use serde_json::{Map, Number, Value};

/// Most bytes of a text value.
const TEXT_BYTES: usize = 255;
/// Parts that an address must have.
const ADDRESS_PARTS: [&str; 4] = ["addr1", "city", "state", "zip"];

/// A member's values by merge id (so that a renamed tag keeps them); absent is empty.
pub(super) type Values = Map<String, Value>;

/// The stored values with the given ones over them. Unknown tags are ignored; an empty text erases. Unless
/// `skip_required`, every required field must hold something afterwards.
pub(super) fn merged(
    stored: &Values,
    given: Option<&Map<String, Value>>,
    fields: &[MergeField],
    skip_required: bool,
) -> Result<Values, Vec<FieldError>> {
    let mut values = stored.clone();
    let mut errors = Vec::new();
    for field in fields {
        let key = field.merge_id.to_string();
        if let Some(value) = given.and_then(|given| given.get(&field.tag)) {
            match accept(field, value) {
                Ok(Some(value)) => drop(values.insert(key.clone(), value)),
                Ok(None) => drop(values.remove(&key)),
                Err(why) => {
                    errors.push(FieldError::new(field.tag.as_str(), why));
                    continue;
                }
            }
        }
        if field.required && !skip_required && !values.contains_key(&key) {
            errors.push(FieldError::new(field.tag.as_str(), missing(field)));
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}

fn missing(field: &MergeField) -> &'static str {
    if field.kind == "address" { "Please enter a complete address" } else { "This value should not be blank." }
}

/// The value as it is kept; `None` erases.
fn accept(field: &MergeField, value: &Value) -> Result<Option<Value>, String> {
    if value.as_str().is_some_and(str::is_empty) || value.is_null() {
        return Ok(None);
    }
    let said = |ok: bool, why: &str| if ok { Ok(Some(value.clone())) } else { Err(why.to_owned()) };
    let text = value.as_str().unwrap_or_default();
    match field.kind.as_str() {
        "number" => number(value).map(|n| Some(n.into())).ok_or_else(|| "Please enter a number".to_owned()),
        "address" => said(is_address(value), "Please enter a complete address"),
        "date" => said(is_date(text), "Please enter a valid date"),
        "birthday" => said(is_birthday(text, field.option("date_format")), "Please enter a month (01-12) and a day (01-31)"),
        "phone" => said(is_phone(text, field.option("phone_format")), "Please enter a valid phone number"),
        "url" | "imageurl" => said(is_url(text), "Please enter a valid URL"),
        "zip" => said(is_zip(text), "Please enter a zip code"),
        "radio" | "dropdown" => said(field.choices().any(|choice| choice == text), "Please select one of the choices"),
        _ => plain(value).map(|text| Some(text.into())),
    }
}

fn plain(value: &Value) -> Result<String, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err("Schema describes string, something else found instead".to_owned()),
    };
    if text.len() > TEXT_BYTES {
        return Err(format!("Please limit your entry to {TEXT_BYTES} characters"));
    }
    Ok(text)
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => {
            let text = text.trim();
            let whole = text.parse::<i64>().ok().map(Number::from);
            whole.or_else(|| text.parse::<f64>().ok().filter(|n| n.is_finite()).and_then(Number::from_f64))
        }
        _ => None,
    }
}

fn is_address(value: &Value) -> bool {
    let Value::Object(parts) = value else { return false };
    let filled = |name: &&str| parts.get(*name).and_then(Value::as_str).is_some_and(|part| !part.trim().is_empty());
    ADDRESS_PARTS.iter().all(filled) && parts.values().all(|part| part.is_string())
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

fn is_birthday(text: &str, format: &str) -> bool {
    let format = if format == "DD/MM" { "%Y/%d/%m" } else { "%Y/%m/%d" };
    // A leap year: the 29th of February is a birthday.
    text.len() == 5 && NaiveDate::parse_from_str(&format!("2000/{text}"), format).is_ok()
}

fn is_phone(text: &str, format: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b" ()-.+".contains(&b));
    match format {
        "US" => plain && digits == 10,
        _ => digits > 0 && text.len() <= TEXT_BYTES,
    }
}

fn is_url(text: &str) -> bool {
    text.len() <= TEXT_BYTES && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_zip(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    match bytes.len() {
        5 => digits(bytes),
        10 => digits(&bytes[..5]) && bytes[5] == b'-' && digits(&bytes[6..]),
        _ => false,
    }
}
