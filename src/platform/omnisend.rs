//! Omnisend, 2026-03-15: the brand holds contacts, each segment is a tag.

use super::{
    SubscriptionStatus,
    sheet::{Fault, Sheet},
};
use unicode_normalization::UnicodeNormalization;

pub(super) const SHEET: Sheet = Sheet {
    name: "omnisend",
    title: "Omnisend",
    list_word: "tag",
    target_fields: &["segment", "names", "adopt", "recreate"],
    target_example: None,
    new_statuses: &[
        ("non-subscribed", SubscriptionStatus::NonSubscribed),
        ("subscribed", SubscriptionStatus::Subscribed),
        ("unsubscribed", SubscriptionStatus::Unsubscribed),
    ],
    new_statuses_help: "write `newContacts: {status: …}`, for people the platform has never seen. non-subscribed: known, gets no campaign \
         until they opt in; subscribed: they agreed to get mail, and `consent: {column, at}` says when; unsubscribed: known, gets none",
    dates_consent: true,
    credentials: &["apiKey"],
    credentials_example: "credentials: {apiKey: {env: OMNISEND_API_KEY}}",
    api: "https://api.omnisend.com",
    api_eu: None,
    api_hosts: None,
    authorization_server: None,
    case_matters: false,
    list_name: |display_name, segment| slug(display_name).unwrap_or_else(|| segment.to_owned()),
    list_name_fault: tag_fault,
    attribute_fault: property_fault,
};

/// Tags are plain ASCII.
fn tag_fault(name: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ');
    let good = name.chars().all(plain) && name.len() <= 128;
    (!good).then_some("a tag is letters a-z, digits, blanks, - and _, at most 128")
}

fn property_fault(name: &str) -> Option<Fault> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let good = (1..=128).contains(&name.len()) && name.bytes().all(plain);
    (!good).then(|| (format!("`{name}` is not the name of a property"), "letters a-z, digits and _, at most 128".to_owned()))
}

/// Letters without their marks, everything else one dash, lower case; `None`: nothing is left.
fn slug(text: &str) -> Option<String> {
    let mut slug = String::new();
    for c in text.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug: String = slug.trim_end_matches('-').chars().take(128).collect();
    (!slug.is_empty()).then_some(slug)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("VIP customers", "vip-customers")]
    #[case("  Été & Hiver!  ", "ete-hiver")]
    #[case("顧客", "seg-1")]
    #[case("Ærø", "r")]
    fn tags_are_plain_ascii(#[case] display: &str, #[case] tag: &str) {
        assert_eq!((SHEET.list_name)(display, "seg-1"), tag);
        assert_eq!((SHEET.list_name_fault)(tag), None);
    }
}
