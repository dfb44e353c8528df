//! Constant Contact, v3: the account holds contacts, all segments of an export are one list.

use super::{
    AuthorizationServer, Renewal, SecretUse,
    sheet::{Fault, Sheet, display_name, list_name_fault},
};

pub(super) const SHEET: Sheet = Sheet {
    name: "constant-contact",
    title: "Constant Contact",
    list_word: "list",
    target_fields: &["listId", "list", "adopt"],
    target_example: Some("add `target: {list: NAME}` or `target: {listId: …}`"),
    new_statuses: &[],
    new_statuses_help: "",
    dates_consent: false,
    credentials: &["oauth"],
    credentials_example: "credentials: {oauth: {clientId: ID}}",
    api: "https://api.cc.email",
    api_eu: None,
    api_hosts: None,
    authorization_server: Some(&AuthorizationServer {
        name: "constant-contact",
        title: "Constant Contact",
        base: "https://authz.constantcontact.com/oauth2/default/v1",
        authorize: "authorize",
        token: "token",
        device: Some("device/authorize"),
        metadata: None,
        scopes: &["contact_data", "account_read", "offline_access"],
        secret: SecretUse::BasicOrPkce,
        renewal: Renewal::Refresh { life_hours: 24, unused_days: 180 },
        // One a second is allowed: a little less, since two may arrive closer together than they were sent.
        per_minute: Some(50),
        register_at: "Constant Contact's developer portal, My Applications",
    }),
    case_matters: false,
    list_name: display_name,
    list_name_fault,
    attribute_fault: field_fault,
};

fn field_fault(name: &str) -> Option<Fault> {
    let good = (1..=50).contains(&name.chars().count());
    (!good).then(|| (format!("`{name}` is not the name of a field"), "1 to 50 characters".to_owned()))
}
