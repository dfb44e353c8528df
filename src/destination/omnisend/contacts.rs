//! Reads contacts back, page by page.
//!
//! Oldest first, so that nobody moves while pages are read and newcomers stand at the end. The time of the last change cannot be
//! combined with a status; for those of one status who changed since, the latest changes come first, and the reading ends
//! at the first that is older.

use super::{
    super::{ContactPage, ContactRecord, ContainerId, Cursor, Error, ErrorKind, PageRequest},
    api::{Api, Call, read},
    capabilities::PAGE_ROWS,
    spelling,
    wire::{STANDINGS, standing, word},
};
use crate::{member::Email, platform::SubscriptionStatus};
use chrono::{DateTime, FixedOffset};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Page {
    contacts: Vec<Contact>,
    paging: Paging,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Paging {
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    cursors: Cursors,
}

#[derive(Default, Deserialize)]
struct Cursors {
    after: Option<String>,
}

impl Paging {
    /// Where the next page begins; `None`: this was the last.
    pub(super) fn next(self) -> Result<Option<Cursor>, Error> {
        let kind = ErrorKind::Retry { after: None, unknown: false };
        match (self.has_more, self.cursors.after) {
            (false, _) => Ok(None),
            (true, Some(after)) => Ok(Some(Cursor(after))),
            (true, None) => Err(Error::new(kind, "Omnisend says that there is more to read, and not where")),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Contact {
    email: Option<String>,
    identifiers: Vec<Identifier>,
    statuses: Vec<ChannelStatus>,
    tags: Vec<String>,
    updated_at: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Identifier {
    r#type: String,
    id: String,
    channels: BTreeMap<String, Channel>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Channel {
    status: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ChannelStatus {
    channel: String,
    status: String,
}

impl Contact {
    /// One for each address; those that could never be one of ours are left out.
    fn records(&self) -> impl Iterator<Item = ContactRecord> + '_ {
        let named = self.identifiers.iter().filter(|identifier| identifier.r#type == "email").map(|identifier| {
            let status = identifier.channels.get("email").map(|channel| channel.status.as_str());
            (identifier.id.as_str(), status)
        });
        let unnamed = self.email.as_deref().filter(|_| self.identifiers.is_empty()).map(|email| (email, None));
        named.chain(unnamed).filter_map(|(email, status)| self.record(email, status))
    }

    fn record(&self, address: &str, status: Option<&str>) -> Option<ContactRecord> {
        let email = Email::parse(address).ok().flatten()?;
        let of_contact = || self.statuses.iter().find(|status| status.channel == "email").map(|status| status.status.as_str());
        // A status newer than this program, or none: known, and not to be touched.
        let standing = status.or_else(of_contact).and_then(standing).unwrap_or(SubscriptionStatus::NonSubscribed);
        let changed_at = Some(self.updated_at.clone()).filter(|at| !at.is_empty());
        let containers = Some(self.tags.iter().cloned().map(ContainerId).collect());
        let contact = spelling::of(address, &email);
        Some(ContactRecord { changed_at, containers, contact, ..ContactRecord::new(email, standing) })
    }

    fn is_older(&self, since: DateTime<FixedOffset>) -> bool {
        DateTime::parse_from_rfc3339(&self.updated_at).is_ok_and(|at| at < since)
    }
}

/// The brand's contacts, with the tags that they show. One that we gave may not be there yet, so that nobody is taken for removed
/// who lacks it.
pub(super) async fn of_brand(api: &Api, page: &PageRequest) -> Result<ContactPage, Error> {
    let since = page.changed_since.as_deref();
    match page.standing {
        // Nobody here can have another one.
        Some(standing) if !STANDINGS.contains(&standing) => Ok(ContactPage { contacts: Vec::new(), total: Some(0), next: None }),
        Some(standing) if since.is_some() => latest(api, page, standing).await,
        Some(standing) => all(api, oldest_first(page).query("status", word(standing))).await,
        None => {
            let call = oldest_first(page);
            all(api, since.into_iter().fold(call, |call, since| call.query("updatedAtFrom", since))).await
        }
    }
}

/// Those who carry a tag.
pub(super) async fn of_tag(api: &Api, tag: &ContainerId, page: &PageRequest) -> Result<ContactPage, Error> {
    all(api, oldest_first(page).query("tag", &tag.0)).await
}

/// How many carry a tag, where one page shows them all; `None`: more than that.
pub(super) async fn count_of_tag(api: &Api, tag: &str) -> Result<Option<u64>, Error> {
    let request = PageRequest { cursor: None, rows: PAGE_ROWS, changed_since: None, standing: None };
    let page: Page = read(&api.call(oldest_first(&request).query("tag", tag)).await?)?;
    Ok((!page.paging.has_more).then_some(page.contacts.len() as u64))
}

pub(super) async fn find(api: &Api, email: &Email) -> Result<Option<ContactRecord>, Error> {
    let page: Page = read(&api.call(Call::get("/contacts", &["contacts"]).query("email", email.as_str())).await?)?;
    let found = page.contacts.iter().find_map(|contact| {
        let record = contact.records().find(|record| record.email == *email)?;
        Some(ContactRecord { containers: Some(contact.tags.iter().cloned().map(ContainerId).collect()), ..record })
    });
    Ok(found)
}

fn oldest_first(page: &PageRequest) -> Call<'static> {
    sorted(page, "createdAt", "asc")
}

fn sorted(page: &PageRequest, by: &'static str, direction: &'static str) -> Call<'static> {
    let call = Call::get("/contacts", &["contacts"]).query("limit", page.rows.clamp(1, PAGE_ROWS));
    let call = call.query("sort", by).query("direction", direction);
    page.cursor.iter().fold(call, |call, Cursor(after)| call.query("after", after))
}

async fn all(api: &Api, call: Call<'_>) -> Result<ContactPage, Error> {
    let Page { contacts, paging } = read(&api.call(call).await?)?;
    let contacts = contacts.iter().flat_map(Contact::records).collect();
    Ok(ContactPage { contacts, total: None, next: paging.next()? })
}

/// Of one status, who changed since.
async fn latest(api: &Api, page: &PageRequest, standing: SubscriptionStatus) -> Result<ContactPage, Error> {
    let since = page.changed_since.as_deref().and_then(|since| DateTime::parse_from_rfc3339(since).ok());
    let call = sorted(page, "updatedAt", "desc").query("status", word(standing));
    let Page { contacts, paging } = read(&api.call(call).await?)?;
    let reached = since.and_then(|since| contacts.iter().position(|contact| contact.is_older(since)));
    let next = if reached.is_some() { None } else { paging.next()? };
    let contacts = contacts.iter().take(reached.unwrap_or(usize::MAX)).flat_map(Contact::records).collect();
    Ok(ContactPage { contacts, total: None, next })
}
