//! What a text is as a date: the functions that only our own text may name.

use super::{
    super::shared::Shared,
    piece::Piece,
    scope::{Kind, unquoted},
    value::{is_empty, odd, of_text, trimmed},
};
use rusqlite::{
    Connection, Result,
    functions::{Context, FunctionFlags},
    types::{Value, ValueRef},
};
use std::sync::Arc;

/// `(value, site)`: the text where it begins as an ISO date, else NULL, which is counted unless the value is empty.
pub const DATE: &str = "\"listkeeper date\"";
/// `(value)`: 1, or NULL where `DATE` makes NULL of what is not.
pub const DATED: &str = "\"listkeeper dated\"";
/// `(value, site, form)`: what SQLite's date functions read, else NULL, counted likewise.
pub const MOMENT: &str = "\"listkeeper moment\"";

/// What a date function reads besides ISO dates.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Numbers, by a modifier such as `unixepoch`.
    pub numbers: bool,
    /// `10:00`.
    pub clocks: bool,
}

impl Form {
    pub fn bits(self) -> i64 {
        i64::from(self.numbers) | i64::from(self.clocks) << 1
    }

    fn of(value: ValueRef<'_>) -> Self {
        let bits = if let ValueRef::Integer(bits) = value { bits } else { 0 };
        Self { numbers: bits & 1 != 0, clocks: bits & 2 != 0 }
    }
}

/// Adds the functions.
pub fn add(connection: &Connection, shared: &Arc<Shared>) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    let counting = Arc::clone(shared);
    connection.create_scalar_function(DATE.trim_matches('"'), 2, flags, move |context| Ok(date(context, &counting)))?;
    let counting = Arc::clone(shared);
    connection.create_scalar_function(MOMENT.trim_matches('"'), 3, flags, move |context| Ok(moment(context, &counting)))?;
    connection.create_scalar_function(DATED.trim_matches('"'), 1, flags, dated)
}

fn date(context: &Context<'_>, shared: &Shared) -> Value {
    match context.get_raw(0) {
        ValueRef::Text(text) => text_if(text, context, shared, begins),
        ValueRef::Integer(number) => not_a_date(&number.to_string(), context, shared),
        ValueRef::Real(number) => not_a_date(&number.to_string(), context, shared),
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
    }
}

fn moment(context: &Context<'_>, shared: &Shared) -> Value {
    let form = Form::of(context.get_raw(2));
    match context.get_raw(0) {
        ValueRef::Text(text) => text_if(text, context, shared, |text| is_moment(text, form)),
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
    }
}

/// The text without the blanks around it, if it is one of those; else NULL, counted.
fn text_if(text: &[u8], context: &Context<'_>, shared: &Shared, is: impl Fn(&str) -> bool) -> Value {
    match std::str::from_utf8(text).map(trimmed) {
        Ok(date) if is(date) => Value::Text(date.to_owned()),
        _ => not_a_date(&String::from_utf8_lossy(text), context, shared),
    }
}

#[cold]
fn not_a_date(text: &str, context: &Context<'_>, shared: &Shared) -> Value {
    odd(shared, context.get_raw(1), text.as_bytes());
    Value::Null
}

fn dated(context: &Context<'_>) -> Result<Option<bool>> {
    let value = context.get_raw(0);
    let is_date = matches!(value, ValueRef::Text(text) if std::str::from_utf8(text).is_ok_and(|text| begins(trimmed(text))));
    Ok((value == ValueRef::Null || is_empty(value) || is_date).then_some(true))
}

/// A text literal of the query, by its quoted text.
pub fn literal(quoted: &str) -> Piece {
    let text = unquoted(quoted);
    let is_date = begins(&text) && matches!(text.as_bytes().get(10), None | Some(b'T' | b' '));
    Piece { literal: Some(text), ..Piece::new(quoted, if is_date { Kind::Date } else { Kind::Text }) }
}

/// `2024-06-09`, also with something after it that does not go on with its digits.
fn begins(text: &str) -> bool {
    let text = text.as_bytes();
    let Some(day) = text.get(..10) else { return false };
    let number = |at: usize| u32::from(day[at] - b'0') * 10 + u32::from(day[at + 1] - b'0');
    is_part_of(day) && (1..=12).contains(&number(5)) && (1..=31).contains(&number(8)) && !text.get(10).is_some_and(u8::is_ascii_digit)
}

/// The beginning of an ISO date, or nothing: what may stand in the query beside one.
pub fn is_part(text: &str) -> bool {
    text.len() <= 10 && is_part_of(text.as_bytes())
}

fn is_part_of(day: &[u8]) -> bool {
    day.iter().enumerate().all(|(at, byte)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() })
}

/// Whether a format of strftime begins with an ISO date.
pub fn is_format(format: &str) -> bool {
    format.starts_with("%Y-%m-%d") || format.starts_with("%F")
}

/// Whether SQLite's date functions read it.
pub fn is_moment(text: &str, form: Form) -> bool {
    let now = ["now", "subsec", "subsecond"].iter().any(|word| word.eq_ignore_ascii_case(text));
    let number = || form.numbers && of_text(text) != Value::Null;
    let clock = || form.clocks && is_clock(text);
    now || number() || clock() || (begins(text) && is_rest(&text[10..]))
}

/// What may follow the day: nothing, or a clock.
fn is_rest(rest: &str) -> bool {
    let clock = rest.trim_start_matches(['T', ' ']);
    rest.trim().is_empty() || (clock.len() < rest.len() && is_clock(clock))
}

/// `10:00`, `10:00:00.123`, with `Z` or `+02:00`.
fn is_clock(text: &str) -> bool {
    let digits = text.strip_suffix(['Z', 'z']).map(str::trim_end).unwrap_or_else(|| without_zone(text));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let parts = whole.split(':').collect::<Vec<_>>();
    let two = |part: &&str| part.len() == 2 && is_digits(part);
    let fits = parts.iter().all(two) && is_digits(fraction) && (parts.len() == 3 || (parts.len() == 2 && whole.len() == digits.len()));
    fits && parts.iter().zip(["24", "59", "59"]).all(|(part, most)| *part <= most)
}

/// Without `+02:00`.
fn without_zone(text: &str) -> &str {
    let zone = text.len().checked_sub(6).and_then(|at| text.split_at_checked(at));
    let is_zone =
        |zone: &str| zone.starts_with(['+', '-']) && zone.as_bytes()[3] == b':' && is_digits(&zone[1..3]) && is_digits(&zone[4..]);
    zone.filter(|(_, zone)| zone.is_ascii() && is_zone(zone)).map_or(text, |(clock, _)| clock.trim_end())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
