//! Tags, which are static segments: names are compared without case, ids are given once.

use super::{
    lists::List,
    member::Member,
    problem::{Problem, Result},
    request::moment,
    work::Ctx,
};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;
use serde_json::{Value, json};

/// Tags that a member's answer carries at most; the rest is at `…/tags`.
const SHOWN: usize = 50;
/// Most characters of a tag's name.
const NAME_CHARS: usize = 100;

#[derive(Clone, Debug)]
pub(super) struct Tag {
    pub id: i64,
    pub name: String,
    pub created: i64,
    pub updated: i64,
}

impl Tag {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, name: row.get(1)?, created: row.get(2)?, updated: row.get(3)? })
    }
}

pub(super) fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Tags of a list whose folded name begins with `prefix`, oldest first.
pub(super) fn every(ctx: &Ctx<'_>, list: i64, prefix: &str) -> Result<Vec<Tag>> {
    let mut query =
        ctx.db.prepare_cached("SELECT id, name, created, updated FROM tags WHERE list = ? AND substr(folded, 1, ?) = ? ORDER BY id")?;
    let prefix = fold(prefix);
    let rows = query.query_map(params![list, prefix.chars().count() as i64, prefix], Tag::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn by_name(ctx: &Ctx<'_>, list: &List, name: &str) -> Result<Option<Tag>> {
    let mut query = ctx.db.prepare_cached("SELECT id, name, created, updated FROM tags WHERE list = ? AND folded = ?")?;
    Ok(query.query_row(params![list.row, fold(name)], Tag::read).optional()?)
}

pub(super) fn by_id(ctx: &Ctx<'_>, list: &List, id: &str) -> Result<Tag> {
    let mut query = ctx.db.prepare_cached("SELECT id, name, created, updated FROM tags WHERE list = ? AND id = ?")?;
    let id: i64 = id.parse().map_err(|_| Problem::not_found())?;
    Ok(query.query_row([list.row, id], Tag::read).optional()?.ok_or_else(Problem::not_found)?)
}

pub(super) fn check_name(name: &str) -> Result<()> {
    match name.trim().chars().count() {
        0 => Err(Problem::field("name", "This value should not be blank.").into()),
        length if length > NAME_CHARS => Err(Problem::field("name", "Tag names are at most 100 characters.").into()),
        _ => Ok(()),
    }
}

pub(super) fn create(ctx: &Ctx<'_>, list: &List, name: &str) -> Result<Tag> {
    check_name(name)?;
    let mut write = ctx.db.prepare_cached("INSERT INTO tags(list, name, folded, created, updated) VALUES (?, ?, ?, ?, ?)")?;
    let id = write.insert(params![list.row, name.trim(), fold(name), ctx.now, ctx.now])?;
    Ok(Tag { id, name: name.trim().to_owned(), created: ctx.now, updated: ctx.now })
}

/// The tag of this name, made if there is none.
pub(super) fn ensure(ctx: &Ctx<'_>, list: &List, name: &str) -> Result<i64> {
    match by_name(ctx, list, name)? {
        Some(tag) => Ok(tag.id),
        None => Ok(create(ctx, list, name)?.id),
    }
}

/// Whether anything changed.
pub(super) fn attach(ctx: &Ctx<'_>, tag: i64, member: i64) -> Result<bool> {
    let mut write = ctx.db.prepare_cached("INSERT OR IGNORE INTO tagged(tag, member, added) VALUES (?, ?, ?)")?;
    Ok(write.execute([tag, member, ctx.now])? > 0)
}

/// Whether anything changed.
pub(super) fn detach(ctx: &Ctx<'_>, tag: i64, member: i64) -> Result<bool> {
    let mut write = ctx.db.prepare_cached("DELETE FROM tagged WHERE tag = ? AND member = ?")?;
    Ok(write.execute([tag, member])? > 0)
}

/// The member's tags become exactly these.
pub(super) fn replace(ctx: &Ctx<'_>, member: i64, tags: &[i64]) -> Result<()> {
    let mut clear = ctx.db.prepare_cached("DELETE FROM tagged WHERE member = ?")?;
    clear.execute([member])?;
    tags.iter().try_for_each(|tag| attach(ctx, *tag, member).map(drop))
}

/// A change of tags is a change of the member.
pub(super) fn changed(ctx: &mut Ctx<'_>, list: &List, member: &mut Member) -> Result<()> {
    let mut write = ctx.db.prepare_cached("UPDATE members SET changed = ? WHERE id = ?")?;
    write.execute([ctx.now, member.id])?;
    member.changed = ctx.now;
    ctx.memo.touch(list.row);
    Ok(())
}

/// A member's tags, as its answer carries them.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub first: Vec<ShownTag>,
    /// Of all.
    pub count: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct ShownTag {
    id: i64,
    name: String,
}

pub(super) fn shown(ctx: &Ctx<'_>, member: i64) -> Result<Shown> {
    // Plain, since SQLite would plan a join or a sorted selection anew for each member.
    let mut query = ctx.db.prepare_cached("SELECT tag, (SELECT name FROM tags WHERE id = tag) FROM tagged WHERE member = ?")?;
    let rows = query.query_map([member], |row| Ok(ShownTag { id: row.get(0)?, name: row.get(1)? }))?;
    let mut first = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let count = first.len();
    first.sort_by_key(|tag| tag.id);
    first.truncate(SHOWN);
    Ok(Shown { first, count })
}

/// All tags of a member with when they were added.
pub(super) fn all_of(ctx: &Ctx<'_>, member: i64) -> Result<Vec<Value>> {
    let mut query =
        ctx.db.prepare_cached("SELECT tags.id, name, added FROM tagged JOIN tags ON tags.id = tag WHERE member = ? ORDER BY tags.id")?;
    let rows = query.query_map([member], |row| {
        Ok(json!({"id": row.get::<_, i64>(0)?, "name": row.get::<_, String>(1)?, "date_added": moment(row.get(2)?)}))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
