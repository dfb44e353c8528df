//! Reading activities.

use super::{
    activity::{Activity, COLUMNS},
    cursor,
    problem::Result,
    request::{Answer, Call},
    work::Ctx,
};
use rusqlite::params;
use serde_json::json;
use std::collections::BTreeMap;

/// The vendor has no word for those that have not begun.
const STATES: &[&str] = &["processing", "completed", "cancelled", "failed", "timed_out"];

/// Newest first.
pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let limit = call.query.limit(500)?;
    let state = call.query.words("state", STATES)?.first().copied();
    let (_, before) = call.after.unwrap_or((0, i64::MAX));
    let filter = "?1 IS NULL OR outcome = ?1 OR (?1 = 'processing' AND outcome IS NULL AND starts <= ?2)";
    let sql = format!("SELECT {COLUMNS} FROM activities WHERE ({filter}) AND row < ?3 ORDER BY row DESC LIMIT ?4");
    let mut query = ctx.db.prepare_cached(&sql)?;
    let mut found = query.query_map(params![state, ctx.now, before, limit + 1], Activity::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let next = cursor::cut(&mut found, limit, |activity| (0, activity.row));
    let activities: Vec<_> = found.iter().map(|activity| activity.to_json(ctx.now)).collect();
    Answer::json(200, json!({"activities": activities, "_links": cursor::links(call, next)}))
}

pub(super) fn get(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    Answer::json(200, Activity::get(ctx, ids[0])?.to_json(ctx.now))
}

/// How many the history holds.
pub(super) fn by_kind(ctx: &Ctx<'_>) -> Result<BTreeMap<String, i64>> {
    let mut query = ctx.db.prepare_cached("SELECT kind, count(*) FROM activities GROUP BY kind")?;
    Ok(query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}
