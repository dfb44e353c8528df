//! Who is on which list.

use super::{problem::Result, tally::Event, work::Ctx};

/// Lists that a contact may be on.
const LIMIT: i64 = 50;

pub(super) fn off_all(ctx: &Ctx<'_>, contact: i64) -> Result<()> {
    ctx.db.prepare_cached("DELETE FROM memberships WHERE contact = ?")?.execute([contact])?;
    Ok(())
}

/// Puts somebody on a list; false if there is no room for one more. Who had left it comes back, which is counted.
pub(super) fn put(ctx: &mut Ctx<'_>, contact: i64, list: i64, how: &str) -> Result<bool> {
    if ctx.db.prepare_cached("INSERT OR IGNORE INTO memberships VALUES (?, ?)")?.execute([list, contact])? == 0 {
        return Ok(true);
    }
    let mut count = ctx.db.prepare_cached("SELECT count(*) FROM memberships WHERE contact = ?")?;
    if count.query_row([contact], |row| row.get::<_, i64>(0))? > LIMIT {
        ctx.db.prepare_cached("DELETE FROM memberships WHERE list = ? AND contact = ?")?.execute([list, contact])?;
        return Ok(false);
    }
    if ctx.db.prepare_cached("DELETE FROM leavers WHERE list = ? AND contact = ?")?.execute([list, contact])? > 0 {
        ctx.tally.add(Event::LeaverReadded, 1);
        ctx.note(1, &format!("{how} re-added someone who left the list"));
    }
    Ok(true)
}
