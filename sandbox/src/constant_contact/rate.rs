//! What the app may ask: so often a second, so often a day. Calls that are refused count for the day all the same.

use super::{
    problem::{Problem, Result},
    settings::Settings,
};
use crate::rates::Rates;
use rusqlite::{Connection, OptionalExtension as _};

const DAY_MS: i64 = 86_400_000;

/// Counts one call.
pub(super) fn take(db: &Connection, rates: &Rates, settings: &Settings, now: i64) -> Result<()> {
    let sql = "INSERT INTO days VALUES (?, 1) ON CONFLICT(day) DO UPDATE SET requests = requests + 1 RETURNING requests";
    let today: i64 = db.prepare_cached(sql)?.query_row([now.div_euclid(DAY_MS)], |row| row.get(0))?;
    if today > i64::from(settings.per_day) {
        return Err(Problem::quota().into());
    }
    rates.take("app", settings.per_second, 1_000, now).map_err(|_| Problem::throttled().into())
}

/// Calls since 00:00 UTC.
pub(super) fn today(db: &Connection, now: i64) -> Result<i64> {
    let mut query = db.prepare_cached("SELECT requests FROM days WHERE day = ?")?;
    Ok(query.query_row([now.div_euclid(DAY_MS)], |row| row.get(0)).optional()?.unwrap_or(0))
}
