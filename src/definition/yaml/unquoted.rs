//! Text that YAML takes for something else, because it begins with a character that means something and is not in quotes.

use super::Fault;
use crate::definition::Position;

/// What a first character says in YAML; no text may begin with it.
const INDICATORS: [(char, &str); 4] =
    [('@', "is reserved in YAML"), ('`', "is reserved in YAML"), ('%', "begins a directive in YAML"), ('*', "begins an alias in YAML")];
/// Longer text is no schedule.
const LONGEST: usize = 80;

/// The fault in words of its cause, where the value at the place of an error begins so. The value is repeated only where it is a
/// schedule: it may be a secret.
pub fn unquoted(text: &str, at: Position) -> Option<Fault> {
    let (start, value) = value_at(text, at.offset)?;
    let (first, means) = INDICATORS.into_iter().find(|(first, _)| value.starts_with(*first))?;
    let schedule = is_schedule(value);
    // An alias whose name is written whole is one, whatever is wrong with it.
    if first == '*' && !schedule && value[1..].starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    let hint = match schedule {
        true => format!("put the schedule in quotes: \"{value}\""),
        false => format!("put text that begins with {first} in quotes"),
    };
    let column = text[..start].rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
    let place = Position { column, offset: start, len: value.len(), ..at };
    Some(Fault::new(format!("this is not YAML: {first} {means}"), Some(place)).hint(hint))
}

/// The plain value of a line that an error is in: behind the last `: ` or `- ` before it, to the end of the line or of the flow.
fn value_at(text: &str, offset: usize) -> Option<(usize, &str)> {
    let (before, after) = text.split_at_checked(offset)?;
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let line_text = &text[line..offset + after.find('\n').unwrap_or(after.len())];
    let upto = (offset - line + 1).min(line_text.len());
    let begin = [": ", "- ", "["].iter().filter_map(|mark| line_text.get(..upto)?.rfind(mark).map(|at| at + mark.len())).max()?;
    let rest = &line_text[begin..];
    let start = begin + (rest.len() - rest.trim_start().len());
    let rest = &line_text[start..];
    let end = rest.find(['}', ']', '#']).unwrap_or(rest.len());
    Some((line + start, rest[..end].trim_end()))
}

/// Five fields, or a nickname.
fn is_schedule(text: &str) -> bool {
    let field = |field: &str| field.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*/,-".contains(&byte));
    let nickname = text.strip_prefix('@').is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()));
    text.len() <= LONGEST && (nickname || (text.split(' ').count() == 5 && text.split(' ').all(field)))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use rstest::rstest;

    #[rstest]
    #[case::nickname("schedule: @daily", (1, 11), "@ is reserved in YAML", "put the schedule in quotes: \"@daily\"")]
    #[case::stars("a: b\nschedule: * * * * *  # always", (2, 11), "* begins an alias in YAML", "put the schedule in quotes: \"* * * * *\"")]
    #[case::steps("schedule: */15 8-18 * * mon-fri", (1, 11), "* begins an alias in YAML", "quotes: \"*/15 8-18 * * mon-fri\"")]
    #[case::in_a_flow("schedule: {cron: * 6 * * *}", (1, 18), "* begins an alias in YAML", "quotes: \"* 6 * * *\"")]
    #[case::in_a_list("all:\n  - @daily", (2, 5), "@ is reserved in YAML", "quotes: \"@daily\"")]
    #[case::bold("name: **x**", (1, 7), "* begins an alias in YAML", "put text that begins with * in quotes")]
    #[case::percent("query: %x", (1, 8), "% begins a directive in YAML", "put text that begins with % in quotes")]
    #[case::backtick("name: `x`", (1, 7), "` is reserved in YAML", "put text that begins with ` in quotes")]
    fn a_missing_quote_is_named(#[case] text: &str, #[case] place: (u32, u32), #[case] message: &str, #[case] hint: &str) {
        let fault = parse(text).unwrap_err();
        assert_eq!(&*fault.message, format!("this is not YAML: {message}"));
        assert!(fault.hint.as_ref().is_some_and(|found| found.ends_with(hint)), "{fault:?}");
        let at = fault.at.unwrap();
        assert_eq!((at.line, at.column), place);
    }

    #[rstest]
    #[case("a: b: c")]
    #[case("a: *b")]
    #[case("a: [b, c")]
    #[case("a: \"* * * * *")]
    fn another_fault_is_not_called_so(#[case] text: &str) {
        let fault = parse(text).unwrap_err();
        assert!(!fault.message.contains("begins an") && !fault.message.contains("reserved"), "{fault:?}");
    }

    #[test]
    fn an_id_that_is_no_number_that_fits_is_its_text() {
        let nodes = parse("audienceId: 12e4567890\nlistId: 1e5").unwrap();
        assert_eq!(nodes[0].get("audienceId").unwrap().value.text(), Some("12e4567890"));
        assert_eq!(nodes[0].get("listId").unwrap().value.text(), Some("1e5"));
    }
}
