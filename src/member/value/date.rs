//! Dates and birthdays. Only forms that cannot be read in two ways are taken.

use super::{Value, ValueError, shown};
use chrono::{NaiveDate, NaiveTime};

/// `YYYY-MM-DD`, alone or at the head of an ISO date-time. The day is taken as written: no time zone moves it.
pub(super) fn date(given: &str) -> Result<Value, ValueError> {
    match given.trim() {
        "" => Ok(Value::Empty),
        text => iso(text)
            .map(|date| Value::Text(date.format("%Y-%m-%d").to_string()))
            .ok_or_else(|| ValueError(format!("{} is not a date: write it YYYY-MM-DD, with or without a time after it", shown(text)))),
    }
}

/// `MM/DD`, from that or from a date.
pub(super) fn birthday(given: &str) -> Result<Value, ValueError> {
    let text = given.trim();
    if text.is_empty() {
        return Ok(Value::Empty);
    }
    // A leap year, so that 29 February is a birthday.
    let day = month_and_day(text).and_then(|(month, day)| NaiveDate::from_ymd_opt(2000, month, day)).or_else(|| iso(text));
    day.map(|day| Value::Text(day.format("%m/%d").to_string()))
        .ok_or_else(|| ValueError(format!("{} is not a birthday: write it MM/DD, month first, or as a date YYYY-MM-DD", shown(text))))
}

fn month_and_day(text: &str) -> Option<(u32, u32)> {
    let (month, day) = text.split_once('/')?;
    Some((two_digits(month)?, two_digits(day)?))
}

fn two_digits(text: &str) -> Option<u32> {
    (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
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
