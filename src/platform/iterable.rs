//! Iterable: the project holds contacts, each segment is a list.

use super::sheet::{Fault, Sheet, display_name, list_name_fault};

pub(super) const SHEET: Sheet = Sheet {
    name: "iterable",
    title: "Iterable",
    list_word: "list",
    target_fields: &["names", "adopt", "recreate"],
    target_example: None,
    new_statuses: &[],
    new_statuses_help: "",
    dates_consent: false,
    credentials: &["apiKey"],
    credentials_example: "credentials: {apiKey: {env: ITERABLE_API_KEY}}",
    api: "https://api.iterable.com",
    api_eu: Some("https://api.eu.iterable.com"),
    api_hosts: None,
    authorization_server: None,
    case_matters: true,
    list_name: display_name,
    list_name_fault,
    attribute_fault: field_fault,
};

/// Fields that Iterable keeps itself; writing them would change lists or subscriptions.
const OWN: [&str; 11] = [
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

fn field_fault(name: &str) -> Option<Fault> {
    if OWN.contains(&name) {
        return Some((format!("`{name}` is kept by Iterable itself"), "write another field; the address is `match.email`".to_owned()));
    }
    let good = !name.trim().is_empty() && name.trim() == name && !name.contains('.') && name.len() <= 255;
    (!good).then(|| (format!("`{name}` is not the name of a field"), "no dots, no blanks at the ends, at most 255 bytes".to_owned()))
}
