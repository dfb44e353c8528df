//! Cells of declared columns as what they are declared to be.
//!
//! A cell that does not fit is NULL and counted: it is never taken for something else.

use super::{
    super::{Examples, Notice, Notices, Oddity},
    shown::Shown,
};
use crate::definition::ColumnType;
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use rusqlite::types::{Value, ValueRef};

/// Cells that do not fit, by column.
pub struct Unfit(Vec<Column>);

#[derive(Clone, Default)]
struct Column {
    count: u64,
    examples: Examples,
    /// The row of the last: a query may ask for a cell several times.
    row: i64,
}

impl Unfit {
    pub fn over(table: &Shown) -> Self {
        let last = (0..table.columns.len()).rev().find(|column| table.declared(*column).is_some());
        Self(vec![Column::default(); last.map_or(0, |last| last + 1)])
    }

    /// Counts a cell; it is NULL.
    #[cold]
    pub fn add(&mut self, column: usize, row: i64, cell: ValueRef<'_>) -> Value {
        if let Some(column) = self.0.get_mut(column).filter(|column| column.row != row) {
            column.row = row;
            column.count += 1;
            match cell {
                ValueRef::Text(text) => column.examples.add(trimmed(&String::from_utf8_lossy(text))),
                ValueRef::Integer(value) => column.examples.add(&value.to_string()),
                ValueRef::Real(value) => column.examples.add(&value.to_string()),
                ValueRef::Null | ValueRef::Blob(_) => {}
            }
        }
        Value::Null
    }

    pub fn notices(&self, table: &Shown) -> Notices {
        let mut notices = Notices::default();
        for (at, column) in self.0.iter().enumerate().filter(|(_, column)| column.count > 0) {
            let Some(declared) = table.declared(at) else { continue };
            let subject = format!("{}.{}", table.name, table.columns[at].name);
            let (what, examples) = (Oddity::NotAsDeclared(declared.words()), column.examples.clone().into_inner());
            notices.add(Notice { segment: None, subject, what, count: column.count, examples });
        }
        notices
    }
}

/// The cell's value; `Err`: it does not fit.
pub fn converted(cell: ValueRef<'_>, to: &ColumnType) -> Result<Value, ()> {
    let text = match cell {
        ValueRef::Text(text) => std::str::from_utf8(text).map_err(|_| ())?,
        ValueRef::Null => return Ok(Value::Null),
        typed => return of_typed(typed, to),
    };
    // A text is exactly as it is written.
    if *to == ColumnType::Text {
        return Ok(Value::Text(text.to_owned()));
    }
    let text = trimmed(text);
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let value = match to {
        ColumnType::Text => None,
        ColumnType::Integer { decimal } => plain(text, *decimal).and_then(|text| text.parse().ok()).map(Value::Integer),
        ColumnType::Decimal { decimal } => plain(text, *decimal).as_deref().and_then(real).map(Value::Real),
        ColumnType::Date { format } => date(text, format.as_deref()).map(Value::Text),
        ColumnType::Datetime { format } => datetime(text, format.as_deref()).map(Value::Text),
        ColumnType::Boolean => boolean(text).map(|value| Value::Integer(value.into())),
    };
    value.ok_or(())
}

