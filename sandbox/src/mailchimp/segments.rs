//! Static segments, which the vendor shows as tags.

use super::{
    email,
    lists::List,
    member::Member,
    problem::{Problem, Result},
    request::{Answer, Call, Query, moment},
    schema::{self, Kind, Shape},
    standing::Status,
    tags::{self, Tag},
    work::Ctx,
};
use rusqlite::params;
use serde_json::{Map, Value, json};

const BODY: &Shape = &[("name", Kind::Text, true), ("static_segment", Kind::Texts, false), ("options", Kind::Open, false)];

/// Statuses that a segment's answers count and show: the subscribed, and what the client includes.
#[derive(Clone, Debug)]
pub(super) struct Included(String);

impl Included {
    pub(super) fn of(query: &Query) -> Result<Self> {
        let mut codes = vec![Status::Subscribed.code().to_string()];
        for (name, status) in [
            ("include_cleaned", Status::Cleaned),
            ("include_transactional", Status::Transactional),
            ("include_unsubscribed", Status::Unsubscribed),
        ] {
            if query.flag(name)? {
                codes.push(status.code().to_string());
            }
        }
        Ok(Self(codes.join(", ")))
    }

    pub(super) fn everyone() -> Self {
        Self(Status::ALL.map(|status| status.code().to_string()).join(", "))
    }

    /// A condition on `members.status`.
    pub(super) fn sql(&self) -> String {
        format!("members.status IN ({})", self.0)
    }

    /// Members of the tag. A million take a second the first time, so it is remembered until the list changes.
    pub(super) fn count(&self, ctx: &mut Ctx<'_>, list: &List, tag: i64) -> Result<i64> {
        let key = format!("tag {tag}: {}", self.0);
        if let Some(count) = ctx.memo.total(list.row, &key) {
            return Ok(count);
        }
        let sql =
            format!("SELECT count(*) FROM tagged CROSS JOIN members ON members.id = tagged.member WHERE tagged.tag = ? AND {}", self.sql());
        let count = ctx.db.prepare_cached(&sql)?.query_row([tag], |row| row.get(0))?;
        ctx.memo.keep_total(list.row, &key, count);
        Ok(count)
    }
}

fn to_json(ctx: &mut Ctx<'_>, list: &List, tag: &Tag, included: &Included, path: &[&str]) -> Result<Value> {
    let wanted = ctx.select.wants(&[path, &["member_count"]].concat());
    let count = if wanted { included.count(ctx, list, tag.id)? } else { 0 };
    let href = ctx.href(&format!("/lists/{}/segments/{}", list.id, tag.id));
    Ok(json!({
        "id": tag.id, "name": tag.name, "member_count": count, "type": "static", "created_at": moment(tag.created),
        "updated_at": moment(tag.updated), "options": {"match": "any", "conditions": []}, "list_id": list.id,
        "_links": [{"rel": "self", "href": href, "method": "GET"}],
    }))
}

fn answer(ctx: &mut Ctx<'_>, call: &Call, list: &List, tag: &Tag) -> Result<Answer> {
    let included = Included::of(&call.query)?;
    Answer::ok(to_json(ctx, list, tag, &included, &[])?)
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let page = call.query.page()?;
    let included = Included::of(&call.query)?;
    let mut found = tags::every(ctx, list.row, "")?;
    keep(&mut found, &call.query)?;
    let mut shown = Vec::new();
    for tag in found.iter().skip(page.offset as usize).take(page.count as usize) {
        shown.push(to_json(ctx, &list, tag, &included, &["segments"])?);
    }
    let href = ctx.href(&format!("/lists/{}/segments", list.id));
    Answer::ok(json!({
        "segments": shown, "list_id": list.id, "total_items": found.len(),
        "_links": [{"rel": "self", "href": href, "method": "GET"}],
    }))
}

fn keep(found: &mut Vec<Tag>, query: &Query) -> Result<()> {
    // Every segment here is static.
    if query.text("type").is_some_and(|kind| kind != "static") {
        found.clear();
    }
    let (since, before) = (query.time("since_created_at")?, query.time("before_created_at")?);
    found.retain(|tag| since.is_none_or(|at| tag.created > at) && before.is_none_or(|at| tag.created < at));
    let (since, before) = (query.time("since_updated_at")?, query.time("before_updated_at")?);
    found.retain(|tag| since.is_none_or(|at| tag.updated > at) && before.is_none_or(|at| tag.updated < at));
    Ok(())
}

fn checked<'a>(ctx: &mut Ctx<'_>, call: &'a Call) -> Result<(&'a Map<String, Value>, &'a str)> {
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, BODY)?.iter().map(|name| format!("unknown field {name}")));
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    tags::check_name(name)?;
    Ok((body, name))
}

fn taken() -> Problem {
    Problem::new(400, "Bad Request", "Sorry, that tag already exists.")
}

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let (body, name) = checked(ctx, call)?;
    if !body.contains_key("static_segment") && body.contains_key("options") {
        return Err(Problem::invalid("Only static segments exist in this sandbox; send static_segment.").into());
    }
    if tags::by_name(ctx, &list, name)?.is_some() {
        return Err(taken().into());
    }
    let tag = tags::create(ctx, &list, name)?;
    fill(ctx, &list, &tag, body)?;
    answer(ctx, call, &list, &tag)
}

pub(super) fn get(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let tag = tags::by_id(ctx, &list, ids[1])?;
    answer(ctx, call, &list, &tag)
}

/// Renames; a `static_segment` replaces the members, an empty one empties the tag.
pub(super) fn update(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let mut tag = tags::by_id(ctx, &list, ids[1])?;
    let (body, name) = checked(ctx, call)?;
    if tags::by_name(ctx, &list, name)?.is_some_and(|other| other.id != tag.id) {
        return Err(taken().into());
    }
    name.trim().clone_into(&mut tag.name);
    tag.updated = ctx.now;
    let sql = "UPDATE tags SET name = ?, folded = ?, updated = ? WHERE id = ?";
    ctx.db.execute(sql, params![tag.name, tags::fold(name), ctx.now, tag.id])?;
    if body.contains_key("static_segment") {
        ctx.db.execute("DELETE FROM tagged WHERE tag = ?", [tag.id])?;
        fill(ctx, &list, &tag, body)?;
    }
    answer(ctx, call, &list, &tag)
}

/// Tags the addresses of a body; those that are not in the audience are ignored.
fn fill(ctx: &mut Ctx<'_>, list: &List, tag: &Tag, body: &Map<String, Value>) -> Result<()> {
    for email in body.get("static_segment").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if let Some(mut member) = in_audience(ctx, list, email)?
            && tags::attach(ctx, tag.id, member.id)?
        {
            tags::changed(ctx, list, &mut member)?;
        }
    }
    ctx.memo.touch(list.row);
    Ok(())
}

/// The member of this address, archived ones aside.
pub(super) fn in_audience(ctx: &Ctx<'_>, list: &List, email: &str) -> Result<Option<Member>> {
    let found = Member::by_hash(ctx, list, &email::hash(email.trim()))?;
    Ok(found.filter(|member| member.standing.status != Status::Archived))
}

pub(super) fn delete(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let tag = tags::by_id(ctx, &list, ids[1])?;
    ctx.db.execute("DELETE FROM tagged WHERE tag = ?", [tag.id])?;
    ctx.db.execute("DELETE FROM tags WHERE id = ?", [tag.id])?;
    ctx.memo.touch(list.row);
    Answer::none()
}
