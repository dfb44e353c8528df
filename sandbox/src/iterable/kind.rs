//! The kinds of data fields, as the first write of a field fixes them.

use serde_json::Value;

/// The kinds a value may be taken for, the likeliest first; none for null and empty lists, which fit everything.
pub(super) fn possible(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Null => &[],
        Value::Bool(_) => &["boolean"],
        Value::Number(number) if number.is_f64() => &["double"],
        Value::Number(_) => &["long"],
        Value::String(text) if is_date(text) => &["date", "string", "keyword"],
        Value::String(_) => &["string", "keyword"],
        Value::Array(items) => items.iter().map(possible).find(|kinds| !kinds.is_empty()).unwrap_or(&[]),
        Value::Object(object) if is_place(object) => &["geo_location"],
        Value::Object(_) => &["object"],
    }
}

/// Dates with or without a time and a zone.
fn is_date(text: &str) -> bool {
    const TIMES: [&str; 2] = ["%Y-%m-%d %H:%M:%S %:z", "%Y-%m-%d %H:%M:%S %z"];
    let zoned = TIMES.iter().any(|format| chrono::DateTime::parse_from_str(text, format).is_ok());
    zoned
        || chrono::DateTime::parse_from_rfc3339(text).is_ok()
        || chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").is_ok()
        || (text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok())
}

fn is_place(object: &serde_json::Map<String, Value>) -> bool {
    object.len() == 2 && ["lat", "lon"].iter().all(|name| object.get(*name).is_some_and(Value::is_number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case(json!(null), None)]
    #[case(json!([]), None)]
    #[case(json!(true), Some("boolean"))]
    #[case(json!(5), Some("long"))]
    #[case(json!(5.0), Some("double"))]
    #[case(json!("five"), Some("string"))]
    #[case(json!("2016-08-02 18:53:45 +00:00"), Some("date"))]
    #[case(json!("2016-08-02T18:53:45Z"), Some("date"))]
    #[case(json!("2016-08-02"), Some("date"))]
    #[case(json!("2016-8-2"), Some("string"))]
    #[case(json!([null, 1]), Some("long"))]
    #[case(json!({"lat": 1.5, "lon": 2}), Some("geo_location"))]
    #[case(json!({"lat": 1.5}), Some("object"))]
    fn first_kinds(#[case] value: Value, #[case] expected: Option<&str>) {
        assert_eq!(possible(&value).first().copied(), expected);
    }
}
