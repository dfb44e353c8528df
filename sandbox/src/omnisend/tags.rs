//! Tags: names that contacts carry. A tag is there as soon as somebody carries it.

use super::{problem::Result, work::Ctx};
use crate::vendor::Held;
use rusqlite::OptionalExtension as _;

pub(super) fn of(ctx: &Ctx<'_>, contact: i64) -> Result<Vec<String>> {
    let sql = "SELECT t.name FROM tagged g JOIN tags t ON t.row = g.tag WHERE g.contact = ? ORDER BY t.name";
    let mut query = ctx.db.prepare_cached(sql)?;
    let names = query.query_map([contact], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(names)
}

/// True: the contact did not carry all of them before.
pub(super) fn attach(ctx: &Ctx<'_>, contact: i64, names: &[String]) -> Result<bool> {
    let mut changed = 0;
    for name in names {
        let tag = match row(ctx, name)? {
            Some(tag) => tag,
            None => ctx.db.prepare_cached("INSERT INTO tags(name) VALUES (?)")?.insert([name])?,
        };
        changed += ctx.db.prepare_cached("INSERT OR IGNORE INTO tagged(tag, contact) VALUES (?, ?)")?.execute([tag, contact])?;
    }
    Ok(changed > 0)
}

/// True: the contact carried one of them.
pub(super) fn detach(ctx: &Ctx<'_>, contact: i64, names: &[String]) -> Result<bool> {
    let mut changed = 0;
    for name in names {
        if let Some(tag) = row(ctx, name)? {
            changed += ctx.db.prepare_cached("DELETE FROM tagged WHERE tag = ? AND contact = ?")?.execute([tag, contact])?;
        }
    }
    Ok(changed > 0)
}

pub(super) fn detach_all(ctx: &Ctx<'_>, contact: i64) -> Result<()> {
    ctx.db.prepare_cached("DELETE FROM tagged WHERE contact = ?")?.execute([contact])?;
    Ok(())
}

fn row(ctx: &Ctx<'_>, name: &str) -> Result<Option<i64>> {
    Ok(ctx.db.prepare_cached("SELECT row FROM tags WHERE name = ?")?.query_row([name], |row| row.get(0)).optional()?)
}

/// For the page: every tag that was ever given.
pub(super) fn held(ctx: &Ctx<'_>) -> Result<Vec<Held>> {
    let sql = "SELECT t.name, (SELECT count(*) FROM tagged g WHERE g.tag = t.row) FROM tags t ORDER BY t.name";
    let mut query = ctx.db.prepare_cached(sql)?;
    let read = |row: &rusqlite::Row<'_>| {
        let name: String = row.get(0)?;
        Ok(Held { kind: "tag", id: name.clone(), name, members: row.get(1)? })
    };
    let held = query.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
    Ok(held)
}
