//! Telephone numbers: text, but for what spreadsheets put before them, and for fields that take those of one country.

use super::{Form, Value, ValueError, shown, text};

/// Digits of a number in the United States, without the country's.
const US_DIGITS: usize = 10;

/// As it is given, without the apostrophe by which a spreadsheet keeps `+47…` from being a sum.
pub(super) fn phone(given: &str, form: Form) -> Result<Value, ValueError> {
    match text::text(without_apostrophe(given)) {
        Value::Text(number) if form == Form::UsPhone => us(&number),
        value => Ok(value),
    }
}

fn without_apostrophe(given: &str) -> &str {
    let text = given.trim();
    let rest = text.trim_start_matches(['\'', '\u{2019}', '\u{2018}', '`']).trim_start();
    if rest.starts_with(|c: char| c == '+' || c == '(' || c.is_ascii_digit()) { rest } else { text }
}

/// `NNN-NNN-NNNN`, with or without the country's 1 before it.
fn us(number: &str) -> Result<Value, ValueError> {
    let refused = || {
        ValueError(format!(
            "{} is not a telephone number of the United States, and the field takes no other: set its format to International at the \
             platform, or leave the number out",
            shown(number)
        ))
    };
    if !number.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "()-.+/".contains(c)) {
        return Err(refused());
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let digits = if digits.len() == US_DIGITS + 1 { digits.strip_prefix('1').unwrap_or(&digits) } else { &digits };
    if digits.len() != US_DIGITS || (number.starts_with('+') && !number.starts_with("+1")) {
        return Err(refused());
    }
    Ok(Value::Text(format!("{}-{}-{}", &digits[..3], &digits[3..6], &digits[6..])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("'+4791234567", "+4791234567")]
    #[case(" \u{2019} 0201 5550123 ", "0201 5550123")]
    #[case("+47 912 34 567", "+47 912 34 567")]
    #[case("'t huis", "'t huis")]
    fn an_apostrophe_before_a_number_is_a_spreadsheets(#[case] given: &str, #[case] expected: &str) {
        assert_eq!(phone(given, Form::Usual), Ok(Value::Text(expected.into())));
    }

    #[rstest]
    #[case("(201) 555-0123", Some("201-555-0123"))]
    #[case("'+1 201 555 0123", Some("201-555-0123"))]
    #[case("12015550123", Some("201-555-0123"))]
    #[case("+4791234567", None)]
    #[case("+2015550123", None)]
    #[case("201 555 0123 ext 4", None)]
    fn a_field_of_the_united_states(#[case] given: &str, #[case] expected: Option<&str>) {
        assert_eq!(phone(given, Form::UsPhone).ok(), expected.map(|number| Value::Text(number.into())));
    }
}
