//! The functions that only our own text may name: what a value is as a number.

use super::{
    super::{super::Examples, shared::Shared},
    day::{self, DATE, DATED, MOMENT},
};
use rusqlite::{
    Connection, Result,
    functions::{Context, FunctionFlags},
    types::{Value, ValueRef},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// `(value, site)`: the number, or NULL, which is counted unless the value is empty.
pub const NUMBER: &str = "\"listkeeper number\"";
/// `(value, site, others…)`: the value as it is compared with the others: beside a number a number, as `NUMBER` gives it.
pub const BESIDE: &str = "\"listkeeper beside\"";
/// `(value, others…)`: 1, or NULL where `NUMBER` and `BESIDE` make NULL of what is not.
pub const KNOWN: &str = "\"listkeeper known\"";

/// Whether the functions are these.
pub fn is_own(name: &str) -> bool {
    [NUMBER, BESIDE, KNOWN, DATE, DATED, MOMENT].iter().any(|own| own.trim_matches('"').eq_ignore_ascii_case(name))
}

/// What was no number or no date, by site.
#[derive(Debug, Default)]
pub struct Odd {
    met: Mutex<BTreeMap<i64, (u64, Examples)>>,
    /// Sites, as bits, where a cell with a decimal point was a number.
    points: AtomicU64,
}

impl Odd {
    fn add(&self, site: i64, text: &str) {
        let mut odd = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, examples) = odd.entry(site).or_default();
        *count += 1;
        examples.add(text);
    }

    fn point(&self, site: i64) {
        self.points.fetch_or(1 << site.clamp(0, 63), Ordering::Relaxed);
    }

    /// Whether a cell with a decimal point was read as a number there.
    pub fn has_points(&self, site: usize) -> bool {
        self.points.load(Ordering::Relaxed) & (1 << site.min(63)) != 0
    }

    /// By site, in order.
    pub fn take(&self) -> BTreeMap<i64, (u64, Examples)> {
        std::mem::take(&mut *self.met.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Adds the functions.
pub fn add(connection: &Connection, shared: &Arc<Shared>) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    let counting = Arc::clone(shared);
    connection.create_scalar_function(NUMBER.trim_matches('"'), 2, flags, move |context| Ok(counted(context, &counting)))?;
    let counting = Arc::clone(shared);
    connection.create_scalar_function(BESIDE.trim_matches('"'), -1, flags, move |context| beside(context, &counting))?;
    connection.create_scalar_function(KNOWN.trim_matches('"'), -1, flags, known)?;
    day::add(connection, shared)
}

/// The first argument as a number; the second is the site.
fn counted(context: &Context<'_>, shared: &Shared) -> Value {
    let value = context.get_raw(0);
    let number = number(value);
    match (&number, value) {
        (Value::Null, ValueRef::Text(text)) => odd(shared, context.get_raw(1), text),
        (Value::Real(_), ValueRef::Text(text)) if text.contains(&b'.') => {
            if let ValueRef::Integer(site) = context.get_raw(1) {
                shared.odd.point(site);
            }
        }
        _ => {}
    }
    number
}

#[cold]
pub fn odd(shared: &Shared, site: ValueRef<'_>, text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let text = trimmed(&text);
    if let (false, ValueRef::Integer(site)) = (text.is_empty(), site) {
        shared.odd.add(site, text);
    }
}

fn beside(context: &Context<'_>, shared: &Shared) -> Result<Value> {
    if is_number_among(context, 2) { Ok(counted(context, shared)) } else { Ok(Value::try_from(context.get_raw(0))?) }
}

fn known(context: &Context<'_>) -> Result<Option<bool>> {
    let value = context.get_raw(0);
    let asked = context.len() == 1 || is_number_among(context, 1);
    let unknown = asked && value != ValueRef::Null && number(value) == Value::Null && !is_empty(value);
    Ok((!unknown).then_some(true))
}

pub fn is_empty(value: ValueRef<'_>) -> bool {
    matches!(value, ValueRef::Text(text) if std::str::from_utf8(text).is_ok_and(|text| trimmed(text).is_empty()))
}

/// One of the others is a number, so that the value must be one.
fn is_number_among(context: &Context<'_>, others: usize) -> bool {
    (others..context.len()).any(|at| matches!(context.get_raw(at), ValueRef::Integer(_) | ValueRef::Real(_)))
}

fn number(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(text) => std::str::from_utf8(text).map_or(Value::Null, of_text),
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
    }
}

/// A text that is a plain number, blanks around it aside: sign, digits, one point, an exponent.
pub fn of_text(text: &str) -> Value {
    let text = trimmed(text);
    let numeric = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    if text.is_empty() || !text.as_bytes().iter().all(numeric) {
        return Value::Null;
    }
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(integer), _) => Value::Integer(integer),
        (_, Ok(real)) if real.is_finite() => Value::Real(real),
        _ => Value::Null,
    }
}

/// Without blanks of any kind: NBSP too, as spreadsheets write it.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}
