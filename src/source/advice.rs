//! What to declare about a column, by the cells that were met in it.

/// Whether a cell is a number with a decimal comma. `1,500` may be a thousand and a half or fifteen hundred.
fn has_decimal_comma(cell: &str) -> bool {
    let Some((whole, fraction)) = cell.trim().rsplit_once(',') else { return false };
    let whole = whole.trim_start_matches(['-', '+']);
    let grouped = whole.contains(['.', ' ', '\'', '\u{a0}', '\u{202f}']);
    let is_whole = whole.starts_with(|c: char| c.is_ascii_digit()) && !whole.contains(',');
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ' ' | '\'' | '\u{a0}' | '\u{202f}'));
    is_whole && digits(whole) && !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()) && (fraction.len() != 3 || grouped)
}

/// For a column of numbers. `points`: cells with a decimal point were numbers in it.
pub fn of_numbers(column: &str, cells: &[String], points: bool) -> String {
    let column = key(column);
    let commas = cells.iter().any(|cell| has_decimal_comma(cell));
    match (commas, points) {
        (true, false) => format!("or declare the column: columns: {{{column}: {{type: decimal, decimal: \",\"}}}}"),
        (true, true) => "other cells have a decimal point: correct the file, so that all of them are written alike".to_owned(),
        (false, _) => format!(
            "correct the file, list the words that mean nothing under `nulls`, or declare how its numbers are written: columns: {{{column}: {{type: decimal, decimal: …}}}}"
        ),
    }
}

/// For a column of dates.
pub fn of_dates(column: &str, cells: &[String]) -> String {
    let column = key(column);
    match format_of(cells) {
        Some(Format { text, kind }) => format!("declare the column: columns: {{{column}: {{type: {kind}, format: \"{text}\"}}}}"),
        None => format!(
            "correct the file, list the words that mean nothing under `nulls`, or declare how its dates are written: columns: {{{column}: {{type: date, format: …}}}}"
        ),
    }
}

/// As a key in YAML.
fn key(column: &str) -> String {
    let column = column.chars().take(40).collect::<String>();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    if column.starts_with(|c: char| c.is_alphanumeric() || c == '_') && column.chars().all(plain) { column } else { format!("{column:?}") }
}

struct Format {
    text: String,
    kind: &'static str,
}

/// The one form that all of the dates have, where it can be told.
fn format_of(cells: &[String]) -> Option<Format> {
    let dates = cells.iter().filter_map(|cell| Written::of(cell)).collect::<Vec<_>>();
    let first = dates.first()?;
    if dates.iter().any(|date| (date.sign, date.year, date.clock) != (first.sign, first.year, first.clock)) {
        return None;
    }
    let day_first = dates.iter().any(|date| date.first > 12);
    let month_first = dates.iter().any(|date| date.second > 12);
    let sign = first.sign;
    let order = match (first.year, day_first, month_first) {
        (Year::First, ..) => format!("%Y{sign}%m{sign}%d"),
        (_, true, true) => return None,
        (_, false, true) => format!("%m{sign}%d{sign}{}", first.year.written()),
        (_, true, false) => format!("%d{sign}%m{sign}{}", first.year.written()),
        (_, false, false) if sign == '.' => format!("%d.%m.{}", first.year.written()),
        (_, false, false) => return None,
    };
    Some(Format { text: format!("{order}{}", first.clock), kind: if first.clock.is_empty() { "date" } else { "datetime" } })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Year {
    First,
    Last,
    LastTwo,
}

impl Year {
    fn written(self) -> &'static str {
        if self == Self::LastTwo { "%y" } else { "%Y" }
    }
}

/// A date as people write it, where it is no ISO date.
struct Written {
    sign: char,
    year: Year,
    first: u32,
    second: u32,
    /// The form of the clock after it.
    clock: &'static str,
}

impl Written {
    fn of(cell: &str) -> Option<Self> {
        let (day, clock) = cell.trim().split_once(' ').unwrap_or((cell.trim(), ""));
        let sign = day.chars().find(|c| matches!(c, '.' | '/' | '-'))?;
        let parts = day.split(sign).collect::<Vec<_>>();
        let [one, two, three] = parts[..] else { return None };
        let (year, first, second) = match (one.len(), two.len(), three.len()) {
            (4, 1 | 2, 1 | 2) if sign != '-' => (Year::First, two, three),
            (1 | 2, 1 | 2, 4) => (Year::Last, one, two),
            (1 | 2, 1 | 2, 2) => (Year::LastTwo, one, two),
            _ => return None,
        };
        let digits = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        let number = |part: &str| part.parse().ok().filter(|number| digits && (1..=31).contains(number));
        let clock = match clock.split(':').map(str::len).collect::<Vec<_>>()[..] {
            [0] => "",
            [1 | 2, 2] => " %H:%M",
            [1 | 2, 2, 2] => " %H:%M:%S",
            _ => return None,
        };
        Some(Self { sign, year, first: number(first)?, second: number(second)?, clock })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn cells(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[rstest]
    #[case(&["12,50", "n/a"], false, "decimal: \",\"")]
    #[case(&["1.234,56"], false, "decimal: \",\"")]
    #[case(&["12,50"], true, "all of them are written alike")]
    #[case(&["n/a", "1.234"], false, "decimal: …")]
    // A thousand, or one and a half.
    #[case(&["1,500"], false, "decimal: …")]
    #[case(&[], false, "decimal: …")]
    fn a_decimal_comma_is_advised_only_where_there_is_one(#[case] given: &[&str], #[case] points: bool, #[case] expected: &str) {
        let advice = of_numbers("Spent", &cells(given), points);
        assert!(advice.contains(expected), "{advice}");
    }

    #[rstest]
    #[case(&["17.04.2020"], "columns: {Day: {type: date, format: \"%d.%m.%Y\"}}")]
    #[case(&["01.02.2020", "n/a"], "columns: {Day: {type: date, format: \"%d.%m.%Y\"}}")]
    #[case(&["13.05.2024 10:00"], "columns: {Day: {type: datetime, format: \"%d.%m.%Y %H:%M\"}}")]
    #[case(&["03/04/2020", "12/25/2020"], "format: \"%m/%d/%Y\"")]
    #[case(&["28/02/20"], "format: \"%d/%m/%y\"")]
    #[case(&["2020/02/28"], "format: \"%Y/%m/%d\"")]
    #[case(&["03/04/2020"], "format: …")]
    #[case(&["13/04/2020", "12/25/2020"], "format: …")]
    #[case(&["13/04/2020", "13.04.2020"], "format: …")]
    #[case(&["soon"], "format: …")]
    fn a_format_is_advised_where_it_can_be_told(#[case] given: &[&str], #[case] expected: &str) {
        let advice = of_dates("Day", &cells(given));
        assert!(advice.contains(expected), "{advice}");
    }

    #[test]
    fn a_column_is_a_key_in_yaml() {
        assert!(of_dates("Last: buy", &[]).contains("columns: {\"Last: buy\": "));
    }
}
