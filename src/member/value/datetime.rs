//! Moments and yes or no.

use super::{DayOrder, Value, ValueError, shown, timestamp, written::Written};
use crate::source::Cell;
use chrono::{DateTime, Utc};

/// `YYYY-MM-DDTHH:MM:SSZ`, from a date or an ISO date-time, or as people write it in the column's order; without a zone it is UTC.
pub(super) fn datetime(given: &str, order: DayOrder) -> Result<Value, ValueError> {
    match given.trim() {
        "" => Ok(Value::Empty),
        text => moment(text)
            .or_else(|| written(text, order))
            .map(Value::Text)
            .ok_or_else(|| ValueError(format!("{} is not a moment: write it YYYY-MM-DDTHH:MM:SSZ, or as a date YYYY-MM-DD", shown(text)))),
    }
}

fn written(text: &str, order: DayOrder) -> Option<String> {
    let moment = Written::of(text).filter(|date| date.year.is_some())?.moment(order)?;
    Some(moment.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The same in RFC 3339, in UTC; `None`: it is none.
pub fn moment(text: &str) -> Option<String> {
    timestamp::read(text).map(|read| rfc3339(read.at))
}

/// To the second, in UTC.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `true` or `false`, from those words, yes or no, 1 or 0.
pub(super) fn boolean(cell: Cell<'_>) -> Result<Value, ValueError> {
    let known = |yes: bool| Ok(Value::Text(yes.to_string()));
    match cell {
        Cell::Null => Ok(Value::Empty),
        Cell::Integer(0 | 1) => known(cell == Cell::Integer(1)),
        Cell::Integer(value) => Err(no_boolean(&value.to_string())),
        Cell::Real(value) => Err(no_boolean(&value.to_string())),
        Cell::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "" => Ok(Value::Empty),
            "true" | "yes" | "y" | "1" | "t" => known(true),
            "false" | "no" | "n" | "0" | "f" => known(false),
            _ => Err(no_boolean(text)),
        },
    }
}

fn no_boolean(text: &str) -> ValueError {
    ValueError(format!("{} is neither true nor false", shown(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2026-11-22", Some("2026-11-22T00:00:00Z"))]
    #[case(" 2026-11-22T10:30:00+02:00 ", Some("2026-11-22T08:30:00Z"))]
    #[case("2026-11-22 10:30:00.5", Some("2026-11-22T10:30:00Z"))]
    #[case("2026-11-22 10:30:00 +00:00", Some("2026-11-22T10:30:00Z"))]
    #[case("2026-11-22 10:30:00.123456+02", Some("2026-11-22T08:30:00Z"))]
    #[case("22.11.2026", None)]
    #[case("2026-02-30", None)]
    fn moments(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(moment(text).as_deref(), expected);
        assert_eq!(datetime(text, DayOrder::MonthFirst).is_ok(), expected.is_some());
    }

    #[rstest]
    #[case(Cell::Text(" Yes "), Some("true"))]
    #[case(Cell::Integer(0), Some("false"))]
    #[case(Cell::Integer(2), None)]
    #[case(Cell::Text("perhaps"), None)]
    fn yes_or_no(#[case] cell: Cell<'_>, #[case] expected: Option<&str>) {
        assert_eq!(boolean(cell).ok(), expected.map(|text| Value::Text(text.to_owned())));
    }
}
