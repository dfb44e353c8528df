//! Numbers as decimal text: no needless sign, zero or exponent, and no artefacts of binary floating point.

use super::{Value, ValueError, shown};
use crate::source::Cell;

/// Longest number written out, in digits; longer is nobody's attribute.
const MAX_DIGITS: usize = 40;
/// Decimal digits that a double holds for certain; SQLite prints as many.
const REAL_DIGITS: usize = 15;

pub(super) fn canonical(cell: Cell<'_>) -> Result<Value, ValueError> {
    match cell {
        Cell::Null => Ok(Value::Empty),
        Cell::Integer(value) => Ok(Value::Number(value.to_string())),
        Cell::Real(value) => real(value),
        Cell::Text(text) => match text.trim() {
            "" => Ok(Value::Empty),
            text => decimal(text).map(Value::Number),
        },
    }
}

/// A number without a fraction.
pub(super) fn whole(cell: Cell<'_>) -> Result<Value, ValueError> {
    match canonical(cell)? {
        Value::Number(number) if number.contains('.') => Err(ValueError(format!("{} is not a whole number", shown(&number)))),
        value => Ok(value),
    }
}

/// The shortest decimal that reads back as this double; where that needs more than 15 digits (the trace of a
/// calculation), rounded to 15, so that the order of a sum does not change the value. Whole numbers are exact.
fn real(value: f64) -> Result<Value, ValueError> {
    if !value.is_finite() {
        return Err(ValueError("it is not a finite number".into()));
    }
    let shortest = format!("{value}");
    let digits = shortest.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    let text = if value.fract() == 0.0 || digits <= REAL_DIGITS { shortest } else { format!("{value:.*e}", REAL_DIGITS - 1) };
    decimal(&text).map(Value::Number)
}

/// `[+-]digits[.digits][e[+-]digits]` → canonical decimal.
fn decimal(text: &str) -> Result<String, ValueError> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| refused(text))?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refused(text));
    }
    let point = whole.len() as i64 + i64::from(exponent);
    let written = written(&digits, point).ok_or_else(|| ValueError(format!("{} has more than {MAX_DIGITS} digits", shown(text))))?;
    Ok(if negative && written != "0" { format!("-{written}") } else { written })
}

/// `digits` with the decimal point after the first `point` of them; `None` if that is too long.
fn written(digits: &str, point: i64) -> Option<String> {
    let leading = digits.bytes().take_while(|b| *b == b'0').count();
    let (digits, point) = (digits[leading..].trim_end_matches('0'), point - leading as i64);
    if digits.is_empty() {
        return Some("0".into());
    }
    let length = digits.len() as i64;
    if point.max(length).max(length - point) > MAX_DIGITS as i64 {
        return None;
    }
    Some(match usize::try_from(point) {
        Ok(0) | Err(_) => format!("0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or(0))),
        Ok(point) if point >= digits.len() => format!("{digits}{}", "0".repeat(point - digits.len())),
        Ok(point) => format!("{}.{}", &digits[..point], &digits[point..]),
    })
}

fn refused(text: &str) -> ValueError {
    let why = if text.contains(',') {
        "write it without thousands separators and with a decimal point, like 1234.5"
    } else {
        "a number is digits with at most one decimal point, like 1234.5"
    };
    ValueError(format!("{} is not a number: {why}", shown(text)))
}
