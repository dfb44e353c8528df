//! How text cells compare: numbers by value, all else byte for byte.

use rusqlite::{
    Connection,
    functions::{Context, FunctionFlags},
    types::{Value, ValueRef},
};
use std::cmp::Ordering;

/// Adds the collation `cell` and the functions that keep its promise.
pub fn add(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_collation(c"cell", compare)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(c"coalesce", -1, flags, coalesce)?;
    connection.create_scalar_function(c"ifnull", 2, flags, coalesce)
}

/// Numbers before other text, by value; texts that are not the plain form of a number (`007`, `+1`, `1e3`) are equal only
/// to themselves, so that no two ids are ever one.
pub fn compare(one: &str, other: &str) -> Ordering {
    match (number(one), number(other)) {
        (None, None) => one.cmp(other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(a), Some(b)) => a.total_cmp(&b).then_with(|| plain(one).cmp(plain(other))),
    }
}

/// Sign, digits, one point, exponent: what SQLite itself takes for a number, without blanks.
fn number(text: &str) -> Option<f64> {
    let first = *text.as_bytes().first()?;
    let numeric = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) || !text.bytes().all(numeric) {
        return None;
    }
    // -0 is 0.
    text.parse::<f64>().ok().map(|value| value + 0.0)
}

/// `12.50` and `12.5` are one number: without the zeros that end a fraction.
fn plain(text: &str) -> &str {
    if !text.contains('.') || text.contains(['e', 'E']) {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.')
}

/// The first argument that is not NULL; beside a number, a text that is a number is one: `coalesce(Spent, 0) > 100`
/// would otherwise compare a text with a number, which SQLite answers with "greater", always.
fn coalesce(context: &Context<'_>) -> rusqlite::Result<Value> {
    let arguments = (0..context.len()).map(|at| context.get_raw(at));
    let numbers = arguments.clone().any(|value| matches!(value, ValueRef::Integer(_) | ValueRef::Real(_)));
    let first = arguments.into_iter().find(|value| *value != ValueRef::Null).unwrap_or(ValueRef::Null);
    let number = match first {
        ValueRef::Text(text) if numbers => std::str::from_utf8(text).ok().and_then(value),
        _ => None,
    };
    number.map_or_else(|| Ok(Value::try_from(first)?), Ok)
}

/// The number that a text is, unless it could be an id: `007`, `+31…` and what is too long for an integer stay text.
fn value(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit())
        || (digits.starts_with('0') && digits.len() > 1 && !digits.starts_with("0."))
    {
        return None;
    }
    match text.parse() {
        Ok(integer) => Some(Value::Integer(integer)),
        Err(_) if text.contains('.') => number(text).map(Value::Real),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("9", "10", Ordering::Less)]
    #[case("1000.00", "1000", Ordering::Equal)]
    #[case("12.5", "12.50", Ordering::Equal)]
    #[case("-3", "2", Ordering::Less)]
    #[case("-0", "0", Ordering::Less)]
    #[case("007", "7", Ordering::Less)]
    #[case("1e3", "1000", Ordering::Greater)]
    #[case("12345678901234567890", "12345678901234567891", Ordering::Less)]
    #[case("99999", "N/A", Ordering::Less)]
    #[case("2024-01-31", "2024-02-01", Ordering::Less)]
    #[case("a", "B", Ordering::Greater)]
    #[case("1000", "1.0e+20", Ordering::Less)]
    fn compares(#[case] one: &str, #[case] other: &str, #[case] expected: Ordering) {
        assert_eq!(compare(one, other), expected);
        assert_eq!(compare(other, one), expected.reverse());
    }

    proptest! {
        /// SQLite's sorts and indexes are wrong with anything less than a total order.
        #[test]
        fn is_a_total_order(a in "[0-9.eE+-]{0,5}|[a-c0]{0,3}", b in "[0-9.eE+-]{0,5}|[a-c0]{0,3}", c in "[0-9.eE+-]{0,5}|[a-c0]{0,3}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if compare(&a, &b) != Ordering::Greater && compare(&b, &c) != Ordering::Greater {
                prop_assert_ne!(compare(&a, &c), Ordering::Greater);
            }
        }
    }
}
