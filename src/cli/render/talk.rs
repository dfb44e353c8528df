//! What is said to people, on stderr.

use super::{Shown, harmless, painted};
use crate::{
    plan::words::{is_harmful, plain},
    run::Failure,
};
use anstyle::AnsiColor;
use std::io::{self, BufRead as _};

/// Says something. No colour is ours in it.
pub fn talk(text: &str) {
    say(&lines_of(text));
}

/// Says a plan or a report, with each line coloured by what it begins with.
pub fn tell(text: &str) {
    say(&painted(text));
}

fn say(text: &str) {
    anstream::eprintln!("{}", harmless(text, Shown::Text));
}

/// Asks, and gives the line that was typed: without blanks around it, in lower case.
pub fn ask(question: &str) -> String {
    anstream::eprint!("{} ", harmless(&lines_of(question), Shown::Text));
    let mut line = String::new();
    let _ = io::stdin().lock().read_line(&mut line);
    line.trim().to_lowercase()
}

/// Asks for a yes; everything else is a no.
pub fn agrees(question: &str) -> bool {
    matches!(ask(&format!("{question} [y/N]")).as_str(), "y" | "yes")
}

/// Lines and tabs stay; whatever else moves the cursor or colours is no word of ours.
fn lines_of(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c }).collect()
}

/// Says what went wrong and what to do.
pub fn error(message: &str, hints: &[&str]) {
    say(&problem(message, hints));
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
    fn attack_words_colour_what_is_said() {
        assert_eq!(lines_of("a\u{1b}[31mb\n\tc\r"), "a\u{fffd}[31mb\n\tc\u{fffd}");
        assert!(!problem("a\u{1b}[32mb", &["c\u{1b}[32md"]).contains("\u{1b}[32m"));
    }

    #[test]
    fn an_error_says_what_and_what_to_do() {
        let text = problem("first\nsecond\u{7}\n", &["do this", "or\nthat"]);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(text, "error: first\n       second\u{fffd}\n  hint: do this\n  hint: or\n        that");
    }
}
