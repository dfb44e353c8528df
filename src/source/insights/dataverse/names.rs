//! The segments that a membership names, in every form that `msdynci_segments` is known to have.
//!
//! | form | where it is from |
//! |---|---|
//! | text of an object, `{"Segments":["A"]}` | what Microsoft's own plugin reads |
//! | text of a list, `["A"]` | what another client was built on |
//! | text of a text that holds either | a value that was encoded twice |
//! | null, an empty text, nothing at all | no segment |
//!
//! Any other value is an error: whoever's row it is must not look like somebody who left every segment.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use std::{collections::BTreeSet, fmt};

/// The object's member that lists them.
const MEMBER: &str = "Segments";
/// A text in a text is as deep as it goes.
const DEPTH: usize = 2;

/// JSON as far as it can name segments.
#[derive(Debug, Default)]
pub enum Segments {
    #[default]
    Null,
    Text(String),
    /// `None`: not all of it is texts.
    List(Option<Vec<String>>),
    /// Members in order, so that one that is there twice is seen.
    Object(Vec<(String, Self)>),
    Other(&'static str),
}

impl Segments {
    /// Each name once. An error says what is there instead, without the values.
    pub fn names(self) -> Result<BTreeSet<String>, &'static str> {
        self.at(0)
    }

    fn at(self, depth: usize) -> Result<BTreeSet<String>, &'static str> {
        match self {
            Self::Null => Ok(BTreeSet::new()),
            Self::Text(text) if text.trim().is_empty() => Ok(BTreeSet::new()),
            Self::Text(_) if depth == DEPTH => Err("a text that was encoded more than twice"),
            Self::Text(text) => serde_json::from_str::<Self>(&text).map_err(|_| "a text that is not JSON")?.at(depth + 1),
            Self::List(names) => Ok(names.ok_or("a list that holds more than texts")?.into_iter().collect()),
            Self::Object(members) => of_object(members),
            Self::Other(what) => Err(what),
        }
    }
}

/// The member `Segments`, letter case aside; else the only list.
fn of_object(members: Vec<(String, Segments)>) -> Result<BTreeSet<String>, &'static str> {
    if members.is_empty() {
        return Ok(BTreeSet::new());
    }
    let named = |(name, _): &(String, Segments)| name.eq_ignore_ascii_case(MEMBER);
    let by_name = members.iter().any(named);
    let list = |member: &(String, Segments)| if by_name { named(member) } else { matches!(member.1, Segments::List(_)) };
    let mut lists = members.into_iter().filter(list);
    match (lists.next(), lists.next()) {
        (Some((_, list @ (Segments::List(_) | Segments::Null))), None) => list.names(),
        (Some(_), None) => Err("an object whose member Segments is no list"),
        (Some(_), Some(_)) => Err("an object with several lists"),
        (None, _) => Err("an object without a list"),
    }
}

impl<'de> Deserialize<'de> for Segments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Segments;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Segments, E> {
        Ok(Segments::Null)
    }

    fn visit_str<E>(self, text: &str) -> Result<Segments, E> {
        Ok(Segments::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Segments, E> {
        Ok(Segments::Text(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Segments, E> {
        Ok(Segments::Other("true or false"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Segments, E> {
        Ok(Segments::Other("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Segments, E> {
        Ok(Segments::Other("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Segments, E> {
        Ok(Segments::Other("a number"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Segments, A::Error> {
        let mut names = Some(Vec::new());
        while let Some(each) = list.next_element::<Segments>()? {
            match (each, &mut names) {
                (Segments::Text(name), Some(names)) => names.push(name),
                _ => names = None,
            }
        }
        Ok(Segments::List(names))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Segments, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry::<String, Segments>()? {
            members.push(member);
        }
        Ok(Segments::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn names(json: &str) -> Result<String, &'static str> {
        serde_json::from_str::<Segments>(json).unwrap().names().map(|names| names.into_iter().collect::<Vec<_>>().join(" "))
    }

    #[rstest]
    #[case::object(r#"{"Segments":["B","A","B"]}"#, "A B")]
    #[case::letter_case(r#"{"segments":["A"],"Version":[2,3]}"#, "A")]
    #[case::only_list(r#"{"Names":["A"],"Count":1}"#, "A")]
    #[case::list(r#"["A","a"]"#, "A a")]
    #[case::blanks(r#" [ "A b" ] "#, "A b")]
    #[case::empty_list("[]", "")]
    #[case::empty_object("{}", "")]
    #[case::list_is_null(r#"{"Segments":null}"#, "")]
    #[case::null("null", "")]
    fn every_form_is_read_as_it_is_and_encoded_once_and_twice(#[case] form: &str, #[case] expected: &str) {
        let once = serde_json::to_string(form).unwrap();
        let twice = serde_json::to_string(&once).unwrap();
        for json in [form, &once, &twice] {
            assert_eq!(names(json).as_deref(), Ok(expected), "{json}");
        }
    }

    #[test]
    fn nothing_is_no_segment() {
        for json in ["null", r#""""#, r#""  ""#, r#""\"\"""#] {
            assert_eq!(names(json).as_deref(), Ok(""), "{json}");
        }
        assert_eq!(Segments::default().names(), Ok(BTreeSet::new()));
    }

    #[rstest]
    #[case(r#""Gold""#, "a text that is not JSON")]
    #[case(r#""Gold,Silver""#, "a text that is not JSON")]
    #[case(r#""[\"Gold\"""#, "a text that is not JSON")]
    #[case("7", "a number")]
    #[case(r#""1.5""#, "a number")]
    #[case("true", "true or false")]
    #[case(r#"["A",null]"#, "a list that holds more than texts")]
    #[case(r#"[["A"]]"#, "a list that holds more than texts")]
    #[case(r#"{"Segments":"A"}"#, "an object whose member Segments is no list")]
    #[case(r#"{"Segments":["A"],"segments":["B"]}"#, "an object with several lists")]
    #[case(r#"{"Segments":["A"],"Segments":[]}"#, "an object with several lists")]
    #[case(r#"{"One":["A"],"Two":["B"]}"#, "an object with several lists")]
    #[case(r#"{"A":1}"#, "an object without a list")]
    #[case(r#""\"\\\"[]\\\"\"""#, "a text that was encoded more than twice")]
    fn anything_else_is_an_error(#[case] json: &str, #[case] expected: &str) {
        assert_eq!(names(json), Err(expected));
    }
}
