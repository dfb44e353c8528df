//! Custom fields of the account.

use super::{
    cursor,
    problem::{Problem, Result},
    request::{Answer, Call, moment},
    shape::{self, Kind, Shape},
    work::{Ctx, new_id},
};
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Custom fields that an account may have.
const LIMIT: i64 = 100;
const KINDS: &[&str] = &["string", "date", "datetime", "currency", "text_area", "number", "boolean", "single_select", "multi_select"];
const METADATA: &Shape = &[
    ("display_type", Kind::Text(50), false),
    ("allow_negative", Kind::Flag, false),
    ("decimal_places", Kind::Whole, false),
    ("currency_code", Kind::Text(3), false),
    ("integer", Kind::Flag, false),
    ("display_format", Kind::Text(50), false),
];
const CHOICE: &Shape = &[("choice_label", Kind::Text(255), true), ("display_order", Kind::Whole, false)];
const BODY: &Shape = &[
    ("label", Kind::Text(50), true),
    ("type", Kind::OneOf(KINDS), true),
    ("metadata", Kind::Object(METADATA), false),
    ("choices", Kind::Objects(CHOICE, 100), false),
    ("version", Kind::Whole, false),
];
const COLUMNS: &str = "row, id, label, name, kind, extra, created";

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub row: i64,
    pub id: String,
    label: String,
    pub name: String,
    pub kind: String,
    /// Metadata, choices and version, as JSON.
    extra: String,
    created: i64,
}

impl Field {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            row: row.get(0)?,
            id: row.get(1)?,
            label: row.get(2)?,
            name: row.get(3)?,
            kind: row.get(4)?,
            extra: row.get(5)?,
            created: row.get(6)?,
        })
    }

    fn get(ctx: &Ctx<'_>, id: &str) -> Result<Self> {
        if !shape::is_id(id) {
            return Err(Problem::no_id("custom_field_id").into());
        }
        let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM fields WHERE id = ?"))?;
        let found = query.query_row([id.to_ascii_lowercase()], Self::read).optional()?;
        Ok(found.ok_or_else(|| Problem::not_found("custom_field_id"))?)
    }

    /// Labels of a select's choices.
    pub(super) fn choices(&self) -> Vec<String> {
        let extra: Value = serde_json::from_str(&self.extra).unwrap_or_default();
        let labels = extra["choices"].as_array().into_iter().flatten().filter_map(|choice| choice["choice_label"].as_str());
        labels.map(str::to_owned).collect()
    }

    fn to_json(&self) -> Result<Value> {
        let mut field: Map<String, Value> = serde_json::from_str(&self.extra)?;
        let texts = [("custom_field_id", &self.id), ("label", &self.label), ("name", &self.name), ("type", &self.kind)];
        field.extend(texts.map(|(name, text)| (name.to_owned(), text.as_str().into())));
        field.extend(["created_at", "updated_at"].map(|name| (name.to_owned(), moment(self.created).into())));
        Ok(field.into())
    }
}

/// Every field, by the number that contacts keep its values under.
pub(super) fn every(ctx: &Ctx<'_>) -> Result<BTreeMap<i64, Field>> {
    let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM fields"))?;
    Ok(query.query_map([], |row| Field::read(row).map(|field| (field.row, field)))?.collect::<rusqlite::Result<_>>()?)
}

/// Every field by its name, as imports write it.
pub(super) fn by_name(ctx: &Ctx<'_>) -> Result<BTreeMap<String, Field>> {
    Ok(every(ctx)?.into_values().map(|field| (field.name.clone(), field)).collect())
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let (limit, (_, after)) = (call.query.limit(100)?, call.after.unwrap_or_default());
    let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM fields WHERE row > ? ORDER BY row LIMIT ?"))?;
    let mut fields = query.query_map([after, limit + 1], Field::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let next = cursor::cut(&mut fields, limit, |field| (0, field.row));
    let fields = fields.iter().map(Field::to_json).collect::<Result<Vec<_>>>()?;
    Answer::json(200, json!({"custom_fields": fields, "_links": cursor::links(call, next)}))
}

pub(super) fn get(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    Answer::json(200, Field::get(ctx, ids[0])?.to_json()?)
}

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let mut body = call.object()?;
    shape::check(&body, BODY)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let (label, kind) = (text("label"), text("type"));
    if label.is_empty() {
        return Err(Problem::invalid("label is missing").into());
    }
    let name = label.replace(' ', "_");
    if ctx.db.prepare_cached("SELECT 1 FROM fields WHERE folded = ?")?.exists([name.to_lowercase()])? {
        return Err(Problem::conflict("A custom field of this name already exists.").into());
    }
    if ctx.db.query_row("SELECT count(*) FROM fields", [], |row| row.get::<_, i64>(0))? >= LIMIT {
        return Err(Problem::invalid(format!("An account has at most {LIMIT} custom fields")).into());
    }
    body.retain(|name, _| !matches!(name.as_str(), "label" | "type"));
    number_choices(&mut body);
    let id = new_id();
    let sql = "INSERT INTO fields(id, label, name, folded, kind, extra, created) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let extra = serde_json::to_string(&body)?;
    ctx.db.execute(sql, params![id, label, name, name.to_lowercase(), kind, extra, ctx.now])?;
    Answer::json(201, Field::get(ctx, &id)?.to_json()?)
}

/// Each choice gets an id of its own.
fn number_choices(body: &mut Map<String, Value>) {
    let choices = body.get_mut("choices").and_then(Value::as_array_mut);
    for (number, choice) in choices.into_iter().flatten().enumerate() {
        choice["choice_id"] = format!("{:06X}", number + 1).into();
    }
}

/// Its values are gone with it.
pub(super) fn delete(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let field = Field::get(ctx, ids[0])?;
    ctx.db.execute("DELETE FROM fields WHERE row = ?", [field.row])?;
    let path = format!("$.custom.\"{}\"", field.row);
    let sql = "UPDATE contacts SET profile = json_remove(profile, ?1) WHERE json_type(profile, ?1) IS NOT NULL";
    ctx.db.execute(sql, [path])?;
    Answer::none()
}
