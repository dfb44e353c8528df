//! People off a list. Only those whom the list has: for whoever is unknown, or was deleted, an unsubscribe would make a
//! profile.

use super::{
    super::{BatchRow, Error, Operation, Outcome},
    api::{Api, Call},
    members::Members,
    routes,
    rows::{self, Told},
    wire::{Unsubscribe, User},
};
use std::collections::HashMap;

pub(super) async fn leave(api: &Api, members: &Members, list: u64, rows: &[&BatchRow]) -> Result<Vec<Outcome>, Error> {
    let on_it = members.of(api, list).await?;
    let there: Vec<&BatchRow> = rows.iter().copied().filter(|row| on_it.binary_search(&row.key).is_ok()).collect();
    let told = if there.is_empty() { Vec::new() } else { unsubscribe(api, list, &there).await?.outcomes };
    let mut told: HashMap<_, _> = there.iter().map(|row| row.key).zip(told).collect();
    Ok(rows.iter().map(|row| told.remove(&row.key).unwrap_or(Outcome::Gone)).collect())
}

/// No campaign is named: none is to be credited with it.
async fn unsubscribe(api: &Api, list_id: u64, rows: &[&BatchRow]) -> Result<Told, Error> {
    let subscribers = rows.iter().map(|row| User::address(row)).collect();
    let body = Unsubscribe { list_id, subscribers, channel_unsubscribe: false };
    let answer = api.call(Call::to(routes::UNSUBSCRIBE).body(&body)?.rows(rows.len())).await?;
    rows::told(&answer, Operation::Leave, rows)
}
