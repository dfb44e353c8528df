//! Fields that no profile has yet. There is no call that makes a field: the first value written fixes its type, for good.
//!
//! So that neither chance nor a race decides the type,
//! * a batch that carries such a field first goes out as a bulk update: that call makes fields where the project would
//!   drop them, and repeating it starts no journey;
//! * one such update is under way at a time, and whoever waited for it looks again (another export has to wait as well: runs
//!   of one place take turns);
//! * texts that could be taken for a date stand behind those that cannot.

use super::{
    super::{BatchRow, Error, Outcome},
    api::Api,
    fields,
    known::{Known, values},
    write,
};
use crate::{definition::FieldType, member::Value};
use std::collections::BTreeSet;

/// Sees to it that every field of these rows is in the project before they are sent.
pub(super) async fn make(api: &Api, known: &Known, rows: &[&BatchRow]) -> Result<(), Error> {
    complete(api, known, rows).await?;
    if known.unwritten(rows).is_empty() {
        return Ok(());
    }
    let _turn = known.turn().await;
    let new = known.unwritten(rows);
    if new.is_empty() {
        return Ok(());
    }
    let (kinds, mut telling) = (known.kinds(), carriers(rows, &new));
    telling.sort_by_key(|row| values(row).any(|(name, value)| kinds.get(name) == Some(&FieldType::Text) && may_be_a_date(value)));
    let outcomes = write::update(api, &kinds, &telling).await?;
    let taken = telling.into_iter().zip(outcomes).filter(|(_, outcome)| matches!(outcome, Outcome::Done { .. }));
    known.written(taken.map(|(row, _)| row));
    Ok(())
}

/// Kinds are learnt when the project is observed; a run that sends without that asks now.
async fn complete(api: &Api, known: &Known, rows: &[&BatchRow]) -> Result<(), Error> {
    if known.stranger(rows).is_none() {
        return Ok(());
    }
    known.learn(&fields::all(api).await?);
    match known.stranger(rows) {
        None => Ok(()),
        Some(name) => Err(Error::stall(format!("the project has no field {name} that could be written")).hint("plan again")),
    }
}

fn carriers<'a>(rows: &[&'a BatchRow], new: &BTreeSet<String>) -> Vec<&'a BatchRow> {
    rows.iter().copied().filter(|row| values(row).any(|(name, _)| new.contains(name))).collect()
}

/// Nothing but what dates are made of; how the vendor tells them is not documented.
fn may_be_a_date(value: &Value) -> bool {
    let Value::Text(text) = value else { return false };
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || "-/.:+TZ ".contains(c))
}
