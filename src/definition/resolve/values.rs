//! Small values: durations, percentages, dates.

use super::scope::Scope;
use crate::definition::{Percentage, document::Text};
use std::time::Duration;

/// The longest that means anything: ten years.
const LONGEST: u64 = 10 * 365 * 86_400;

/// `30s`, `15m`, `1h`, `7d`, and several in a row (`1h30m`).
pub fn duration(text: &Text, field: &str, scope: &mut Scope<'_>) -> Option<Duration> {
    let found = seconds(text.trim()).filter(|seconds| *seconds <= LONGEST);
    if found.is_none() {
        let hint = "write a number and s, m, h or d: `30s`, `15m`, `1h`, `7d` (at most ten years)";
        scope.error(text.at, format!("`{}` of `{field}` is not a duration", text.value), hint);
    }
    found.map(Duration::from_secs)
}

/// The same outside a document: a command's option.
pub fn plain_duration(text: &str) -> Option<Duration> {
    seconds(text.trim()).filter(|seconds| *seconds <= LONGEST).map(Duration::from_secs)
}

fn seconds(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = rest.split_at(digits);
        let scale = match unit.chars().next()? {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(scale)?)?;
        rest = &unit[1..];
    }
    (!text.is_empty()).then_some(total)
}

/// `512MiB`, `4GiB`; `KB`, `MB` and `GB` are powers of ten.
pub fn size(text: &Text, field: &str, scope: &mut Scope<'_>) -> Option<u64> {
    let found = bytes(text.trim());
    if found.is_none() {
        scope.error(text.at, format!("`{}` of `{field}` is not a size", text.value), "write a number and its unit: `512MiB`, `4GiB`");
    }
    found
}

fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0)?;
    let (number, unit) = text.split_at(digits);
    let scale = match unit.trim_start().to_ascii_lowercase().as_str() {
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(scale)
}

/// `30%`, whole.
pub fn percentage(text: &Text, field: &str, scope: &mut Scope<'_>) -> Option<Percentage> {
    let digits = text.trim().strip_suffix('%').map(str::trim_end).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let found = digits.and_then(|digits| digits.parse().ok()).filter(|value| *value <= 100).map(Percentage);
    if found.is_none() {
        let hint = match text.trim().parse::<f64>() {
            Ok(share) if share > 0.0 && share < 1.0 => format!("write a whole percentage: `{}%`", (share * 100.0).round()),
            Ok(number) if (1.0..=100.0).contains(&number) => format!("write the sign too: `{}%`", number.round()),
            _ => "write a whole percentage from 0% to 100%: `30%`".into(),
        };
        scope.error(text.at, format!("`{}` of `{field}` is not a percentage", text.value), hint);
    }
    found
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case("64MiB", Some(64 << 20))]
    #[case("1 GiB", Some(1 << 30))]
    #[case("5gb", Some(5_000_000_000))]
    #[case("5", None)]
    #[case("GiB", None)]
    #[case("-1GiB", None)]
    #[case("99999999999999GiB", None)]
    fn reads_sizes(#[case] text: &str, #[case] expected: Option<u64>) {
        assert_eq!(super::bytes(text), expected);
    }

    #[rstest]
    #[case("30s", Some(30))]
    #[case("15m", Some(900))]
    #[case("1h30m", Some(5_400))]
    #[case("90d", Some(7_776_000))]
    #[case("", None)]
    #[case("10", None)]
    #[case("h", None)]
    #[case("1w", None)]
    #[case("-1h", None)]
    #[case("1 h", None)]
    #[case("99999999999999999999s", None)]
    #[case("9999999999999999d", None)]
    fn reads_durations(#[case] text: &str, #[case] expected: Option<u64>) {
        assert_eq!(super::seconds(text), expected);
    }
}
