//! One thing wrong in a document, as serde tells it and as people read it.

use crate::definition::Position;
use serde::de;
use std::fmt;

/// Says what and where; never repeats a value, which may be a secret.
#[derive(Clone, Debug)]
pub struct Fault {
    pub message: Box<str>,
    pub hint: Option<Box<str>>,
    pub at: Option<Position>,
    /// The key whose value has the fault.
    pub key: Option<Box<str>>,
    /// The entry that has the fault: reading goes on without it.
    pub(super) entry: Option<usize>,
    /// A required field was not there (its name).
    pub(super) missing: Option<&'static str>,
    /// Follows from a fault that was reported before.
    pub(super) silent: bool,
}

impl Fault {
    pub fn new(message: impl Into<Box<str>>, at: Option<Position>) -> Self {
        Self { message: message.into(), hint: None, at, key: None, entry: None, missing: None, silent: false }
    }

    pub fn hint(mut self, hint: impl Into<Box<str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string(), None)
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {expected}, found {}", sort(&unexpected)), None)
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {expected}, found {}", sort(&unexpected)), None)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("`{variant}` is not one of the values of this field"), None).hint(choices(variant, expected))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let hint = if expected.is_empty() { "no fields are expected here".to_owned() } else { choices(field, expected) };
        Self::new(format!("unknown field `{field}`"), None).hint(hint)
    }

    fn missing_field(field: &'static str) -> Self {
        Self { missing: Some(field), ..Self::new(format!("the field `{field}` is missing"), None) }
    }
}

/// "Did you mean", and everything that would do.
fn choices(given: &str, expected: &[&str]) -> String {
    let all = expected.join(", ");
    match crate::definition::nearest::nearest(given, expected.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Expected: {all}"),
        None => format!("expected: {all}"),
    }
}

fn sort(unexpected: &de::Unexpected<'_>) -> &'static str {
    use de::Unexpected as U;
    match unexpected {
        U::Bool(_) => "true or false",
        U::Unsigned(_) | U::Signed(_) | U::Float(_) => "a number",
        U::Char(_) | U::Str(_) => "text",
        U::Unit | U::Option => "nothing",
        U::Seq => "a list",
        U::Map | U::StructVariant => "a mapping",
        _ => "something else",
    }
}
