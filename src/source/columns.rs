//! The columns a segment gives, found by name; the same for files and for engines.

use super::SourceError;
use crate::definition::{Name, is_invisible};

/// Columns that a hint names.
const NAMED: usize = 50;

/// The position of a column, by its name as written, else by its name in any case.
pub fn find(column: &str, given: &[String], segment: &Name) -> Result<usize, SourceError> {
    let by = |same: &dyn Fn(&str) -> bool| given.iter().enumerate().filter(|(_, name)| same(name)).map(|(at, _)| at).collect::<Vec<_>>();
    let exact = by(&|name| name == column);
    let found = if exact.is_empty() { by(&|name| name.eq_ignore_ascii_case(column)) } else { exact };
    match found.as_slice() {
        [at] => Ok(*at),
        [] => {
            let names = given.iter().map(String::as_str).collect::<Vec<_>>();
            let more = if given.len() > NAMED { format!(" and {} more", given.len() - NAMED) } else { String::new() };
            let hint = format!("{}it gives {}{more}", did_you_mean(column, &names), names[..names.len().min(NAMED)].join(", "));
            Err(SourceError::new(format!("segment {segment} gives no column {column:?}")).hint(hint).of_query(None))
        }
        _ => Err(SourceError::new(format!("segment {segment} gives {} columns named {column:?}", found.len()))
            .hint("name each with AS in the query")
            .of_query(None)),
    }
}

/// The nearest candidate as a question, or nothing when none is near. One that only looks the same is told by what nobody sees in it.
pub fn did_you_mean(name: &str, candidates: &[&str]) -> String {
    if let Some(hidden) = candidates.iter().find_map(|candidate| hidden(name, candidate)) {
        return hidden;
    }
    let near = |candidate: &str| strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase());
    let best = candidates.iter().map(|candidate| (near(candidate), candidate)).max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(likeness, _)| *likeness > 0.75).map_or_else(String::new, |(_, candidate)| format!("did you mean {candidate}? "))
}

/// The character that alone makes a column another than the one that is asked for.
fn hidden(name: &str, candidate: &str) -> Option<String> {
    if !seen(candidate).eq_ignore_ascii_case(&seen(name)) {
        return None;
    }
    let (what, text) = [("its column", candidate), ("the name", name)].into_iter().find(|(_, text)| text.contains(is_hidden))?;
    let (before, rest) = text.split_at(text.find(is_hidden)?);
    let odd = rest.chars().next()?;
    Some(format!("{what} has U+{:04X} after {:?}: write a plain blank or nothing there. ", u32::from(odd), seen(before)))
}

fn is_hidden(c: char) -> bool {
    is_invisible(c) || (c.is_whitespace() && c != ' ')
}

/// A name as it looks.
fn seen(name: &str) -> String {
    let plain = name.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_whitespace() { ' ' } else { c }).collect::<String>();
    plain.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("First Name", "First\u{a0}Name", "its column has U+00A0 after \"First\": write a plain blank or nothing there. ")]
    #[case("Email", "E\u{200b}mail", "its column has U+200B after \"E\": write a plain blank or nothing there. ")]
    #[case("First\u{a0}Name", "First Name", "the name has U+00A0 after \"First\": write a plain blank or nothing there. ")]
    #[case("Emial", "Email", "did you mean Email? ")]
    #[case("Spent", "Email", "")]
    fn what_could_be_meant(#[case] name: &str, #[case] column: &str, #[case] expected: &str) {
        assert_eq!(did_you_mean(name, &["Id", column]), expected);
    }
}
