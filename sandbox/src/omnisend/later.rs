//! What the vendor does after it has answered: carried out before the next call, in the order in which it is due.

use super::{batch_run, batches, problem::Result, tag_jobs, work::Ctx};
use rusqlite::{OptionalExtension as _, params};

#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    RunBatch = 0,
    ForgetBatch = 1,
    Tag = 2,
}

pub(super) fn schedule(ctx: &Ctx<'_>, due: i64, what: What, row: i64) -> Result<()> {
    let sql = "INSERT INTO later(due, seq, what, row) SELECT ?1, ifnull(max(seq), 0) + 1, ?2, ?3 FROM later WHERE due = ?1";
    ctx.db.prepare_cached(sql)?.execute(params![due, what as i64, row])?;
    Ok(())
}

/// Everything that is due by now. What something brings about happens at the moment it was due.
pub(super) fn apply(ctx: &mut Ctx<'_>) -> Result<()> {
    let now = ctx.now;
    while let Some((due, what, row)) = next(ctx, now)? {
        ctx.now = due;
        match what {
            0 => batch_run::step(ctx, row)?,
            1 => batches::forget(ctx, row)?,
            _ => tag_jobs::run(ctx, row)?,
        }
    }
    ctx.now = now;
    Ok(())
}

fn next(ctx: &Ctx<'_>, now: i64) -> Result<Option<(i64, i64, i64)>> {
    let find = "SELECT due, seq, what, row FROM later WHERE due <= ? ORDER BY due, seq LIMIT 1";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let found: Option<(i64, i64, i64, i64)> = ctx.db.prepare_cached(find)?.query_row([now], read).optional()?;
    let Some((due, seq, what, row)) = found else { return Ok(None) };
    ctx.db.prepare_cached("DELETE FROM later WHERE due = ? AND seq = ?")?.execute([due, seq])?;
    Ok(Some((due, what, row)))
}
