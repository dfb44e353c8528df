//! The platforms, as data: what a definition may say of each, its words, its name rules, its addresses, how people sign in.
//!
//! A platform is one sheet here and one folder in `destination/`. May know: nothing of the rest. Definition, oauth, destination, plan and
//! cli read it.

mod authorization_server;
mod constant_contact;
mod iterable;
mod mailchimp;
mod omnisend;
mod sheet;
mod subscription_status;

pub use authorization_server::{AuthorizationServer, Metadata, Renewal, SecretUse};
pub use sheet::{Fault, Sheet};
pub use subscription_status::SubscriptionStatus;

/// `type:` of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    Mailchimp,
    Omnisend,
    ConstantContact,
    Iterable,
}

impl Platform {
    pub const ALL: [Self; 4] = [Self::Mailchimp, Self::Omnisend, Self::ConstantContact, Self::Iterable];

    pub fn sheet(self) -> &'static Sheet {
        match self {
            Self::Mailchimp => &mailchimp::SHEET,
            Self::Omnisend => &omnisend::SHEET,
            Self::ConstantContact => &constant_contact::SHEET,
            Self::Iterable => &iterable::SHEET,
        }
    }

    /// `None`: there is no platform of this `type:`.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.as_str() == text)
    }

    /// As written in `type:`.
    pub fn as_str(self) -> &'static str {
        self.sheet().name
    }

    /// As people write it.
    pub fn title(self) -> &'static str {
        self.sheet().title
    }

    /// The name of a segment's list: after its display name.
    pub fn list_name(self, display_name: &str, segment: &str) -> String {
        (self.sheet().list_name)(display_name, segment)
    }

    /// What is wrong with a name that was chosen for a list.
    pub fn list_name_fault(self, name: &str) -> Option<&'static str> {
        (self.sheet().list_name_fault)(name)
    }

    /// How names of lists are told apart: equal when folded, one list.
    pub fn fold(self, name: &str) -> String {
        let name = name.trim();
        if self.sheet().case_matters { name.to_owned() } else { name.to_lowercase() }
    }

    /// What is wrong with an attribute's name, and what to do.
    pub fn attribute_fault(self, name: &str) -> Option<Fault> {
        (self.sheet().attribute_fault)(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn types_go_both_ways() {
        assert!(Platform::ALL.into_iter().all(|platform| Platform::named(platform.as_str()) == Some(platform)));
        assert_eq!(Platform::named("mailchip"), None);
    }

    #[rstest]
    #[case(Platform::Mailchimp, "First", true)]
    #[case(Platform::Mailchimp, "EMAIL", true)]
    #[case(Platform::Omnisend, "loyalty points", true)]
    #[case(Platform::Omnisend, "loyalty_points", false)]
    #[case(Platform::Iterable, "emailListIds", true)]
    #[case(Platform::Iterable, "Loyalty points", false)]
    #[case(Platform::ConstantContact, "", true)]
    fn attributes_have_rules(#[case] platform: Platform, #[case] name: &str, #[case] fault: bool) {
        assert_eq!(platform.attribute_fault(name).is_some(), fault);
    }

    /// A sign-in is possible exactly where the sheet says how.
    #[test]
    fn who_signs_in_has_a_server() {
        for sheet in Platform::ALL.map(Platform::sheet) {
            assert_eq!(sheet.credentials.contains(&"oauth"), sheet.authorization_server.is_some(), "{}", sheet.title);
        }
    }
}
