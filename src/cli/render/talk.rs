//! What is said to people, on stderr.

use super::painted;
use crate::run::Failure;

/// Says something.
pub fn talk(text: &str) {
    anstream::eprintln!("{text}");
}

/// Says what went wrong and what to do.
pub fn error(message: &str, hints: &[&str]) {
    let mut text = String::from("error: ");
    text.push_str(&indented(message, "       "));
    for hint in hints {
        text.push_str("\n  hint: ");
        text.push_str(&indented(hint, "        "));
    }
    talk(&painted(&text));
}

/// Says why an export could not go on.
pub fn failure(export: &str, failure: &Failure) {
    let hints: Vec<&str> = failure.hints.iter().map(String::as_str).collect();
    error(&format!("{export}: {}", failure.message), &hints);
}

fn indented(text: &str, by: &str) -> String {
    text.trim_end().replace('\n', &format!("\n{by}"))
}
