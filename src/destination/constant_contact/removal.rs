//! Leaving: people are taken off the list by the vendor's ids of them; they stay contacts, with their permission.

use super::{
    super::{BatchRow, ContainerId, Error, Outcome, Submitted},
    activities,
    api::{Api, Call},
    job::{Job, Work},
};
use crate::http::Method;
use serde_json::json;

/// Who has no id is no contact of the account, and so on no list.
pub(super) async fn submit(api: &Api, list: &ContainerId, rows: &[BatchRow]) -> Result<Submitted, Error> {
    let ids: Vec<_> = rows.iter().filter_map(|row| row.contact.as_ref()).map(|id| id.0.as_str()).collect();
    if ids.is_empty() {
        return Ok(Submitted::Done(vec![Outcome::Gone; rows.len()]));
    }
    let body = json!({ "source": { "contact_ids": ids }, "list_ids": [list.0] });
    let path = ["activities", "remove_list_memberships"];
    let call = Call::send(Method::Post, "/activities/remove_list_memberships", &path, &body)?;
    let activity = activities::started(api, call.rows(ids.len())).await?;
    let left_out = rows.iter().filter(|row| row.contact.is_none()).map(|row| row.key).collect();
    Ok(Submitted::Job(Job { work: Work::Removal, activity, list: list.clone(), left_out }.id()))
}
