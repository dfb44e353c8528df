//! Colour. What is written through `anstream` loses its colours where they are not wanted:
//! no terminal, `NO_COLOR`, `TERM=dumb`.

use crate::plan::words::is_harmful;
use anstyle::{AnsiColor, Style};

/// A plan's or report's text with each line coloured by what it begins with; print it through [`anstream`].
pub fn painted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        // No colour in it is ours yet.
        let line: &str = &line.chars().map(|c| if is_harmful(c) && c != '\t' { '\u{fffd}' } else { c }).collect::<String>();
        match style(line) {
            Some(style) => out.push_str(&format!("{style}{line}{style:#}{end}")),
            None => out.extend([line, end]),
        }
    }
    out
}

fn style(line: &str) -> Option<Style> {
    let line = line.trim_start();
    let colour = |colour: AnsiColor| Some(colour.on_default());
    match line.get(..2)? {
        "+ " => colour(AnsiColor::Green),
        "~ " => colour(AnsiColor::Yellow),
        "- " => colour(AnsiColor::Red),
        "! " => colour(AnsiColor::Magenta),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_words_colour_a_plan() {
        assert_eq!(painted("a\u{1b}[32mb\n"), "a\u{fffd}[32mb\n");
    }

    #[test]
    fn lines_are_coloured_by_what_they_begin_with_and_nothing_else_changes() {
        let text = "Resources\n  + tag \"A\"\n    - 3 leave\n  -5 is no sign\n\n~ x\n! é\nend";
        let painted = painted(text);
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), text);
        assert!(painted.contains("\u{1b}[32m  + tag \"A\"\u{1b}[0m\n"), "{painted:?}");
        assert!(painted.contains("\n  -5 is no sign\n"));
        assert_eq!(painted.matches("\u{1b}[0m").count(), 4);
    }
}
