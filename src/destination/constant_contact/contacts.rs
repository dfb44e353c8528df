//! Reads contacts, page by page.

use super::{
    super::{ContactId, ContactPage, ContactRecord, ContainerId, Cursor, Error, PageRequest},
    api::{Api, Call, Links, read},
    capabilities::PAGE_ROWS,
    wire,
};
use crate::{member::Email, platform::SubscriptionStatus};
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    contacts: Vec<Contact>,
    #[serde(rename = "_links", default)]
    links: Links,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Contact {
    contact_id: String,
    email_address: Address,
    updated_at: Option<String>,
    deleted_at: Option<String>,
    list_memberships: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Address {
    address: String,
    permission_to_send: String,
}

impl Contact {
    /// `None`: its address could never be one of ours, or it has none.
    fn record(self) -> Option<ContactRecord> {
        let email = Email::parse(&self.email_address.address).ok().flatten()?;
        let deleted = self.deleted_at.is_some();
        let standing = if deleted { SubscriptionStatus::Archived } else { wire::standing(&self.email_address.permission_to_send) };
        Some(ContactRecord {
            changed_at: self.updated_at,
            contact: (!self.contact_id.is_empty()).then_some(ContactId(self.contact_id)),
            containers: self.list_memberships.map(|lists| lists.into_iter().map(ContainerId).collect()),
            ..ContactRecord::new(email, standing)
        })
    }
}

/// Of the account: whoever they are, with the lists that they are on, so that it is seen who left one.
pub(super) async fn of_account(api: &Api, page: &PageRequest) -> Result<ContactPage, Error> {
    let mut call = contacts().query("status", wire::status(page.standing)).query("include", "list_memberships");
    if let Some(since) = &page.changed_since {
        call = call.query("updated_after", since);
    }
    get(api, call, page).await
}

/// Of a list.
pub(super) async fn of_list(api: &Api, list: &ContainerId, page: &PageRequest) -> Result<ContactPage, Error> {
    get(api, contacts().query("lists", &list.0).query("status", "all"), page).await
}

pub(super) async fn find(api: &Api, email: &Email) -> Result<Option<ContactRecord>, Error> {
    let call = contacts().query("email", email.as_str()).query("status", "all").query("include", "list_memberships");
    let page: Page = read(&api.call(call).await?)?;
    Ok(page.contacts.into_iter().filter_map(Contact::record).find(|found| found.email == *email))
}

fn contacts<'a>() -> Call<'a> {
    Call::get("/contacts", &["contacts"])
}

async fn get<'a>(api: &Api, call: Call<'a>, page: &'a PageRequest) -> Result<ContactPage, Error> {
    let call = call.query("limit", page.rows.clamp(1, PAGE_ROWS)).after(page.cursor.as_ref().map(|cursor| cursor.0.as_str()));
    let Page { contacts, links } = read(&api.call(call).await?)?;
    Ok(ContactPage { contacts: contacts.into_iter().filter_map(Contact::record).collect(), total: None, next: links.next().map(Cursor) })
}
