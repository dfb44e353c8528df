//! Whose credentials these are, what kind of project it is, and one user of it.

use super::{
    super::{Account, ContactRecord, ContainerId, Error},
    api::{Api, Call, read},
    errors, lists, routes,
};
use crate::{member::Email, platform::SubscriptionStatus};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The field that tells a user's lists: which of them a project has tells how it knows its users.
const BY_EMAIL: &str = "emailListIds";
const BY_USER_ID: &str = "userListIds";
/// A hash takes 67 bytes.
const FORGOTTEN_LIMIT: usize = 256 << 20;

/// Probes the key.
pub(super) async fn verify(api: &Api) -> Result<Account, Error> {
    let lists = lists::all(api).await?;
    let name = format!("the project behind this key ({})", api.place);
    Ok(Account {
        id: api.place.0.clone(),
        name,
        budget_key: api.budget_key.clone(),
        shows: Some(lists.into_iter().map(Into::into).collect()),
    })
}

/// Refuses a project that knows its users by user id alone: there, an address names nobody. A hybrid project has the same
/// field of lists, so that another call decides, which only such a project refuses.
pub(super) async fn refuse_user_ids(api: &Api, fields: &BTreeMap<String, String>) -> Result<(), Error> {
    if fields.contains_key(BY_EMAIL) || !fields.contains_key(BY_USER_ID) {
        return Ok(());
    }
    let answer = api.answer(Call::to(routes::FORGOTTEN).long(FORGOTTEN_LIMIT)).await?;
    match answer.status {
        400 => Err(Error::stall("this Iterable project knows its users by user id alone, and Listkeeper by their address")
            .hint("use a key of a project that is email-based or hybrid; a project's type cannot be changed")),
        // What this key may not ask says nothing of the project: who cannot be found there comes back refused, row by row.
        403 | 404 => Ok(()),
        _ if answer.is_success() => Ok(()),
        _ => Err(errors::refused(&answer, 1)),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Found {
    user: Option<User>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct User {
    data_fields: Lists,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Lists {
    email_list_ids: Vec<u64>,
    user_list_ids: Vec<u64>,
    unsubscribed_channel_ids: Vec<serde_json::Value>,
    unsubscribed_message_type_ids: Vec<serde_json::Value>,
}

impl Lists {
    /// Whoever opted out of anything has opted out: a new profile would get all of it.
    fn standing(&self) -> SubscriptionStatus {
        let opted_out = !self.unsubscribed_channel_ids.is_empty() || !self.unsubscribed_message_type_ids.is_empty();
        if opted_out { SubscriptionStatus::Unsubscribed } else { SubscriptionStatus::NonSubscribed }
    }
}

/// Whoever is unknown is an empty answer.
pub(super) async fn find(api: &Api, email: &Email) -> Result<Option<ContactRecord>, Error> {
    let answer = api.call(Call::to(routes::USER).query("email", email.as_str())).await?;
    let Some(user) = read::<Found>(&answer)?.user else { return Ok(None) };
    let standing = user.data_fields.standing();
    let lists = user.data_fields.email_list_ids.into_iter().chain(user.data_fields.user_list_ids);
    let containers = lists.map(|id| ContainerId(id.to_string())).collect();
    Ok(Some(ContactRecord { containers: Some(containers), standing, ..unjudged(email.clone()) }))
}

/// A list says nothing of what someone is subscribed to.
pub(super) fn unjudged(email: Email) -> ContactRecord {
    ContactRecord::new(email, SubscriptionStatus::NonSubscribed)
}
