//! Whom an activity is for: named by id, by list, or everybody.

use super::{
    activity::Who,
    contact::MAILABLE,
    contact_id::row_of,
    lists::List,
    problem::{Problem, Result},
    shape,
    undone::hash,
    work::Ctx,
};
use serde_json::{Map, Value};

/// Contacts by id; ids that are nobody's are left out.
pub(super) fn rows(ids: &[String]) -> Vec<i64> {
    ids.iter().map(|id| row_of(id).unwrap_or_default()).collect()
}

/// What an object with one of `contact_ids`, `list_ids` and `all_active_contacts` says.
pub(super) fn read(ctx: &Ctx<'_>, source: &Map<String, Value>, except: Vec<i64>) -> Result<Who> {
    let contacts = shape::ids(source, "contact_ids");
    if !contacts.is_empty() {
        return Ok(Who::Contacts(rows(&contacts)));
    }
    let lists = shape::ids(source, "list_ids");
    if !lists.is_empty() {
        let lists = lists.iter().map(|id| Ok(List::get(ctx, id)?.row)).collect::<Result<_>>()?;
        return Ok(Who::OnLists { lists, except });
    }
    match source.get("all_active_contacts") {
        Some(Value::Bool(true)) => Ok(Who::Active { except }),
        _ => Err(Problem::invalid("nobody is named").into()),
    }
}

/// Contacts that exist, as of now.
pub(super) fn contacts(ctx: &Ctx<'_>, who: &Who) -> Result<Vec<i64>> {
    let (condition, except) = match who {
        Who::Contacts(rows) => return known(ctx, rows),
        Who::OnLists { lists, except } => (format!("row IN (SELECT contact FROM memberships WHERE list IN ({}))", joined(lists)), except),
        Who::Active { except } => (format!("deleted IS NULL AND permission IN ({MAILABLE})"), except),
        Who::Everybody { except } => ("1".to_owned(), except),
    };
    let sql = format!("SELECT row FROM contacts WHERE {condition} AND row NOT IN ({}) ORDER BY row", joined(except));
    Ok(ctx.db.prepare(&sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

fn known(ctx: &Ctx<'_>, rows: &[i64]) -> Result<Vec<i64>> {
    let mut query = ctx.db.prepare_cached("SELECT 1 FROM contacts WHERE row = ?")?;
    let found = rows.iter().map(|row| Ok(query.exists([row])?.then_some(*row)));
    Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Hashes of the addresses of those who are named one by one, sorted.
pub(super) fn hashes(ctx: &Ctx<'_>, who: &Who) -> Result<Option<Vec<u64>>> {
    let Who::Contacts(rows) = who else { return Ok(None) };
    let mut query = ctx.db.prepare_cached("SELECT coalesce(key, '') FROM contacts WHERE row = ?")?;
    let mut found = Vec::new();
    for row in known(ctx, rows)? {
        found.push(hash(&query.query_row([row], |row| row.get::<_, String>(0))?));
    }
    found.sort_unstable();
    Ok(Some(found))
}

fn joined(rows: &[i64]) -> String {
    rows.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}
