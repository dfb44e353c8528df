//! Who is in a static segment: the bulk call, one at a time, and reading.

use super::{
    lists::List,
    member::{COLUMNS, Member, Raw},
    problem::{Problem, Result},
    request::{Answer, Call},
    schema::{self, Kind, Shape},
    segments::{Included, in_audience},
    settings::TagCall,
    standing::Status,
    tags,
    view::View,
    work::Ctx,
    written::Written,
};
use serde_json::{Map, Value, json};

/// Addresses that each of the two arrays may carry.
const ROWS: usize = 500;

const CHANGE: &Shape = &[("members_to_add", Kind::Texts, false), ("members_to_remove", Kind::Texts, false)];
const ADD: &Shape = &[("email_address", Kind::Text, true)];

fn addresses<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Vec<&'a str>> {
    let found: Vec<_> = body.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if found.len() > ROWS {
        let detail = "Maximum allowed member items exceeded, please provide at most 500 items in members_to_add field or \
                      members_to_remove field";
        return Err(Problem::over_limit(detail).into());
    }
    Ok(found)
}

/// Tags on and off. Addresses that are not in the audience are ignored without an error.
pub(super) fn change(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let tag = tags::by_id(ctx, &list, ids[1])?;
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, CHANGE)?.iter().map(|name| format!("unknown field {name}")));
    let (add, remove) = (addresses(body, "members_to_add")?, addresses(body, "members_to_remove")?);
    let takes = |ctx: &Ctx<'_>, member: &Member| ctx.settings.tag_call == TagCall::Everyone || member.standing.status == Status::Subscribed;
    let attach = |ctx: &Ctx<'_>, member: &Member| Ok(takes(ctx, member) && tags::attach(ctx, tag.id, member.id)?);
    let added = each(ctx, &list, &add, "members_added", attach)?;
    let removed = each(ctx, &list, &remove, "members_removed", |ctx, member| tags::detach(ctx, tag.id, member.id))?;
    let href = ctx.href(&format!("/lists/{}/segments/{}", list.id, tag.id));
    let body = json!({
        "total_added": added.total, "total_removed": removed.total, "errors": [], "error_count": 0,
        "_links": [{"rel": "self", "href": href, "method": "GET"}],
    });
    Answer::with(body, [added.array, removed.array])
}

/// Carries `act` out for each address; the members whom it changed.
fn each<'l>(
    ctx: &mut Ctx<'_>,
    list: &'l List,
    emails: &[&str],
    name: &'static str,
    act: impl Fn(&Ctx<'_>, &Member) -> Result<bool>,
) -> Result<Written<'l>> {
    let mut changed = Written::new(ctx, name, View::new(ctx, list, &[name])?);
    for email in emails {
        let Some(mut member) = in_audience(ctx, list, email)? else { continue };
        if !act(ctx, &member)? {
            continue;
        }
        tags::changed(ctx, list, &mut member)?;
        changed.add(ctx, &member)?;
    }
    Ok(changed)
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let tag = tags::by_id(ctx, &list, ids[1])?;
    let page = call.query.page()?;
    let included = Included::of(&call.query)?;
    let sql = format!(
        "SELECT {COLUMNS} FROM tagged CROSS JOIN members ON members.id = tagged.member
         WHERE tagged.tag = ? AND {} ORDER BY tagged.member LIMIT ? OFFSET ?",
        included.sql()
    );
    let rows =
        ctx.db.prepare_cached(&sql)?.query_map([tag.id, page.count, page.offset], Raw::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let members = Written::all(ctx, &list, rows)?;
    let total = if ctx.select.wants(&["total_items"]) { included.count(ctx, &list, tag.id)? } else { 0 };
    let href = ctx.href(&format!("/lists/{}/segments/{}/members", list.id, tag.id));
    Answer::with(json!({"total_items": total, "_links": [{"rel": "self", "href": href, "method": "GET"}]}), [members])
}

pub(super) fn add(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let tag = tags::by_id(ctx, &list, ids[1])?;
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, ADD)?.iter().map(|name| format!("unknown field {name}")));
    let email = body.get("email_address").and_then(Value::as_str).unwrap_or_default();
    let mut member = in_audience(ctx, &list, email)?.ok_or_else(Problem::not_found)?;
    if tags::attach(ctx, tag.id, member.id)? {
        tags::changed(ctx, &list, &mut member)?;
    }
    Answer::ok(View::new(ctx, &list, &[])?.json(ctx, &member)?)
}

pub(super) fn remove(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let tag = tags::by_id(ctx, &list, ids[1])?;
    let mut member = Member::get(ctx, &list, ids[2])?;
    if !tags::detach(ctx, tag.id, member.id)? {
        return Err(Problem::not_found().into());
    }
    tags::changed(ctx, &list, &mut member)?;
    Answer::none()
}
