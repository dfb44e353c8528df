//! Text and what is text with a rule.

use super::{Value, ValueError, shown};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Trimmed and NFC; blanks inside stay as they are.
pub(super) fn text(text: &str) -> Value {
    match clean(text) {
        text if text.is_empty() => Value::Empty,
        text => Value::Text(text),
    }
}

pub(super) fn clean(text: &str) -> String {
    let text = text.trim();
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.to_owned(),
        // A composed character may turn out to be blank at the edge (U+2001): trim again, so that twice is as once.
        _ => text.nfc().collect::<String>().trim().to_owned(),
    }
}

/// One of the field's choices, in the platform's spelling.
pub(super) fn choice(given: &str, choices: &[String]) -> Result<Value, ValueError> {
    let given = clean(given);
    if given.is_empty() {
        return Ok(Value::Empty);
    }
    if let Some(choice) = choices.iter().find(|choice| clean(choice) == given) {
        return Ok(Value::Text(choice.clone()));
    }
    let folded = given.to_lowercase();
    let near = choices.iter().find(|choice| clean(choice).to_lowercase() == folded);
    let hint = near.map_or_else(|| listed(choices), |near| format!("did you mean {near:?}?"));
    Err(ValueError(format!("{} is not among the field's choices; {hint}", shown(&given))))
}

fn listed(choices: &[String]) -> String {
    const SHOWN: usize = 5;
    let some: Vec<_> = choices.iter().take(SHOWN).map(|choice| format!("{choice:?}")).collect();
    let more = if choices.len() > SHOWN { ", …" } else { "" };
    if some.is_empty() { "it has none".into() } else { format!("they are {}{more}", some.join(", ")) }
}

/// A link: no blanks in it; what more it must be is the platform's to say.
pub(super) fn url(given: &str) -> Result<Value, ValueError> {
    let value = text(given);
    match &value {
        Value::Text(link) if link.chars().any(|c| c.is_whitespace() || c.is_control()) => {
            Err(ValueError(format!("{} is not a link: there is a blank in it", shown(link))))
        }
        _ => Ok(value),
    }
}