/// A value that its file types already.
fn of_typed(cell: ValueRef<'_>, to: &ColumnType) -> Result<Value, ()> {
    match (cell, to) {
        (ValueRef::Integer(value), ColumnType::Text) => Ok(Value::Text(value.to_string())),
        (ValueRef::Real(value), ColumnType::Text) => Ok(Value::Text(value.to_string())),
        (ValueRef::Integer(value), ColumnType::Decimal { .. }) => Ok(Value::Real(value as f64)),
        (ValueRef::Integer(value @ (0 | 1)), ColumnType::Boolean) => Ok(Value::Integer(value)),
        (ValueRef::Integer(value), ColumnType::Integer { .. }) => Ok(Value::Integer(value)),
        (ValueRef::Real(value), ColumnType::Decimal { .. }) => Ok(Value::Real(value)),
        (ValueRef::Real(value), ColumnType::Integer { .. }) if value.fract() == 0.0 && value.abs() < 9e15 => {
            Ok(Value::Integer(value as i64))
        }
        _ => Err(()),
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// With a point and without groups: `-1.234,5` → `-1234.5` where the decimal sign is a comma.
fn plain(text: &str, decimal: Option<char>) -> Option<String> {
    let (whole, fraction) = match text.split_once(decimal.unwrap_or('.')) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let digits = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    let digits = if decimal.is_some() { ungrouped(digits, decimal)? } else { digits.to_owned() };
    let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // Only a number may begin with its decimal sign.
    let whole_is = all(&digits) || (digits.is_empty() && fraction.is_some_and(all));
    if !whole_is || !fraction.is_none_or(|fraction| all(fraction) || (fraction.is_empty() && all(&digits))) {
        return None;
    }
    let sign = if whole.starts_with('-') { "-" } else { "" };
    let fraction = fraction.filter(|fraction| !fraction.is_empty()).map(|fraction| format!(".{fraction}")).unwrap_or_default();
    Some(format!("{sign}{}{fraction}", if digits.is_empty() { "0" } else { &digits }))
}

/// Groups of three digits, all by the same sign: the other of point and comma, a blank of any width, or an apostrophe.
fn ungrouped(digits: &str, decimal: Option<char>) -> Option<String> {
    let other = if decimal == Some(',') { '.' } else { ',' };
    let is_sign = |c: char| c == other || c.is_whitespace() || matches!(c, '\'' | '’');
    let Some(sign) = digits.chars().find(|c| is_sign(*c)) else { return Some(digits.to_owned()) };
    let groups = digits.split(sign).collect::<Vec<_>>();
    let (first, rest) = groups.split_first()?;
    let fits = (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
    fits.then(|| groups.concat())
}

fn real(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

fn date(text: &str, format: Option<&str>) -> Option<String> {
    let format = format.unwrap_or("%Y-%m-%d");
    if let Ok(day) = NaiveDate::parse_from_str(text, format) {
        return in_range(day).then(|| day.format("%Y-%m-%d").to_string());
    }
    // A format without a year is that of birthdays; in a leap year, so that 29 February is one.
    let day = NaiveDate::parse_from_str(&format!("2000 {text}"), &format!("%Y {format}")).ok()?;
    Some(day.format("--%m-%d").to_string())
}

/// Years that SQLite's date functions and all platforms take.
fn in_range(day: NaiveDate) -> bool {
    use chrono::Datelike;
    (1..=9999).contains(&day.year())
}

/// In UTC where its zone is told, else as it is written.
fn datetime(text: &str, format: Option<&str>) -> Option<String> {
    let formats = format.map_or_else(
        || vec!["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"],
        |format| vec![format],
    );
    let text = if format.is_none() && text.ends_with(['Z', 'z']) { format!("{}+00:00", &text[..text.len() - 1]) } else { text.to_owned() };
    formats.into_iter().find_map(|format| {
        let zoned = DateTime::parse_from_str(&text, format).map(|time| (time.naive_utc(), "Z"));
        let (time, zone) = zoned.or_else(|_| NaiveDateTime::parse_from_str(&text, format).map(|time| (time, ""))).ok()?;
        in_range(time.date()).then(|| format!("{}{zone}", time.format("%Y-%m-%dT%H:%M:%S")))
    })
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "on" => Some(true),
        "false" | "f" | "no" | "n" | "0" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn shown(text: &str, to: &ColumnType) -> String {
        match converted(ValueRef::Text(text.as_bytes()), to) {
            Ok(Value::Null) => "NULL".to_owned(),
            Ok(Value::Integer(value)) => format!("i:{value}"),
            Ok(Value::Real(value)) => format!("r:{value}"),
            Ok(Value::Text(text)) => text,
            Ok(Value::Blob(_)) | Err(()) => "-".to_owned(),
        }
    }

    #[rstest]
    #[case("12,50", Some(','), "r:12.5")]
    #[case(" 1.100,00\u{a0}", Some(','), "r:1100")]
    #[case("1 234 567,8", Some(','), "r:1234567.8")]
    #[case("1\u{202f}234,5", Some(','), "r:1234.5")]
    #[case("1’234.50", Some('.'), "r:1234.5")]
    #[case("-0,5", Some(','), "r:-0.5")]
    #[case(",5", Some(','), "r:0.5")]
    #[case("1.5", Some(','), "-")]
    #[case("1.23.456", Some(','), "-")]
    #[case("1.234 567", Some(','), "-")]
    #[case("1,234", Some('.'), "r:1234")]
    #[case("12,50", Some('.'), "-")]
    #[case("12,50", None, "-")]
    #[case("1,234", None, "-")]
    #[case("12.50", None, "r:12.5")]
    #[case("n/a", Some(','), "-")]
    #[case("1e5", None, "-")]
    #[case("--1", Some(','), "-")]
    #[case("", Some(','), "NULL")]
    #[case(" ", Some(','), "NULL")]
    fn decimals(#[case] text: &str, #[case] decimal: Option<char>, #[case] expected: &str) {
        assert_eq!(shown(text, &ColumnType::Decimal { decimal }), expected);
    }

    #[rstest]
    #[case("007", "i:7")]
    #[case("1.234", "i:1234")]
    #[case("1,5", "-")]
    #[case("99999999999999999999", "-")]
    fn integers(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(shown(text, &ColumnType::Integer { decimal: Some(',') }), expected);
    }

    #[rstest]
    #[case("09/06/2024", Some("%d/%m/%Y"), "2024-06-09")]
    #[case("25/12/2024", Some("%d/%m/%Y"), "2024-12-25")]
    #[case("12/25/2024", Some("%d/%m/%Y"), "-")]
    #[case("2024-06-09", Some("%d/%m/%Y"), "-")]
    #[case("30.02.2024", Some("%d.%m.%Y"), "-")]
    #[case("2024-02-29", None, "2024-02-29")]
    #[case("01.02.24", Some("%d.%m.%y"), "2024-02-01")]
    fn dates(#[case] text: &str, #[case] format: Option<&str>, #[case] expected: &str) {
        assert_eq!(shown(text, &ColumnType::Date { format: format.map(str::to_owned) }), expected);
    }

    #[rstest]
    #[case("2024-05-01 10:00:00+02", None, "2024-05-01T08:00:00Z")]
    #[case("2024-05-01T10:00:00.25Z", None, "2024-05-01T10:00:00Z")]
    #[case("2024-05-01 10:00:00", None, "2024-05-01T10:00:00")]
    #[case("1.5.2024 10:07", Some("%d.%m.%Y %H:%M"), "2024-05-01T10:07:00")]
    #[case("2024-05-01", None, "-")]
    fn datetimes(#[case] text: &str, #[case] format: Option<&str>, #[case] expected: &str) {
        assert_eq!(shown(text, &ColumnType::Datetime { format: format.map(str::to_owned) }), expected);
    }

    #[rstest]
    #[case("TRUE", "i:1")]
    #[case("f", "i:0")]
    #[case("vielleicht", "-")]
    fn booleans(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(shown(text, &ColumnType::Boolean), expected);
    }

    proptest! {
        /// A decimal is read as it is written, however it is grouped.
        #[test]
        fn groups_and_signs_do_not_change_a_number(number in 0_u32..99_999_999, cents in 0_u8..100, comma: bool) {
            let plain = number.to_string();
            let bytes = plain.as_bytes();
            let mut grouped = String::new();
            for (at, digit) in bytes.iter().enumerate() {
                if at > 0 && (bytes.len() - at) % 3 == 0 {
                    grouped.push(if comma { '.' } else { ',' });
                }
                grouped.push(*digit as char);
            }
            let sign = if comma { ',' } else { '.' };
            let value: f64 = format!("{number}.{cents:02}").parse().unwrap();
            prop_assert_eq!(shown(&format!("{grouped}{sign}{cents:02}"), &ColumnType::Decimal { decimal: Some(sign) }), format!("r:{value}"));
        }
    }
}
