//! What was accepted takes effect later, each call after a time of its own, also when a later call is due earlier: the
//! vendor promises no order. Whenever a call comes in, everything due by then is carried out first.

use super::{failures::Why, lists::List, observed, person::Person, profile, refusal::Result, settings::Project, work::Ctx};
use crate::draw;
use rusqlite::params;
use serde::{Deserialize, Serialize};

/// What a call brings about.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Change {
    /// Profiles, and membership of the list if there is one.
    Upsert {
        people: Vec<Person>,
        list: Option<i64>,
    },
    Leave {
        people: Vec<Person>,
        list: i64,
        channel_off: bool,
    },
    Remove {
        person: Person,
    },
}

/// Calls carried out at one time; more wait in the database.
const AT_ONCE: i64 = 50;

/// Calls that are due and may wait.
const MUCH: i64 = 40;

/// Keeps the change until it is due.
pub(super) fn later(ctx: &Ctx<'_>, change: &Change) -> Result<()> {
    let sql = "INSERT INTO pending(due, change) VALUES (?, ?)";
    ctx.db.prepare_cached(sql)?.execute(params![ctx.now_ms, serde_json::to_string(change)?])?;
    let seq = ctx.db.last_insert_rowid();
    let (least, most) = ctx.settings.visible_after_ms;
    let wait_ms = draw::between(least, most, draw::chance(ctx.settings.seed, seq.unsigned_abs(), 0));
    ctx.db.prepare_cached("UPDATE pending SET due = due + ? WHERE seq = ?")?.execute([wait_ms, seq])?;
    Ok(())
}

/// Whether many calls are due.
pub(super) fn is_much(ctx: &Ctx<'_>) -> Result<bool> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM pending WHERE due <= ? LIMIT 40)";
    let due: i64 = ctx.db.prepare_cached(sql)?.query_row([ctx.now_ms], |row| row.get(0))?;
    Ok(due >= MUCH)
}

pub(super) fn everything_due(ctx: &Ctx<'_>) -> Result<()> {
    loop {
        let due = due(ctx)?;
        if due.is_empty() {
            return Ok(());
        }
        for (seq, at_ms, change) in due {
            carry_out(ctx, serde_json::from_str(&change)?, at_ms)?;
            ctx.db.prepare_cached("DELETE FROM pending WHERE seq = ?")?.execute([seq])?;
        }
    }
}

fn due(ctx: &Ctx<'_>) -> Result<Vec<(i64, i64, String)>> {
    let sql = "SELECT seq, due, change FROM pending WHERE due <= ? ORDER BY due, seq LIMIT ?";
    let mut query = ctx.db.prepare_cached(sql)?;
    let rows = query.query_map([ctx.now_ms, AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn carry_out(ctx: &Ctx<'_>, change: Change, at_ms: i64) -> Result<()> {
    match change {
        Change::Upsert { people, list } => {
            let list = list.map(|list| List::find(ctx, list)).transpose()?.flatten();
            people.iter().try_for_each(|person| upsert(ctx, person, list.as_ref(), at_ms))
        }
        Change::Leave { people, list, channel_off } => people.iter().try_for_each(|person| leave(ctx, person, list, channel_off, at_ms)),
        Change::Remove { person } => match profile::find(ctx, &person)? {
            Some(known) => profile::remove(ctx, known.id),
            None => Ok(()),
        },
    }
}

fn upsert(ctx: &Ctx<'_>, person: &Person, list: Option<&List>, at_ms: i64) -> Result<()> {
    if is_forgotten(ctx, person)? {
        return Ok(());
    }
    let user = profile::upsert(ctx, person, at_ms)?;
    if let Some(list) = list {
        list.put_on(ctx, user)?;
    }
    Ok(())
}

fn is_forgotten(ctx: &Ctx<'_>, person: &Person) -> Result<bool> {
    Ok(profile::refused(ctx, person)? == Some(Why::Forgotten))
}

/// An unsubscribe makes the user in an email-based project, as the vendor does.
fn leave(ctx: &Ctx<'_>, person: &Person, list: i64, channel_off: bool, at_ms: i64) -> Result<()> {
    let user = match profile::find(ctx, person)? {
        Some(known) => known.id,
        None if ctx.settings.project == Project::Email && !is_forgotten(ctx, person)? => {
            observed::count(ctx, "madeByUnsubscribe", 1)?;
            profile::upsert(ctx, person, at_ms)?
        }
        None => return Ok(()),
    };
    ctx.db.prepare_cached("DELETE FROM members WHERE list = ? AND user = ?")?.execute([list, user])?;
    if channel_off { profile::turn_channel_off(ctx, user) } else { Ok(()) }
}
