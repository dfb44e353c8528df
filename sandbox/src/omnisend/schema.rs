//! Whether a body fits the vendor's schema: kinds, required fields, counts, lengths. Everything that does not fit is told
//! at once.

use super::{
    formats::{is_day, is_property, is_tag, moment},
    problem::{FieldError, Problem, Result},
    settings::EmptyText,
};
use serde_json::{Map, Value};

/// The kind of one field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    /// A text about a person, which may be refused when it is empty.
    Detail,
    /// A name of at most so many characters, and at least one.
    Name(usize),
    Flag,
    /// RFC 3339.
    Moment,
    /// `YYYY-MM-DD`.
    Day,
    OneOf(&'static [&'static str]),
    /// Least and most items of this kind.
    List(&'static Kind, usize, usize),
    /// 1 to 100 labels, or none where none may be given.
    Tags(usize),
    Object(&'static Shape),
    /// An object with keys of its own, whose values have this shape.
    Each(&'static Shape),
    /// An object with keys of its own.
    Open,
    /// Custom properties: names and values as the vendor allows them.
    Properties,
}

/// The fields of an object: name, kind, whether it must be there.
pub(super) type Shape = [(&'static str, Kind, bool)];

/// Tags that one call carries at most.
const TAGS: usize = 100;

/// What does not fit; empty if everything does.
pub(super) fn findings(object: &Map<String, Value>, shape: &Shape, empty: EmptyText) -> Vec<FieldError> {
    let mut found = Findings { errors: Vec::new(), empty };
    found.object("", object, shape);
    found.errors
}

pub(super) fn check(object: &Map<String, Value>, shape: &Shape) -> Result<()> {
    refuse(findings(object, shape, EmptyText::Clears))
}

pub(super) fn refuse(errors: Vec<FieldError>) -> Result<()> {
    if errors.is_empty() { Ok(()) } else { Err(Problem::validation(errors).into()) }
}

struct Findings {
    errors: Vec<FieldError>,
    empty: EmptyText,
}

impl Findings {
    fn say(&mut self, at: &str, code: &'static str, message: impl Into<String>) {
        self.errors.push(FieldError::new(at, code, message));
    }

    fn data(&mut self, at: &str, code: &'static str, message: &str) {
        self.errors.push(FieldError::data(at, code, message));
    }

    fn object(&mut self, at: &str, object: &Map<String, Value>, shape: &Shape) {
        for (name, ..) in shape.iter().filter(|(name, _, must)| *must && !object.contains_key(*name)) {
            self.say(&below(at, name), "required", "This field is required");
        }
        for (name, value) in object {
            match shape.iter().find(|(known, ..)| known == name) {
                Some((_, kind, _)) => self.value(&below(at, name), value, *kind),
                None => self.say(&below(at, name), "unknown", "This field is not known"),
            }
        }
    }

    fn value(&mut self, at: &str, value: &Value, kind: Kind) {
        match (kind, value) {
            (Kind::Text, Value::String(_)) | (Kind::Flag, Value::Bool(_)) | (Kind::Open, Value::Object(_)) => {}
            (Kind::Object(shape), Value::Object(object)) => self.object(at, object, shape),
            (Kind::Each(shape), Value::Object(object)) => self.each(at, object, shape),
            (Kind::Properties, Value::Object(object)) => self.properties(at, object),
            (Kind::List(kind, least, most), Value::Array(items)) => self.items(at, items, *kind, least, most),
            (Kind::Tags(least), Value::Array(items)) => self.tags(at, items, least),
            (_, Value::String(text)) => self.text(at, text, kind),
            _ => self.say(at, "invalid_type", format!("Must be {}", noun(kind))),
        }
    }

    fn text(&mut self, at: &str, text: &str, kind: Kind) {
        match kind {
            Kind::Detail if text.is_empty() && self.empty == EmptyText::Refused => self.data(at, "required", "Must not be empty"),
            Kind::Name(most) if text.trim().is_empty() || text.chars().count() > most => {
                self.say(at, "invalid_length", format!("Must have 1 to {most} characters"));
            }
            Kind::OneOf(words) if !words.contains(&text) => self.say(at, "invalid_value", format!("Must be one of: {}", words.join(", "))),
            Kind::Moment if moment(text).is_none() => self.say(at, "invalid_format", "Must be a time as RFC 3339 writes it"),
            Kind::Day if !is_day(text) => self.data(at, "invalid_format", "Must be a date, YYYY-MM-DD"),
            Kind::Detail | Kind::Name(_) | Kind::OneOf(_) | Kind::Moment | Kind::Day => {}
            _ => self.say(at, "invalid_type", format!("Must be {}", noun(kind))),
        }
    }

    fn items(&mut self, at: &str, items: &[Value], kind: Kind, least: usize, most: usize) {
        if !(least..=most).contains(&items.len()) {
            self.say(at, "invalid_length", format!("Must have {least} to {most} items"));
        }
        for (index, item) in items.iter().enumerate() {
            self.value(&format!("{at}[{index}]"), item, kind);
        }
    }

    fn tags(&mut self, at: &str, items: &[Value], least: usize) {
        self.items(at, items, Kind::Text, least, TAGS);
        for (index, tag) in items.iter().enumerate().filter_map(|(index, item)| Some((index, item.as_str()?))) {
            if !is_tag(tag) {
                let rule = "Must have 1 to 128 characters out of letters, digits, blank, hyphen, underscore and colon";
                self.say(&format!("{at}[{index}]"), "invalid_value", rule);
            }
        }
    }

    fn each(&mut self, at: &str, object: &Map<String, Value>, shape: &'static Shape) {
        for (name, value) in object {
            self.value(&below(at, name), value, Kind::Object(shape));
        }
    }

    fn properties(&mut self, at: &str, object: &Map<String, Value>) {
        for (name, value) in object {
            let at = below(at, name);
            if !is_property(name) {
                self.say(&at, "invalid_value", "A name has 1 to 128 letters, digits and underscores");
            }
            match value {
                Value::String(text) => self.text(&at, text, Kind::Detail),
                Value::Array(items) => self.items(&at, items, Kind::Text, 0, usize::MAX),
                Value::Null | Value::Object(_) => self.say(&at, "invalid_type", "Must be text, a number, a flag or texts"),
                Value::Bool(_) | Value::Number(_) => {}
            }
        }
    }
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Detail | Kind::Name(_) | Kind::Moment | Kind::Day | Kind::OneOf(_) => "a text",
        Kind::Flag => "true or false",
        Kind::Tags(_) => "a list of texts",
        Kind::List(..) => "a list",
        Kind::Object(_) | Kind::Each(_) | Kind::Open | Kind::Properties => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    const INNER: &Shape = &[("on", Kind::OneOf(&["a", "b"]), true), ("at", Kind::Moment, false)];
    const SHAPE: &Shape = &[
        ("name", Kind::Name(3), true),
        ("city", Kind::Detail, false),
        ("day", Kind::Day, false),
        ("tags", Kind::Tags(1), false),
        ("some", Kind::List(&Kind::Object(INNER), 1, 2), false),
        ("all", Kind::Each(INNER), false),
        ("more", Kind::Properties, false),
    ];

    #[rstest]
    #[case(json!({"name": "x", "city": "P", "day": "2000-02-29", "tags": ["cdp: a_b-C"], "more": {"n": 1, "t": ["a"], "f": false}}), "")]
    #[case(json!({}), "name required")]
    #[case(json!({"name": null, "size": 1}), "name invalid_type; size unknown")]
    #[case(json!({"name": "four"}), "name invalid_length")]
    #[case(json!({"name": "x", "city": "", "day": "2001-02-29"}), "city required; day invalid_format")]
    #[case(json!({"name": "x", "tags": []}), "tags invalid_length")]
    #[case(json!({"name": "x", "tags": ["été", 1]}), "tags[1] invalid_type; tags[0] invalid_value")]
    #[case(json!({"name": "x", "some": [{"on": "c", "at": "1 May"}, {}]}), "some[0].at invalid_format; some[0].on invalid_value; some[1].on required")]
    #[case(json!({"name": "x", "all": {"email": {"on": 1}}}), "all.email.on invalid_type")]
    #[case(json!({"name": "x", "more": {"a b": 1, "o": {}, "z": null}}), "more.a b invalid_value; more.o invalid_type; more.z invalid_type")]
    fn everything_that_does_not_fit_is_told(#[case] body: Value, #[case] expected: &str) {
        let found = findings(body.as_object().unwrap(), SHAPE, EmptyText::Refused);
        let mut said: Vec<_> = found.iter().map(|error| format!("{} {}", error.field, error.code)).collect();
        let mut expected: Vec<_> = expected.split("; ").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        said.sort();
        expected.sort();
        assert_eq!(said, expected);
    }

    #[test]
    fn an_empty_text_is_let_pass_where_it_clears() {
        let body = json!({"name": "x", "city": ""});
        assert!(findings(body.as_object().unwrap(), SHAPE, EmptyText::Clears).is_empty());
    }
}
