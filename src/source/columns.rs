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
        [] if doubles(column, given).len() > 1 => {
            let doubles = doubles(column, given);
            let what = format!("segment {segment} gives {} columns named {column:?}", doubles.len());
            let hint =
                format!("they are {}: rename one of them in the file, or name the right one with AS in the query", doubles.join(" and "));
            Err(SourceError::new(what).hint(hint).of_query(None))
        }
        [] => {
            let names = given.iter().map(String::as_str).collect::<Vec<_>>();
            let hint = format!("{}it gives {}", did_you_mean(column, &names), listed(&names));
            Err(SourceError::new(format!("segment {segment} gives no column {column:?}")).hint(hint).of_query(None))
        }
        _ => Err(SourceError::new(format!("segment {segment} gives {} columns named {column:?}", found.len()))
            .hint("name each with AS in the query")
            .of_query(None)),
    }
}

/// Columns that have this name in a file, which has it several times: `Note (3)`.
fn doubles(column: &str, given: &[String]) -> Vec<String> {
    let is_place = |place: &str| place.bytes().all(|byte| byte.is_ascii_digit());
    let is_it = |name: &&String| {
        let (of, place) = name.strip_suffix(')').and_then(|name| name.rsplit_once(" (")).unwrap_or_default();
        of.eq_ignore_ascii_case(column) && is_place(place)
    };
    given.iter().filter(is_it).map(|name| format!("{name:?}")).collect()
}

/// Names of columns as messages list them. The first row of a file without a header is a person's data, and it stands here as names:
/// what looks like data is not shown, and beside an address nothing is.
pub fn listed(names: &[&str]) -> String {
    let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
    let headless = "the file seems to have no header, since names of columns look like data, which is not shown";
    if names.iter().any(|name| is_address(name)) {
        let count = if names.len() == 1 { "1 column".to_owned() } else { format!("{} columns", names.len()) };
        return format!("{count} ({headless})");
    }
    let told = names.iter().take(NAMED).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    if names.iter().any(|name| is_data(name)) { format!("{told}{more} ({headless})") } else { format!("{told}{more}") }
}

/// The name of a column for messages, unless it looks like data.
pub fn shown(name: &str) -> &str {
    if is_data(name) { "…" } else { name }
}

fn is_address(name: &str) -> bool {
    name.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '(' | ')'))
        .any(|word| word.split_once('@').is_some_and(|(before, after)| !before.is_empty() && after.contains('.')))
}

/// A value of a row rather than a name: with an `@`, or a number, a date, a time.
fn is_data(name: &str) -> bool {
    let in_moment = |c: char| c.is_numeric() || c.is_whitespace() || c.is_ascii_punctuation() || matches!(c, 'T' | 'Z');
    name.contains('@') || (name.contains(char::is_numeric) && name.chars().all(in_moment))
}

/// The nearest candidate as a question, or nothing when none is near. One that only looks the same is told by what nobody sees in it.
pub fn did_you_mean(name: &str, candidates: &[&str]) -> String {
    let candidates = candidates.iter().copied().filter(|candidate| !is_data(candidate)).collect::<Vec<_>>();
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
    #[case("p00000@lk-field", "p00000@lk-field.org", "")]
    fn what_could_be_meant(#[case] name: &str, #[case] column: &str, #[case] expected: &str) {
        assert_eq!(did_you_mean(name, &["Id", column]), expected);
    }

    const HEADLESS: &str = " (the file seems to have no header, since names of columns look like data, which is not shown)";

    #[rstest]
    #[case::a_header(&["Email", "First Name", "Q1 2024", "column_3", "E-Mail 1"], "Email, First Name, Q1 2024, column_3, E-Mail 1", false)]
    #[case::addresses(&["p00000@lk-field.org", "Name0"], "2 columns", true)]
    #[case::in_a_text(&["Ana Li <ana@x.com>"], "1 column", true)]
    #[case::half_an_address(&["ana@", "Name"], "…, Name", true)]
    #[case::numbers(&["1001", "Email", "+47 912 34 567", "12,50"], "…, Email, …, …", true)]
    #[case::dates(&["2024-05-01", "01/05/2024", "2024-05-01T10:00:00Z", "Day"], "…, …, …, Day", true)]
    fn data_is_not_shown_as_names(#[case] names: &[&str], #[case] expected: &str, #[case] headless: bool) {
        assert_eq!(listed(names), format!("{expected}{}", if headless { HEADLESS } else { "" }));
    }

    #[test]
    fn many_names_are_cut() {
        let names = (0..60).map(|n| format!("c{n}")).collect::<Vec<_>>();
        assert!(listed(&names.iter().map(String::as_str).collect::<Vec<_>>()).ends_with("c48, c49 and 10 more"));
    }
}
