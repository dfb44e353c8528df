//! What a sheet holds.

use super::{AuthorizationServer, SubscriptionStatus};

/// What is wrong with a name, and what to do.
pub type Fault = (String, String);

/// One platform, as data.
pub struct Sheet {
    /// As in `type:` of a connection.
    pub name: &'static str,
    /// As people write it.
    pub title: &'static str,
    /// What holds the members of a segment: `tag` or `list`.
    pub list_word: &'static str,
    /// What a target may say.
    pub target_fields: &'static [&'static str],
    /// What a target must say, as a hint; `None`: nothing, since the account is the audience.
    pub target_example: Option<&'static str>,
    /// Statuses that a new contact can be given, in the words of definitions; none where the platform decides (E13).
    pub new_statuses: &'static [(&'static str, SubscriptionStatus)],
    /// How to choose one of them, as a hint.
    pub new_statuses_help: &'static str,
    /// `subscribed` needs the date of the consent: the platform keeps the latest status.
    pub dates_consent: bool,
    /// Kinds of credentials, and one as an example.
    pub credentials: &'static [&'static str],
    pub credentials_example: &'static str,
    /// Where the API is, without its path; in the EU, where the platform keeps accounts by region.
    pub api: &'static str,
    pub api_eu: Option<&'static str>,
    /// Hosts that end so are the one API: which of them it is goes with the account.
    pub api_hosts: Option<&'static str>,
    /// Where people sign in, where they can.
    pub authorization_server: Option<&'static AuthorizationServer>,
    /// Names of lists that differ in case only are two lists.
    pub case_matters: bool,
    /// The name of a segment's list, by its display name and its name.
    pub list_name: fn(&str, &str) -> String,
    pub list_name_fault: fn(&str) -> Option<&'static str>,
    pub attribute_fault: fn(&str) -> Option<Fault>,
}

/// A list is called after its segment's display name.
pub(super) fn display_name(display_name: &str, _: &str) -> String {
    display_name.to_owned()
}

/// A list's name of at most 255 characters.
pub(super) fn list_name_fault(name: &str) -> Option<&'static str> {
    (name.chars().count() > 255).then_some("a list's name has at most 255 characters")
}
