//! Mailchimp, Marketing API 3.0: an audience holds contacts, each segment is a tag in it.

use super::{
    AuthorizationServer, Metadata, Renewal, SecretUse, SubscriptionStatus,
    sheet::{Fault, Sheet, display_name},
};

pub(super) const SHEET: Sheet = Sheet {
    name: "mailchimp",
    title: "Mailchimp",
    list_word: "tag",
    target_fields: &["audienceId", "audience", "names", "adopt"],
    target_example: Some("add `target: {audienceId: …}` or `target: {audience: {name: …}}`"),
    new_statuses: &[
        ("subscribed", SubscriptionStatus::Subscribed),
        ("unsubscribed", SubscriptionStatus::Unsubscribed),
        ("pending", SubscriptionStatus::Pending),
        ("transactional", SubscriptionStatus::NonSubscribed),
    ],
    new_statuses_help: "write `newContacts: {status: …}`, for people the platform has never seen. subscribed: they agreed to get mail; \
         unsubscribed: known, gets none; pending: Mailchimp asks each by mail (held first); transactional: never subscribed, order mail only",
    dates_consent: false,
    credentials: &["apiKey", "oauth"],
    credentials_example: "credentials: {apiKey: {env: MAILCHIMP_API_KEY}}",
    api: "https://api.mailchimp.com",
    api_eu: None,
    api_hosts: Some(".api.mailchimp.com"),
    authorization_server: Some(&AuthorizationServer {
        name: "mailchimp",
        title: "Mailchimp",
        base: "https://login.mailchimp.com/oauth2",
        authorize: "authorize",
        token: "token",
        device: None,
        metadata: Some(Metadata { path: "metadata", api_host: ".api.mailchimp.com" }),
        scopes: &[],
        secret: SecretUse::Form,
        renewal: Renewal::Endless,
        per_minute: None,
        register_at: "Mailchimp, Account & billing, Extras, Registered apps",
    }),
    case_matters: false,
    list_name: display_name,
    list_name_fault: |name| (name.chars().count() > 100).then_some("a tag's name has at most 100 characters"),
    attribute_fault: merge_tag_fault,
};

/// Longest merge tag.
const TAG_CHARS: usize = 10;

fn merge_tag_fault(tag: &str) -> Option<Fault> {
    if tag == "EMAIL" {
        return Some(("the address is not an attribute".to_owned(), "`match.email` names its column".to_owned()));
    }
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
