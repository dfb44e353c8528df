//! What happens to people the platform has never seen: a choice someone makes where the platform lets the caller choose (E13).

use super::{consent::consent, scope::Scope};
use crate::{
    definition::{
        ConnectionType, NewContacts,
        document::{ExportDoc, NewContactsDoc, StatusDoc},
        yaml::At,
    },
    member::Standing,
};

const MAILCHIMP: &str = "write `newContacts: {status: …}`, for people the platform has never seen. subscribed: they agreed to get mail; \
     unsubscribed: known, gets none; pending: Mailchimp asks each by mail (held first); transactional: never subscribed, order mail only";
const OMNISEND: &str = "write `newContacts: {status: …}`, for people the platform has never seen. non-subscribed: known, gets no campaign \
     until they opt in; subscribed: they agreed to get mail, and `consent: {column, at}` says when; unsubscribed: known, gets none";

pub fn new_contacts(doc: &ExportDoc, kind: Option<ConnectionType>, scope: &mut Scope<'_>) -> Option<NewContacts> {
    let Some(kind) = kind else { return Some(NewContacts::default()) };
    if kind.new_statuses().is_empty() {
        return match &doc.new_contacts {
            Some(written) => without_status(written, kind, scope),
            None => Some(NewContacts::default()),
        };
    }
    let statuses = if kind == ConnectionType::Omnisend { OMNISEND } else { MAILCHIMP };
    let written = scope.need(&doc.new_contacts, scope.head, "newContacts", statuses)?;
    let consent = consent(written, scope);
    let status = standing(written, kind, statuses, scope)?;
    let dated = consent.as_ref().is_some_and(|consent| consent.at.is_some());
    if kind == ConnectionType::Omnisend && status == Standing::Subscribed && !dated {
        let hint = "the platform keeps the latest status, so a consent without its own date could subscribe somebody again: add \
                    `consent: {column: …, at: …}`, or write `status: non-subscribed`";
        scope.error(written.at, "`subscribed` needs the date of the consent", hint);
        return None;
    }
    Some(NewContacts { status: Some(status), consent })
}

fn without_status(written: &At<NewContactsDoc>, kind: ConnectionType, scope: &mut Scope<'_>) -> Option<NewContacts> {
    let Some(status) = &written.status else { return Some(NewContacts { status: None, consent: consent(written, scope) }) };
    let message = format!("{} decides the status of new contacts itself", kind.title());
    scope.error(status.at, message, "leave `status` out; the plan says what the platform does");
    None
}

fn standing(written: &At<NewContactsDoc>, kind: ConnectionType, statuses: &str, scope: &mut Scope<'_>) -> Option<Standing> {
    let status = scope.need(&written.status, written.at, "status", statuses)?;
    let name = match status.value {
        StatusDoc::Subscribed => "subscribed",
        StatusDoc::Unsubscribed => "unsubscribed",
        StatusDoc::Pending => "pending",
        StatusDoc::Transactional => "transactional",
        StatusDoc::NonSubscribed => "non-subscribed",
    };
    let found = kind.new_statuses().iter().find(|(known, _)| *known == name).map(|(_, standing)| *standing);
    if found.is_none() {
        scope.error(status.at, format!("{} has no status `{name}` for new contacts", kind.title()), statuses);
    }
    found
}
