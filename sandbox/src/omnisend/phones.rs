//! Phone numbers of contacts, each with a channel of its own.

use super::{
    consent::{Standing, Status},
    problem::Result,
    work::Ctx,
};
use rusqlite::params;

#[derive(Debug)]
pub(super) struct Phone {
    pub number: String,
    pub standing: Standing,
}

pub(super) fn of(ctx: &Ctx<'_>, contact: i64) -> Result<Vec<Phone>> {
    let mut query = ctx.db.prepare_cached("SELECT phone, status, status_at FROM phones WHERE contact = ? ORDER BY phone")?;
    let rows = query.query_map([contact], |row| {
        Ok(Phone { number: row.get(0)?, standing: Standing { status: Status::of(row.get(1)?), at: row.get(2)? } })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn save(ctx: &Ctx<'_>, contact: i64, phone: &Phone) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO phones(phone, contact, status, status_at) VALUES (?, ?, ?, ?)";
    let Standing { status, at } = phone.standing;
    ctx.db.prepare_cached(sql)?.execute(params![phone.number, contact, status as i64, at])?;
    Ok(())
}
