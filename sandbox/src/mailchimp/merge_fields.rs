//! The endpoints of merge fields.

use super::{
    lists::List,
    merge_field::{self, MergeField},
    problem::{Problem, Result},
    request::{Answer, Call},
    schema::{self, Kind, Shape},
    work::Ctx,
};
use serde_json::{Value, json};

/// Merge fields that an audience may have.
pub(super) const LIMIT: usize = 30;

const TYPES: &[&str] = &["text", "number", "address", "phone", "date", "url", "imageurl", "radio", "dropdown", "birthday", "zip"];
const OPTIONS: &Shape = &[
    ("default_country", Kind::Integer, false),
    ("phone_format", Kind::Text, false),
    ("date_format", Kind::Text, false),
    ("choices", Kind::Texts, false),
    ("size", Kind::Integer, false),
];
const CREATE: &Shape = &[
    ("name", Kind::Text, true),
    ("type", Kind::OneOf(TYPES), true),
    ("tag", Kind::Text, false),
    ("required", Kind::Flag, false),
    ("default_value", Kind::Text, false),
    ("public", Kind::Flag, false),
    ("display_order", Kind::Integer, false),
    ("options", Kind::Object(OPTIONS), false),
    ("help_text", Kind::Text, false),
];
/// The schema asks for the name again; the service takes any part. `type` cannot be changed.
const UPDATE: &Shape = &[
    ("name", Kind::Text, false),
    ("tag", Kind::Text, false),
    ("required", Kind::Flag, false),
    ("default_value", Kind::Text, false),
    ("public", Kind::Flag, false),
    ("display_order", Kind::Integer, false),
    ("options", Kind::Object(OPTIONS), false),
    ("help_text", Kind::Text, false),
];

fn find(ctx: &Ctx<'_>, list: &List, merge_id: &str) -> Result<(MergeField, Vec<MergeField>)> {
    let fields = merge_field::load(ctx, list)?;
    let found = fields.iter().find(|field| field.merge_id.to_string() == merge_id).cloned();
    Ok((found.ok_or_else(Problem::not_found)?, fields))
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let page = call.query.page()?;
    let mut fields = merge_field::load(ctx, &list)?;
    if let Some(kind) = call.query.text("type") {
        fields.retain(|field| field.kind == kind);
    }
    if call.query.text("required").is_some() {
        let required = call.query.flag("required")?;
        fields.retain(|field| field.required == required);
    }
    let shown = fields.iter().skip(page.offset as usize).take(page.count as usize);
    let bodies: Vec<_> = shown.map(|field| field.to_json(ctx, &list)).collect();
    let href = ctx.href(&format!("/lists/{}/merge-fields", list.id));
    Answer::ok(json!({
        "merge_fields": bodies, "list_id": list.id, "total_items": fields.len(),
        "_links": [{"rel": "self", "href": href, "method": "GET"}],
    }))
}

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, CREATE)?.iter().map(|name| format!("unknown field {name}")));
    let others = merge_field::load(ctx, &list)?;
    if others.len() >= LIMIT {
        let detail = format!("You have reached the limit of {LIMIT} merge fields for this audience.");
        return Err(Problem::new(400, "Bad Request", detail).into());
    }
    let kind = body.get("type").and_then(Value::as_str).unwrap_or_default();
    let mut field = MergeField::new(merge_field::next_id(ctx, &list)?, kind);
    field.apply(body);
    field.check(&others)?;
    field.save(ctx, &list)?;
    ctx.memo.touch(list.row);
    let mut answer = field.to_json(ctx, &list);
    answer["total_items"] = (others.len() + 1).into();
    answer["merge_field_limit"] = LIMIT.into();
    Answer::ok(answer)
}

pub(super) fn get(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let (field, _) = find(ctx, &list, ids[1])?;
    Answer::ok(field.to_json(ctx, &list))
}

pub(super) fn update(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let (mut field, others) = find(ctx, &list, ids[1])?;
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, UPDATE)?.iter().map(|name| format!("unknown field {name}")));
    field.apply(body);
    field.check(&others)?;
    field.save(ctx, &list)?;
    Answer::ok(field.to_json(ctx, &list))
}

/// The members' values of the field are no longer answered.
pub(super) fn delete(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let (field, _) = find(ctx, &list, ids[1])?;
    ctx.db.execute("DELETE FROM fields WHERE list = ? AND merge_id = ?", [list.row, field.merge_id])?;
    Answer::none()
}
