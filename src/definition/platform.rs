//! The four platforms: what a definition may say of each. What they do is in `destination/`.

use crate::member::Standing;
use unicode_normalization::UnicodeNormalization;

/// `type:` of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConnectionType {
    Mailchimp,
    Omnisend,
    ConstantContact,
    Iterable,
}

impl ConnectionType {
    pub const ALL: [Self; 4] = [Self::Mailchimp, Self::Omnisend, Self::ConstantContact, Self::Iterable];

    /// As written in `type:`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mailchimp => "mailchimp",
            Self::Omnisend => "omnisend",
            Self::ConstantContact => "constant-contact",
            Self::Iterable => "iterable",
        }
    }

    /// As people write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Mailchimp => "Mailchimp",
            Self::Omnisend => "Omnisend",
            Self::ConstantContact => "Constant Contact",
            Self::Iterable => "Iterable",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What holds the members of a segment there.
    pub fn container_word(self) -> &'static str {
        match self {
            Self::Mailchimp | Self::Omnisend => "tag",
            Self::ConstantContact | Self::Iterable => "list",
        }
    }

    /// What a target may say.
    pub fn target_fields(self) -> &'static [&'static str] {
        match self {
            Self::Mailchimp => &["audienceId", "audience", "names", "adopt"],
            Self::Omnisend => &["segment", "names", "adopt", "recreate"],
            Self::ConstantContact => &["listId", "list", "adopt"],
            Self::Iterable => &["names", "adopt", "recreate"],
        }
    }

    /// Statuses that a new contact can be given, in the words of definitions; none where the platform decides (E13).
    pub fn new_statuses(self) -> &'static [(&'static str, Standing)] {
        match self {
            Self::Mailchimp => &[
                ("subscribed", Standing::Subscribed),
                ("unsubscribed", Standing::Unsubscribed),
                ("pending", Standing::Pending),
                ("transactional", Standing::NonSubscribed),
            ],
            Self::Omnisend => &[
                ("non-subscribed", Standing::NonSubscribed),
                ("subscribed", Standing::Subscribed),
                ("unsubscribed", Standing::Unsubscribed),
            ],
            Self::ConstantContact | Self::Iterable => &[],
        }
    }

    /// How sign-in is possible.
    pub fn signs_in_by(self) -> &'static [&'static str] {
        match self {
            Self::Mailchimp => &["apiKey", "oauth"],
            Self::Omnisend | Self::Iterable => &["apiKey"],
            Self::ConstantContact => &["oauth"],
        }
    }

    /// An example for hints.
    pub fn credentials_example(self) -> &'static str {
        match self {
            Self::Mailchimp => "credentials: {apiKey: {env: MAILCHIMP_API_KEY}}",
            Self::Omnisend => "credentials: {apiKey: {env: OMNISEND_API_KEY}}",
            Self::Iterable => "credentials: {apiKey: {env: ITERABLE_API_KEY}}",
            Self::ConstantContact => "credentials: {oauth: {clientId: ID}}",
        }
    }

    /// A segment's container is called after its display name; Omnisend's tags are plain ASCII.
    pub fn container_name(self, display_name: &str, segment: &str) -> String {
        match self {
            Self::Omnisend => slug(display_name).unwrap_or_else(|| segment.to_owned()),
            Self::Mailchimp | Self::ConstantContact | Self::Iterable => display_name.to_owned(),
        }
    }

    /// What is wrong with a name that was chosen for a container.
    pub fn container_name_fault(self, name: &str) -> Option<&'static str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ');
        match self {
            Self::Omnisend if !name.chars().all(plain) || name.len() > 128 => {
                Some("a tag is letters a-z, digits, blanks, - and _, at most 128")
            }
            Self::Mailchimp if name.chars().count() > 100 => Some("a tag's name has at most 100 characters"),
            Self::ConstantContact | Self::Iterable if name.chars().count() > 255 => Some("a list's name has at most 255 characters"),
            _ => None,
        }
    }

    /// How names of containers are told apart: equal when folded, one container.
    pub fn fold(self, name: &str) -> String {
        match self {
            Self::Mailchimp | Self::Omnisend | Self::ConstantContact => name.trim().to_lowercase(),
            Self::Iterable => name.trim().to_owned(),
        }
    }

    /// What is wrong with an attribute's name, and what to do.
    pub fn attribute_fault(self, name: &str) -> Option<(String, String)> {
        match self {
            Self::Mailchimp => merge_tag_fault(name),
            Self::Omnisend => {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
                let good = (1..=128).contains(&name.len()) && name.bytes().all(plain);
                (!good).then(|| (format!("`{name}` is not the name of a property"), "letters a-z, digits and _, at most 128".to_owned()))
            }
            Self::ConstantContact => {
                let good = (1..=50).contains(&name.chars().count());
                (!good).then(|| (format!("`{name}` is not the name of a field"), "1 to 50 characters".to_owned()))
            }
            Self::Iterable => iterable_field_fault(name),
        }
    }
}

/// Longest merge tag at Mailchimp.
const TAG_CHARS: usize = 10;

fn merge_tag_fault(tag: &str) -> Option<(String, String)> {
    let good = tag.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if good && !tag.is_empty() && tag.len() <= TAG_CHARS {
        return None;
    }
    let upper = tag.to_ascii_uppercase().replace([' ', '-'], "_");
    let fits = upper.len() <= TAG_CHARS && upper.is_ascii() && !upper.is_empty();
    let rule = "capital letters, digits and _, at most 10";
    let hint = if fits { format!("write `{upper}`: {rule}") } else { rule.to_owned() };
    Some((format!("`{tag}` is not a merge tag"), hint))
}

/// Fields that Iterable keeps itself; writing them would change lists or subscriptions.
const ITERABLE_OWN: [&str; 11] = [
    "email",
    "userId",
    "emailListIds",
    "userListIds",
    "signupDate",
    "signupSource",
    "profileUpdatedAt",
    "itblInternal",
    "unsubscribedChannelIds",
    "unsubscribedMessageTypeIds",
    "subscribedMessageTypeIds",
];

fn iterable_field_fault(name: &str) -> Option<(String, String)> {
    if ITERABLE_OWN.contains(&name) {
        return Some((format!("`{name}` is kept by Iterable itself"), "write another field; the address is `match.email`".to_owned()));
    }
    let good = !name.trim().is_empty() && name.trim() == name && !name.contains('.') && name.len() <= 255;
    (!good).then(|| (format!("`{name}` is not the name of a field"), "no dots, no blanks at the ends, at most 255 bytes".to_owned()))
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
        assert_eq!(ConnectionType::Omnisend.container_name(display, "seg-1"), tag);
        assert_eq!(ConnectionType::Omnisend.container_name_fault(tag), None);
    }

    #[test]
    fn types_go_both_ways() {
        assert!(ConnectionType::ALL.into_iter().all(|kind| ConnectionType::named(kind.as_str()) == Some(kind)));
        assert_eq!(ConnectionType::named("mailchip"), None);
    }

    #[rstest]
    #[case(ConnectionType::Mailchimp, "First", true)]
    #[case(ConnectionType::Omnisend, "loyalty points", true)]
    #[case(ConnectionType::Omnisend, "loyalty_points", false)]
    #[case(ConnectionType::Iterable, "emailListIds", true)]
    #[case(ConnectionType::Iterable, "Loyalty points", false)]
    #[case(ConnectionType::ConstantContact, "", true)]
    fn attributes_have_rules(#[case] kind: ConnectionType, #[case] name: &str, #[case] fault: bool) {
        assert_eq!(kind.attribute_fault(name).is_some(), fault);
    }
}
