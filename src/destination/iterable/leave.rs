//! People off a list. Only those whom the list has, by one of two readings: for whoever is unknown, or was deleted, an unsubscribe would
//! make a profile.

use super::{
    super::{BatchRow, Error, Operation, Outcome},
    api::{Api, Call},
    errors,
    members::Members,
    patient, routes, rows,
    wire::{Unsubscribe, User},
};
use crate::member::Key;
use std::collections::{HashMap, HashSet};

pub(super) async fn leave(api: &Api, members: &Members, list: u64, rows: &[&BatchRow]) -> Result<Vec<Outcome>, Error> {
    let keys: Vec<Key> = rows.iter().map(|row| row.key).collect();
    let on_it: HashSet<Key> = members.on_list(api, list, &keys).await?.unwrap_or_default().into_iter().collect();
    let there: Vec<&BatchRow> = rows.iter().copied().filter(|row| on_it.contains(&row.key)).collect();
    let told = if there.is_empty() { Vec::new() } else { unsubscribe(api, list, &there).await? };
    let mut told: HashMap<_, _> = there.iter().map(|row| row.key).zip(told).collect();
    Ok(rows.iter().map(|row| told.remove(&row.key).unwrap_or(Outcome::Gone)).collect())
}

/// No campaign is named: none is to be credited with it.
async fn unsubscribe(api: &Api, list_id: u64, rows: &[&BatchRow]) -> Result<Vec<Outcome>, Error> {
    let subscribers = rows.iter().map(|row| User::address(row)).collect();
    let body = Unsubscribe { list_id, subscribers, channel_unsubscribe: false };
    let call = || Ok(Call::to(routes::UNSUBSCRIBE).body(&body)?.rows(rows.len()));
    match patient::ask(api, list_id, call).await? {
        Some(answer) if answer.is_success() => rows::told(&answer, Operation::Leave, rows).map(|told| told.outcomes),
        Some(answer) => Err(errors::refused(&answer, rows.len())),
        // The listing lacks it: nobody is on it.
        None => Ok(vec![Outcome::Gone; rows.len()]),
    }
}
