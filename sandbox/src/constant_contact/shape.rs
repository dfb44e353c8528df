//! Whether a body fits the vendor's contract: kinds, lengths, counts, required and unknown properties. What is wrong is
//! said by property and rule.

use super::problem::{Problem, Result};
use serde_json::{Map, Value};

/// The kind of one property.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// At most so many characters.
    Text(usize),
    Whole,
    Flag,
    OneOf(&'static [&'static str]),
    /// At most so many UUIDs.
    Ids(usize),
    Texts,
    Object(&'static Shape),
    Objects(&'static Shape, usize),
}

/// The properties of an object: name, kind, whether it must be there.
pub(super) type Shape = [(&'static str, Kind, bool)];

/// Refuses what does not fit.
pub(super) fn check(object: &Map<String, Value>, shape: &Shape) -> Result<()> {
    let mut found = Vec::new();
    properties(&mut found, "", object, shape);
    match found.is_empty() {
        true => Ok(()),
        false => Err(Problem::invalid(found.join(", ")).into()),
    }
}

pub(super) fn is_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::parse_str(text).is_ok()
}

/// UUIDs, in the order given, each once, in small letters.
pub(super) fn ids(object: &Map<String, Value>, name: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for text in object.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let id = text.to_ascii_lowercase();
        if seen.insert(id.clone()) {
            ids.push(id);
        }
    }
    ids
}

fn properties(found: &mut Vec<String>, at: &str, object: &Map<String, Value>, shape: &Shape) {
    let named = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    for (name, ..) in shape.iter().filter(|(name, _, must)| *must && !object.contains_key(*name)) {
        found.push(format!("{} is missing", named(name)));
    }
    for (name, value) in object {
        match shape.iter().find(|(known, ..)| known == name) {
            Some((_, kind, _)) => property(found, &named(name), value, *kind),
            None => found.push(format!("{} is not known", named(name))),
        }
    }
}

fn property(found: &mut Vec<String>, at: &str, value: &Value, kind: Kind) {
    match (kind, value) {
        (Kind::Text(most), Value::String(text)) if text.chars().count() > most => {
            found.push(format!("{at} is too long (maximum is {most} characters)"));
        }
        (Kind::OneOf(words), Value::String(text)) if !words.contains(&text.as_str()) => {
            found.push(format!("{at} does not have a valid value"));
        }
        (Kind::Text(_) | Kind::OneOf(_), Value::String(_)) | (Kind::Flag, Value::Bool(_)) => {}
        (Kind::Whole, Value::Number(number)) if number.is_i64() => {}
        (Kind::Object(shape), Value::Object(object)) => properties(found, at, object, shape),
        (Kind::Ids(most), Value::Array(items)) => {
            count(found, at, items, most);
            let wrong = items.iter().any(|item| !item.as_str().is_some_and(is_id));
            found.extend(wrong.then(|| format!("{at} is in an invalid format")));
        }
        (Kind::Texts, Value::Array(items)) if items.iter().all(Value::is_string) => {}
        (Kind::Objects(shape, most), Value::Array(items)) => {
            count(found, at, items, most);
            for item in items {
                match item.as_object() {
                    Some(object) => properties(found, at, object, shape),
                    None => found.push(format!("{at} is invalid")),
                }
            }
        }
        _ => found.push(format!("{at} is invalid")),
    }
}

fn count(found: &mut Vec<String>, at: &str, items: &[Value], most: usize) {
    if items.len() > most {
        found.push(format!("{at} has too many items (maximum is {most})"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    const INNER: &Shape = &[("value", Kind::Text(3), true)];
    const SHAPE: &Shape = &[
        ("name", Kind::Text(3), true),
        ("source", Kind::OneOf(&["Account", "Contact"]), false),
        ("ids", Kind::Ids(1), false),
        ("values", Kind::Objects(INNER, 1), false),
    ];

    #[rstest]
    #[case(json!({"name": "éàü"}), "")]
    #[case(json!({}), "name is missing")]
    #[case(json!({"name": "long"}), "name is too long (maximum is 3 characters)")]
    #[case(json!({"name": null}), "name is invalid")]
    #[case(json!({"name": "a", "colour": 1}), "colour is not known")]
    #[case(json!({"name": "a", "source": "Me"}), "source does not have a valid value")]
    #[case(json!({"name": "a", "ids": ["7"]}), "ids is in an invalid format")]
    #[case(json!({"name": "a", "values": [{"value": "a"}, {}]}), "values has too many items (maximum is 1), values.value is missing")]
    fn findings(#[case] body: Value, #[case] expected: &str) {
        let said = check(body.as_object().unwrap(), SHAPE).map_or_else(|fail| fail.into_refusal().message, |()| String::new());
        assert_eq!(said, expected);
    }
}
