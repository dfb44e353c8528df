//! Reading a list's members page by page.

use super::{
    lists::List,
    member::{COLUMNS, Raw},
    memo::Position,
    problem::{Problem, Result},
    request::{Answer, Call, Page, Query},
    standing::{READABLE, Status},
    work::Ctx,
    written::Written,
};
use rusqlite::{ToSql, params_from_iter};
use serde_json::json;

/// Which members, in which order.
#[derive(Debug)]
struct Reading {
    /// Conditions with one `?` each, and their values.
    terms: Vec<(&'static str, i64)>,
    /// `changed`, or a column without an index.
    sort: &'static str,
    descending: bool,
}

impl Reading {
    fn of(query: &Query) -> Result<Self> {
        let mut terms = Vec::new();
        if let Some(status) = query.word("status", READABLE)?.and_then(Status::parse) {
            terms.push(("status = ?", status.code()));
        }
        for (name, term) in [
            ("since_last_changed", "changed > ?"),
            ("before_last_changed", "changed < ?"),
            ("since_timestamp_opt", "opted > ?"),
            ("before_timestamp_opt", "opted < ?"),
        ] {
            if let Some(time) = query.time(name)? {
                terms.push((term, time));
            }
        }
        terms.extend(Self::unsubscribed_since(query)?);
        let sort = match query.word("sort_field", &["timestamp_opt", "timestamp_signup", "last_changed"])? {
            None | Some("last_changed") => "changed",
            Some("timestamp_opt") => "opted",
            Some(_) => "coalesce(json_extract(extra, '$.signed_up'), 0)",
        };
        let descending = query.word("sort_dir", &["ASC", "DESC"])? == Some("DESC");
        Ok(Self { terms, sort, descending })
    }

    fn unsubscribed_since(query: &Query) -> Result<Option<(&'static str, i64)>> {
        let Some(since) = query.time("unsubscribed_since")? else { return Ok(None) };
        if query.text("status") != Some("unsubscribed") {
            return Err(Problem::field("unsubscribed_since", "Only with status unsubscribed.").into());
        }
        Ok(Some(("changed > ?", since)))
    }

    /// A name for what is remembered about it.
    fn key(&self) -> String {
        format!("{:?} {} {}", self.terms, self.sort, self.descending)
    }

    fn condition(&self) -> String {
        self.terms.iter().map(|(term, _)| format!(" AND {term}")).collect()
    }
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let page = call.query.page()?;
    let reading = Reading::of(&call.query)?;
    let found = rows(ctx, &list, &reading, page)?;
    let members = Written::all(ctx, &list, found)?;
    let total = if ctx.select.wants(&["total_items"]) { total(ctx, &list, &reading)? } else { 0 };
    let href = ctx.href(&format!("/lists/{}/members", list.id));
    let links = json!([{"rel": "self", "href": href, "method": "GET"}]);
    Answer::with(json!({"list_id": list.id, "total_items": total, "_links": links}), [members])
}

fn total(ctx: &mut Ctx<'_>, list: &List, reading: &Reading) -> Result<i64> {
    let key = reading.key();
    if let Some(total) = ctx.memo.total(list.row, &key) {
        return Ok(total);
    }
    let sql = format!("SELECT count(*) FROM members WHERE list = ?{}", reading.condition());
    let values = std::iter::once(list.row).chain(reading.terms.iter().map(|(_, value)| *value));
    let total = ctx.db.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?;
    ctx.memo.keep_total(list.row, &key, total);
    Ok(total)
}

/// One page, from the nearest remembered position instead of from the start where there is one.
fn rows(ctx: &mut Ctx<'_>, list: &List, reading: &Reading, page: Page) -> Result<Vec<Raw>> {
    let key = reading.key();
    let known = ctx.memo.nearest(list.row, &key, page.offset).filter(|_| reading.sort == "changed");
    let (sql, values) = statement(list, reading, page, known);
    let mut query = ctx.db.prepare_cached(&sql)?;
    let mut last = None;
    let mut found = Vec::new();
    let mut rows = query.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        last = Some((row.get("changed")?, row.get("id")?));
        found.push(Raw::read(row)?);
    }
    if let (Some(position), "changed") = (last, reading.sort) {
        ctx.memo.mark(list.row, &key, page.offset + found.len() as i64, position);
    }
    Ok(found)
}

fn statement(list: &List, reading: &Reading, page: Page, known: Option<(i64, Position)>) -> (String, Vec<Box<dyn ToSql>>) {
    let (after, direction) = if reading.descending { ("<", "DESC") } else { (">", "ASC") };
    let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(list.row)];
    values.extend(reading.terms.iter().map(|(_, value)| Box::new(*value) as Box<dyn ToSql>));
    let mut seek = String::new();
    let mut offset = page.offset;
    if let Some((at, (changed, id))) = known {
        seek = format!(" AND (changed, id) {after} (?, ?)");
        values.extend([Box::new(changed) as Box<dyn ToSql>, Box::new(id)]);
        offset -= at;
    }
    values.extend([Box::new(page.count) as Box<dyn ToSql>, Box::new(offset)]);
    // The inner reading skips over the index alone; only the page's own rows are fetched from the table.
    let (condition, sort) = (reading.condition(), reading.sort);
    let page_sql = format!(
        "SELECT id AS page_id FROM members WHERE list = ?{condition}{seek} ORDER BY {sort} {direction}, id {direction} LIMIT ? OFFSET ?"
    );
    let sql = format!(
        "SELECT {COLUMNS} FROM ({page_sql}) CROSS JOIN members ON members.id = page_id ORDER BY {sort} {direction}, id {direction}"
    );
    (sql, values)
}
