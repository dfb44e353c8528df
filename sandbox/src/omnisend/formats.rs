//! How the vendor writes times, addresses, numbers and names.

use serde_json::Value;

/// Characters of a tag, or of a custom property's name.
const NAME: usize = 128;

/// Unix milliseconds.
pub(super) fn moment(text: &str) -> Option<i64> {
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
}

/// A moment as the vendor writes it.
pub(super) fn written(ms: i64) -> Value {
    let time = chrono::DateTime::from_timestamp_millis(ms);
    time.map_or(Value::Null, |time| time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into())
}

/// `YYYY-MM-DD`.
pub(super) fn is_day(text: &str) -> bool {
    text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let odd = text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"' | '\\'));
    let labels = || domain.split('.');
    !odd && text.len() <= 254
        && !local.is_empty()
        && !local.contains('@')
        && labels().count() > 1
        && labels().all(|label| !label.is_empty())
}

/// E.164.
pub(super) fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// What the vendor's own libraries and pages use; its contract says nothing.
pub(super) fn is_tag(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b' ' | b':');
    (1..=NAME).contains(&text.len()) && text.bytes().all(good) && text.trim() == text
}

/// Of a custom property, as the vendor's own libraries take them.
pub(super) fn is_property(name: &str) -> bool {
    (1..=NAME).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(is_email, "a+b@mail.example.com", true)]
    #[case(is_email, "a b@example.com", false)]
    #[case(is_email, "a@example", false)]
    #[case(is_email, "a@example..com", false)]
    #[case(is_email, "a@b@example.com", false)]
    #[case(is_phone, "+33123456789", true)]
    #[case(is_phone, "0033123456789", false)]
    #[case(is_day, "2024-02-29", true)]
    #[case(is_day, "2023-02-29", false)]
    #[case(is_day, "2023-2-9", false)]
    #[case(is_tag, "cdp: high-value_1", true)]
    #[case(is_tag, "cdp/high", false)]
    #[case(is_tag, " cdp", false)]
    #[case(is_property, "Life_time", true)]
    #[case(is_property, "life time", false)]
    fn what_is_written_well(#[case] is: fn(&str) -> bool, #[case] text: &str, #[case] expected: bool) {
        assert_eq!(is(text), expected);
    }

    #[test]
    fn times_come_back_as_they_went() {
        let written = written(1_795_305_600_123);
        assert_eq!(written, "2026-11-22T00:00:00.123Z");
        assert_eq!(written.as_str().and_then(moment), Some(1_795_305_600_123));
        assert_eq!(moment("2026-11-22 00:00:00 01:00"), None);
    }
}
