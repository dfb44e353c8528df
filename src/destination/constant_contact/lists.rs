//! The account's lists: reading, creating, renaming, deleting them.

use super::{
    super::{ContainerId, Error, RemoteContainer, cursors::Cursors, made_once::made_once, words::moment},
    activities::{self, Activity},
    api::{Api, Call, Links, read},
    errors,
};
use crate::http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Lists a page; an account has about a thousand at most.
const PAGE: usize = 500;
const ROUTE: &str = "/contact_lists/{id}";

#[derive(Deserialize)]
struct List {
    list_id: String,
    name: String,
    membership_count: Option<u64>,
    #[serde(default)]
    created_at: String,
}

impl From<List> for RemoteContainer {
    fn from(List { list_id, name, membership_count, created_at }: List) -> Self {
        Self { made: moment(&created_at), ..Self::new(list_id, name, membership_count) }
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    lists: Vec<List>,
    #[serde(rename = "_links", default)]
    links: Links,
}

/// All, with how many are on each.
pub(super) async fn all(api: &Api) -> Result<Vec<RemoteContainer>, Error> {
    let (mut lists, mut cursor, mut cursors) = (Vec::new(), None, Cursors::default());
    loop {
        let call = Call::get("/contact_lists", &["contact_lists"]).query("limit", PAGE).query("include_membership_count", "all");
        let page: Page = read(&api.call(call.after(cursor.as_deref())).await?)?;
        lists.extend(page.lists.into_iter().map(RemoteContainer::from));
        cursor = cursors.follow(page.links.next())?;
        if cursor.is_none() {
            return Ok(lists);
        }
    }
}

pub(super) async fn create(api: &Api, name: &str) -> Result<RemoteContainer, Error> {
    made_once("Constant Contact", || found(api, name), || make(api, name)).await
}

/// The vendor folds case: names that differ only so are one.
async fn found(api: &Api, name: &str) -> Result<Option<RemoteContainer>, Error> {
    let folded = name.trim().to_lowercase();
    let found = all(api).await?.into_iter().find(|list| list.name.trim().to_lowercase() == folded);
    match found {
        Some(RemoteContainer { name, members: Some(members @ 1..), .. }) => {
            Err(Error::stall(format!("a list {name:?} with {members} members exists already"))
                .hint("to take it over add `adopt: {lists: true}` under target, or name it by its id"))
        }
        found => Ok(found),
    }
}

/// `None`: a list of that name is there after all.
async fn make(api: &Api, name: &str) -> Result<Option<RemoteContainer>, Error> {
    let body = json!({ "name": name, "description": "Kept by Listkeeper" });
    let answer = api.answer(Call::send(Method::Post, "/contact_lists", &["contact_lists"], &body)?.once()).await?;
    match answer.status {
        409 => Ok(None),
        _ if answer.is_success() => Ok(Some(RemoteContainer { members: Some(0), ..read::<List>(&answer)?.into() })),
        _ => Err(errors::refused(&answer, 1)),
    }
}

/// What a change of a list has to carry, or it would be emptied.
#[derive(Deserialize, Serialize)]
struct Details {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default)]
    favorite: bool,
}

/// What people wrote about the list stays.
pub(super) async fn rename(api: &Api, id: &ContainerId, to: &str) -> Result<RemoteContainer, Error> {
    let path = ["contact_lists", id.0.as_str()];
    let details: Details = read(&api.call(Call::get(ROUTE, &path)).await?)?;
    let call = Call::send(Method::Put, ROUTE, &path, &Details { name: to.to_owned(), ..details })?;
    Ok(read::<List>(&api.call(call).await?)?.into())
}

/// Returns when it is gone: by this call, by an earlier one whose answer was lost, or by somebody else.
pub(super) async fn delete(api: &Api, id: &ContainerId) -> Result<(), Error> {
    let answer = api.answer(Call::delete(ROUTE, &["contact_lists", &id.0])).await?;
    match answer.status {
        _ if errors::is_absent(&answer) => Ok(()),
        _ if answer.is_success() => activities::done(api, &read::<Activity>(&answer)?.id).await,
        _ => Err(errors::refused(&answer, 1)),
    }
}
