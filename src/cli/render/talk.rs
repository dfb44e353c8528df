//! What is said to people, on stderr.

use super::{Shown, harmless};
use crate::{plan::words::plain, run::Failure};
use anstyle::AnsiColor;

/// Says something.
pub fn talk(text: &str) {
    anstream::eprintln!("{}", harmless(text, Shown::Text));
}

/// Says what went wrong and what to do.
pub fn error(message: &str, hints: &[&str]) {
    talk(&problem(message, hints));
}

fn problem(message: &str, hints: &[&str]) -> String {
    let (red, cyan) = (AnsiColor::Red.on_default().bold(), AnsiColor::Cyan.on_default());
    let hints: String = hints.iter().map(|hint| format!("\n  {cyan}hint:{cyan:#} {}", indented(hint, "        "))).collect();
    format!("{red}error:{red:#} {}{hints}", indented(message, "       "))
}

/// Says why an export could not go on.
pub fn failure(export: &str, failure: &Failure) {
    let hints: Vec<&str> = failure.hints.iter().map(String::as_str).collect();
    error(&format!("{export}: {}", failure.message), &hints);
}

/// Lines below the first stand under it; nothing in them moves the cursor.
fn indented(text: &str, by: &str) -> String {
    text.trim_end().lines().map(plain).collect::<Vec<_>>().join(&format!("\n{by}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_and_what_to_do() {
        let text = problem("first\nsecond\u{7}\n", &["do this", "or\nthat"]);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(text, "error: first\n       second\u{fffd}\n  hint: do this\n  hint: or\n        that");
    }
}
