//! An import carried out: keyed by address, only what was sent changes, lists are only added.

use super::{
    activity_run::Done,
    contact::{Contact, key},
    fields::{self, Field},
    import_row::{Bad, Row},
    on_lists,
    problem::Result,
    work::Ctx,
};
use serde_json::{Map, Value, json, value::RawValue};
use std::collections::BTreeMap;

/// Figures of one import, all that the vendor ever says of it.
#[derive(Debug, Default)]
struct Counts {
    error: u64,
    correctable: u64,
    cannot_add_to_list: u64,
}

/// What became of a row.
enum Fate {
    Listed,
    NotListed,
    Bad(Bad),
}

impl Counts {
    fn add(&mut self, fate: &Fate) {
        match fate {
            Fate::Listed => {}
            Fate::NotListed => self.cannot_add_to_list += 1,
            Fate::Bad(Bad::Correctable) => self.correctable += 1,
            Fate::Bad(Bad::Error) => self.error += 1,
        }
    }
}

pub(super) fn run(ctx: &mut Ctx<'_>, lists: &[i64], headed: bool, rows: &str) -> Result<Done> {
    let (fields, lists) = (fields::by_name(ctx)?, existing(ctx, lists)?);
    let rows: Vec<&RawValue> = serde_json::from_str(rows)?;
    let mut counts = Counts::default();
    for row in &rows {
        let row: Map<String, Value> = serde_json::from_str(row.get())?;
        counts.add(&one(ctx, &row, &fields, &lists)?);
    }
    let counts = json!({
        "items_total_count": rows.len() + usize::from(headed), "person_count": rows.len(), "error_count": counts.error,
        "correctable_count": counts.correctable, "cannot_add_to_list_count": counts.cannot_add_to_list,
    });
    Ok(Done { counts, result: None })
}

/// A list that was deleted meanwhile gets nobody.
fn existing(ctx: &Ctx<'_>, lists: &[i64]) -> Result<Vec<i64>> {
    let mut query = ctx.db.prepare_cached("SELECT 1 FROM lists WHERE row = ? AND deleted IS NULL")?;
    let kept = lists.iter().map(|list| Ok(query.exists([list])?.then_some(*list)));
    Ok(kept.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn one(ctx: &mut Ctx<'_>, row: &Map<String, Value>, fields: &BTreeMap<String, Field>, lists: &[i64]) -> Result<Fate> {
    let row = match Row::read(row, fields, ctx.settings.phones_abroad) {
        Ok(row) => row,
        Err(bad) => return Ok(Fate::Bad(bad)),
    };
    let key = key(&row.email);
    if ctx.db.prepare_cached("SELECT 1 FROM refused WHERE key = ?")?.exists([&key])? {
        return Ok(Fate::Bad(Bad::Error));
    }
    let clears = ctx.settings.blanks_clear.then_some(fields);
    let known = Contact::by_key(ctx, &key)?;
    let mut contact = known.unwrap_or_else(|| Contact::new(&row.email, "Account", ctx.now));
    if let Err(bad) = row.apply(&mut contact.profile, clears) {
        return Ok(Fate::Bad(bad));
    }
    contact.revive(ctx, "an import");
    "Account".clone_into(&mut contact.update_source);
    contact.save(ctx)?;
    Ok(if listed(ctx, &contact, lists)? { Fate::Listed } else { Fate::NotListed })
}

/// Whether the contact is on all the lists now.
fn listed(ctx: &mut Ctx<'_>, contact: &Contact, lists: &[i64]) -> Result<bool> {
    if contact.unsubscribed() {
        return Ok(false);
    }
    let mut all = true;
    for list in lists {
        all &= on_lists::put(ctx, contact.row, *list, "an import")?;
    }
    Ok(all)
}
