//! The tags of one member, and the search for tags.

use super::{
    lists::List,
    member::Member,
    problem::Result,
    request::{Answer, Call},
    schema::{self, Kind, Shape},
    tags,
    work::Ctx,
};
use serde_json::{Value, json};

const TAG: &Shape = &[("name", Kind::Text, true), ("status", Kind::OneOf(&["active", "inactive"]), true)];
const CHANGE: &Shape = &[("tags", Kind::Objects(TAG), true), ("is_syncing", Kind::Flag, false)];

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let member = Member::get(ctx, &list, ids[1])?;
    let page = call.query.page()?;
    let tags = tags::all_of(ctx, member.id)?;
    let shown: Vec<_> = tags.iter().skip(page.offset as usize).take(page.count as usize).collect();
    let href = ctx.href(&format!("/lists/{}/members/{}/tags", ids[0], ids[1]));
    Answer::ok(json!({
        "tags": shown, "total_items": tags.len(), "_links": [{"rel": "self", "href": href, "method": "GET"}],
    }))
}

/// Missing tags are made; an archived member is tagged like any other.
pub(super) fn change(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let mut member = Member::get(ctx, &list, ids[1])?;
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, CHANGE)?.iter().map(|name| format!("unknown field {name}")));
    let mut changed = false;
    for tag in body.get("tags").and_then(Value::as_array).into_iter().flatten() {
        let name = tag.get("name").and_then(Value::as_str).unwrap_or_default();
        if tag.get("status").and_then(Value::as_str) == Some("active") {
            changed |= tags::attach(ctx, tags::ensure(ctx, &list, name)?, member.id)?;
        } else if let Some(tag) = tags::by_name(ctx, &list, name)? {
            changed |= tags::detach(ctx, tag.id, member.id)?;
        }
    }
    if changed {
        tags::changed(ctx, &list, &mut member)?;
    }
    Answer::none()
}

pub(super) fn search(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let found = tags::every(ctx, list.row, call.query.text("name").unwrap_or_default())?;
    let tags: Vec<_> = found.iter().map(|tag| json!({"id": tag.id, "name": tag.name})).collect();
    Answer::ok(json!({"tags": tags, "total_items": tags.len()}))
}
