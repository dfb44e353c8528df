//! Numbers, counts and codes in words, the same in plans and reports.

use super::Counts;
use crate::{
    definition::{FieldType, is_invisible},
    destination::Operation,
};
use std::collections::BTreeMap;

/// `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 call`, `1,200 calls`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Text of other people's, safe for a terminal: nothing in it moves the cursor, colours, or turns the writing round.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect()
}

/// Control characters, and those that nobody sees or that turn the writing round. What joins letters or emoji is none.
pub fn is_harmful(c: char) -> bool {
    c.is_control() || (is_invisible(c) && !matches!(c, '\u{200c}' | '\u{200d}'))
}

/// `"VIP customers"`.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", plain(name))
}

/// Seconds as a person says them.
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", grouped(seconds / 86_400)),
    }
}

/// Rows read and where each went, as a sum that adds up (E12); `pending` says what is still to happen to the rest.
pub fn sum(counts: &Counts, pending: &str) -> String {
    let parts = [
        (counts.synced, "synced"),
        (counts.pending, pending),
        (counts.unchanged, "unchanged"),
        (counts.unverified, "unverified"),
        (counts.rejected, "rejected"),
        (counts.not_addressable, "without an address"),
        (counts.duplicates, "merged into another row"),
        (counts.suppressed, "never to be sent"),
        (counts.no_consent, "without consent"),
        (counts.left, "left the platform by themselves"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", grouped(*n))).collect();
    let read = counted(counts.read, "row read", "rows read");
    if parts.is_empty() { read } else { format!("{read} = {}", parts.join(" + ")) }
}

/// Of the merged rows, those of people in several segments, where there are any.
pub fn merged(counts: &Counts) -> Option<String> {
    let within = counts.duplicates.saturating_sub(counts.across_segments);
    (counts.across_segments > 0).then(|| {
        let across = format!("{} of people in several segments", grouped(counts.across_segments));
        let within = if within > 0 { format!(", {} of one address twice", grouped(within)) } else { String::new() };
        format!("merged: {across}{within}")
    })
}

/// `3 rejected: address without an @ (2); value that does not fit its field (1)`.
pub fn rejected(by_code: &BTreeMap<String, u64>) -> Option<String> {
    let total: u64 = by_code.values().sum();
    let reasons: Vec<String> = by_code.iter().map(|(code, n)| format!("{} ({})", refusal(code), grouped(*n))).collect();
    (total > 0).then(|| format!("{} rejected: {}", grouped(total), reasons.join("; ")))
}

/// Why a row was refused, by its code; a code that is not known here speaks for itself.
fn refusal(code: &str) -> String {
    let words = match code {
        "address-no-at" => "address without an @",
        "address-too-long" => "address too long",
        "address-bad-local-part" => "address not valid before the @",
        "address-bad-domain" => "address with a domain that is not valid",
        "address-bad-character" => "address with a blank, invisible or control character",
        "value" => "value that does not fit its field",
        "consent-date" => "date of consent that cannot be read or is in the future",
        "refused-before" => "rejected before, with the same data",
        "archived" => "archived at the platform by someone else",
        "person-unsubscribed-elsewhere" => "person unsubscribed (or unknown) under an earlier address",
        "compliance-state" => "unsubscribed, bounced or under review at the platform",
        "forgotten" => "deleted for good at the platform",
        "fake-address" => "address that looks fake to the platform",
        "invalid-address" => "address that the platform does not take",
        "merge-field" => "value that the platform does not take",
        "not-tagged" => "contact that the platform does not tag because of its status",
        "status-differs" => "another status after a bulk update than before it",
        other => return plain(other).replace('-', " "),
    };
    words.to_owned()
}

/// What a call does.
pub fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Restore => "restore",
        Operation::Join => "join",
        Operation::Leave => "leave",
        Operation::Archive => "archive",
    }
}

/// As people write it in `type:`.
pub fn field_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Text => "text",
        FieldType::Number => "number",
        FieldType::Integer => "integer",
        FieldType::Boolean => "boolean",
        FieldType::Datetime => "datetime",
        FieldType::Address => "address",
        FieldType::Phone => "phone",
        FieldType::Date => "date",
        FieldType::Url => "url",
        FieldType::Imageurl => "imageurl",
        FieldType::Radio => "radio",
        FieldType::Dropdown => "dropdown",
        FieldType::Birthday => "birthday",
        FieldType::Zip => "zip",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "0")]
    #[case(999, "999")]
    #[case(1000, "1,000")]
    #[case(1_234_567, "1,234,567")]
    #[case(u64::MAX, "18,446,744,073,709,551,615")]
    fn thousands_are_separated(#[case] number: u64, #[case] expected: &str) {
        assert_eq!(grouped(number), expected);
    }

    #[test]
    fn a_name_cannot_write_to_the_terminal() {
        assert_eq!(plain("a\u{1b}[31m\nb\u{202e}c é"), "a\u{fffd}[31m\u{fffd}b\u{fffd}c é");
    }

    #[test]
    fn every_count_is_part_of_the_sum() {
        let counts = Counts {
            read: 55,
            synced: 1,
            unchanged: 2,
            rejected: 3,
            not_addressable: 4,
            duplicates: 5,
            across_segments: 2,
            suppressed: 6,
            no_consent: 7,
            left: 8,
            unverified: 9,
            pending: 10,
            ..Counts::default()
        };
        let text = sum(&counts, "pending");
        let parts = text.split(" = ").nth(1).unwrap().split(" + ");
        let total: u64 = parts.map(|part| part.split(' ').next().unwrap().parse::<u64>().unwrap()).sum();
        assert_eq!((total, counts.accounted()), (55, 55), "{text}");
        assert_eq!(merged(&counts).as_deref(), Some("merged: 2 of people in several segments, 3 of one address twice"));
    }
}
