//! What happens to people the platform has never seen: a choice someone makes where the platform lets the caller choose (E13).

use super::{consent::consent, scope::Scope};
use crate::{
    definition::{
        NewContacts,
        document::{ExportDoc, NewContactsDoc, StatusDoc},
        yaml::At,
    },
    platform::{Platform, Sheet, SubscriptionStatus},
};

pub fn new_contacts(doc: &ExportDoc, kind: Option<Platform>, scope: &mut Scope<'_>) -> Option<NewContacts> {
    let Some(sheet) = kind.map(Platform::sheet) else { return Some(NewContacts::default()) };
    if sheet.new_statuses.is_empty() {
        return match &doc.new_contacts {
            Some(written) => without_status(written, sheet, scope),
            None => Some(NewContacts::default()),
        };
    }
    let written = scope.need(&doc.new_contacts, scope.head, "newContacts", sheet.new_statuses_help)?;
    let consent = consent(written, scope);
    let status = standing(written, sheet, scope)?;
    let dated = consent.as_ref().is_some_and(|consent| consent.at.is_some());
    if sheet.dates_consent && status == SubscriptionStatus::Subscribed && !dated {
        let hint = "the platform keeps the latest status, so a consent without its own date could subscribe somebody again: add \
                    `consent: {column: …, at: …}`, or write `status: non-subscribed`";
        scope.error(written.at, "`subscribed` needs the date of the consent", hint);
        return None;
    }
    Some(NewContacts { status: Some(status), consent })
}

fn without_status(written: &At<NewContactsDoc>, sheet: &Sheet, scope: &mut Scope<'_>) -> Option<NewContacts> {
    let Some(status) = &written.status else { return Some(NewContacts { status: None, consent: consent(written, scope) }) };
    let message = format!("{} decides the status of new contacts itself", sheet.title);
    scope.error(status.at, message, "leave `status` out; the plan says what the platform does");
    None
}

fn standing(written: &At<NewContactsDoc>, sheet: &Sheet, scope: &mut Scope<'_>) -> Option<SubscriptionStatus> {
    let status = scope.need(&written.status, written.at, "status", sheet.new_statuses_help)?;
    let name = match status.value {
        StatusDoc::Subscribed => "subscribed",
        StatusDoc::Unsubscribed => "unsubscribed",
        StatusDoc::Pending => "pending",
        StatusDoc::Transactional => "transactional",
        StatusDoc::NonSubscribed => "non-subscribed",
    };
    let found = sheet.new_statuses.iter().find(|(known, _)| *known == name).map(|(_, standing)| *standing);
    if found.is_none() {
        scope.error(status.at, format!("{} has no status `{name}` for new contacts", sheet.title), sheet.new_statuses_help);
    }
    found
}
