//! Dates and birthdays.

use super::{DayOrder, Form, Value, ValueError, shown, written::Written};
use chrono::{NaiveDate, NaiveTime};

/// `YYYY-MM-DD`, alone or at the head of an ISO date-time; or as people write it, in the column's order. The day is taken as
/// written: no time zone moves it.
pub(super) fn date(given: &str, order: DayOrder) -> Result<Value, ValueError> {
    match given.trim() {
        "" => Ok(Value::Empty),
        text => iso(text)
            .or_else(|| Written::of(text).filter(|date| date.year.is_some())?.day(order))
            .map(|date| Value::Text(date.format("%Y-%m-%d").to_string()))
            .ok_or_else(|| ValueError(format!("{} is not a date: write it YYYY-MM-DD, with or without a time after it", shown(text)))),
    }
}

/// `MM/DD`, or `DD/MM` where the field wants that; from a date, with or without its year.
pub(super) fn birthday(given: &str, order: DayOrder, form: Form) -> Result<Value, ValueError> {
    let text = given.trim();
    if text.is_empty() {
        return Ok(Value::Empty);
    }
    let day = iso(text).or_else(|| yearless(text)).or_else(|| Written::of(text)?.day(order));
    let form = if form == Form::DayFirst { "%d/%m" } else { "%m/%d" };
    day.map(|day| Value::Text(day.format(form).to_string())).ok_or_else(|| {
        let (other, example) = (order.other(), if order == DayOrder::MonthFirst { "MM/DD" } else { "DD/MM" });
        let why = match Written::of(text).and_then(|date| date.day(other)) {
            Some(_) => format!("the column is read {order}, like {example}"),
            None => "write it as a date, YYYY-MM-DD, or as --MM-DD".to_owned(),
        };
        ValueError(format!("{} is not a birthday: {why}", shown(text)))
    })
}

/// `--MM-DD`: ISO's form of a day without a year.
fn yearless(text: &str) -> Option<NaiveDate> {
    // A leap year, so that 29 February is a birthday.
    iso(&format!("2000-{}", text.strip_prefix("--").filter(|rest| rest.len() == 5)?))
}

fn iso(text: &str) -> Option<NaiveDate> {
    let head = text.get(..10)?;
    let shape = head.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    let date = shape.then(|| NaiveDate::parse_from_str(head, "%Y-%m-%d").ok()).flatten()?;
    let rest = &text[10..];
    (rest.is_empty() || rest.strip_prefix(['T', 't', ' ']).is_some_and(is_time)).then_some(date)
}

/// `HH:MM[:SS[.fraction]]`, then nothing, `Z`, `UTC` or an offset.
fn is_time(text: &str) -> bool {
    let clock_end = text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
    let (clock, zone) = text.split_at(clock_end);
    let clock_ok = ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f"].iter().any(|form| NaiveTime::parse_from_str(clock, form).is_ok());
    clock_ok && is_zone(zone.trim_start())
}

fn is_zone(zone: &str) -> bool {
    match zone.strip_prefix(['+', '-']) {
        Some(offset) => {
            let digits = offset.replacen(':', "", 1);
            matches!(digits.len(), 2 | 4) && digits.bytes().all(|b| b.is_ascii_digit())
        }
        None => zone.is_empty() || zone.eq_ignore_ascii_case("z") || zone.eq_ignore_ascii_case("utc"),
    }
}
