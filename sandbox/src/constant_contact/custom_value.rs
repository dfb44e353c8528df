//! What the values of custom fields may be.

use super::fields::Field;
use chrono::{DateTime, Datelike as _, NaiveDate};

/// Characters of a value.
pub(super) const LONGEST: usize = 255;

/// Day and month with one digit or two.
const DATES: &[&str] = &["%m/%d/%Y", "%Y/%m/%d", "%Y-%m-%d", "%m-%d-%Y"];

pub(super) fn fits(field: &Field, text: &str) -> bool {
    let number = || text.parse::<f64>().is_ok_and(f64::is_finite);
    text.chars().count() <= LONGEST
        && match field.kind.as_str() {
            "number" | "currency" => number(),
            "boolean" => matches!(text, "true" | "false"),
            "date" => is_date(text),
            "datetime" => DateTime::parse_from_rfc3339(text).is_ok(),
            "single_select" => field.choices().iter().any(|choice| choice == text),
            "multi_select" => text.split(',').all(|one| field.choices().iter().any(|choice| choice == one.trim())),
            _ => true,
        }
}

pub(super) fn is_date(text: &str) -> bool {
    DATES.iter().any(|format| NaiveDate::parse_from_str(text, format).is_ok_and(|date| date.year() > 999))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2/29/2024", true)]
    #[case("2026-1-5", true)]
    #[case("12-05-2026", true)]
    #[case("2026/13/01", false)]
    #[case("5 May 2026", false)]
    #[case("26-05-12", false)]
    fn dates(#[case] text: &str, #[case] good: bool) {
        assert_eq!(is_date(text), good);
    }
}
