//! Segments: rules, of which one form is evaluated: one filter, `tags anyOf […]`. A segment is built for a while after each
//! change; meanwhile it has no members, and cannot be changed.

use super::{
    contact_request::texts,
    formats::written,
    id::Of,
    problem::{FieldError, Problem, Result},
    request::{Answer, Call},
    schema::{self, Kind, Shape},
    work::Ctx,
};
use crate::vendor::Held;
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};

const CONDITION: &Shape =
    &[("entity", Kind::Text, false), ("junction", Kind::Text, false), ("filters", Kind::List(&Kind::Open, 1, usize::MAX), true)];
const GROUP: &Shape = &[("conditions", Kind::List(&Kind::Object(CONDITION), 0, usize::MAX), false)];
const SEGMENT: &Shape = &[("name", Kind::Name(256), true), ("conditionGroups", Kind::List(&Kind::Object(GROUP), 0, usize::MAX), true)];

#[derive(Debug)]
pub(super) struct Segment {
    pub row: i64,
    pub name: String,
    groups: String,
    pub created: i64,
    updated: i64,
    ready: i64,
}

/// Who is in a segment.
#[derive(Debug)]
pub(super) struct Rule {
    pub id: String,
    /// Those who carry one of these.
    pub tags: Vec<String>,
    /// Nobody before this moment.
    pub ready: i64,
}

impl Rule {
    pub(super) fn holds(&self, tags: &[String]) -> bool {
        self.tags.iter().any(|tag| tags.contains(tag))
    }

    pub(super) fn members(&self, ctx: &Ctx<'_>) -> Result<Vec<i64>> {
        let sql = "SELECT DISTINCT g.contact FROM tagged g WHERE ?1 AND g.tag IN (SELECT row FROM tags WHERE name IN (SELECT value FROM json_each(?2)))";
        let mut query = ctx.db.prepare_cached(sql)?;
        let known = params![self.ready <= ctx.now, serde_json::to_string(&self.tags)?];
        let rows = query.query_map(known, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(rows)
    }
}

/// Of all segments that are built.
pub(super) fn rules(ctx: &Ctx<'_>) -> Result<Vec<Rule>> {
    let mut query = ctx.db.prepare_cached("SELECT row, tags, ready FROM segments WHERE ready <= ? ORDER BY row")?;
    let rows = query.query_map([ctx.now], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.map(|row| read_rule(row?)).collect()
}

pub(super) fn rule(ctx: &Ctx<'_>, id: &str) -> Result<Option<Rule>> {
    let Some(row) = Of::Segment.row(id) else { return Ok(None) };
    let mut query = ctx.db.prepare_cached("SELECT row, tags, ready FROM segments WHERE row = ?")?;
    let found = query.query_row([row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    found.map(read_rule).transpose()
}

fn read_rule((row, tags, ready): (i64, String, i64)) -> Result<Rule> {
    Ok(Rule { id: Of::Segment.id(row), tags: serde_json::from_str(&tags)?, ready })
}

impl Segment {
    pub(super) const COLUMNS: &str = "row, name, groups, created, updated, ready";

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (created, updated, ready) = (row.get(3)?, row.get(4)?, row.get(5)?);
        Ok(Self { row: row.get(0)?, name: row.get(1)?, groups: row.get(2)?, created, updated, ready })
    }

    fn by_id(ctx: &Ctx<'_>, id: &str) -> Result<Self> {
        let sql = format!("SELECT {} FROM segments WHERE row = ?", Self::COLUMNS);
        let row = Of::Segment.row(id).unwrap_or_default();
        let found = ctx.db.prepare_cached(&sql)?.query_row([row], Self::read).optional()?;
        found.ok_or_else(|| Problem::not_found("segment").into())
    }

    /// For a change, which a segment that is being built refuses.
    fn ready(ctx: &Ctx<'_>, id: &str) -> Result<Self> {
        let segment = Self::by_id(ctx, id)?;
        if segment.ready > ctx.now {
            return Err(Problem::conflict("The segment is being built.").into());
        }
        Ok(segment)
    }

    pub(super) fn to_json(&self, ctx: &Ctx<'_>) -> Result<Value> {
        let status = if self.ready > ctx.now { "building" } else { "ready" };
        let groups: Value = serde_json::from_str(&self.groups)?;
        Ok(json!({
            "segmentID": Of::Segment.id(self.row), "name": self.name, "status": status, "isStarred": false, "archivedAt": null,
            "conditionGroups": groups, "createdAt": written(self.created), "updatedAt": written(self.updated),
        }))
    }
}

/// Name, groups and tags of a body.
fn wanted(call: &Call) -> Result<(&str, String, String)> {
    call.query(&[]).done()?;
    let body = call.object()?;
    schema::check(body, SEGMENT)?;
    let groups = body.get("conditionGroups").unwrap_or(&Value::Null);
    let message = "This sandbox evaluates one group with one condition with one filter: tags anyOf";
    let tags = tags(groups).ok_or_else(|| Problem::validation(vec![FieldError::data("conditionGroups", "not_emulated", message)]))?;
    Ok((text(body, "name"), groups.to_string(), serde_json::to_string(&tags)?))
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn tags(groups: &Value) -> Option<Vec<String>> {
    let [group] = groups.as_array()?.as_slice() else { return None };
    let [condition] = group["conditions"].as_array()?.as_slice() else { return None };
    let [filter] = condition["filters"].as_array()?.as_slice() else { return None };
    let is_known = condition["entity"] == "contact" && filter["property"] == "tags" && filter["operator"] == "anyOf";
    is_known.then(|| filter["value"].as_array().map(|values| texts(values)))?
}

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let (name, groups, tags) = wanted(call)?;
    let sql = "INSERT INTO segments(name, groups, tags, created, updated, ready) VALUES (?1, ?2, ?3, ?4, ?4, ?4)";
    let row = ctx.db.prepare_cached(sql)?.insert(params![name, groups, tags, ctx.now])?;
    build(ctx, row)?;
    let made = Segment::by_id(ctx, &Of::Segment.id(row))?.to_json(ctx)?;
    Ok(Answer::new(201, made))
}

pub(super) fn update(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let (name, groups, tags) = wanted(call)?;
    let Segment { row, .. } = Segment::ready(ctx, ids[0])?;
    let sql = "UPDATE segments SET name = ?, groups = ?, tags = ?, updated = ? WHERE row = ?";
    ctx.db.prepare_cached(sql)?.execute(params![name, groups, tags, ctx.now, row])?;
    build(ctx, row)?;
    Ok(Answer::new(200, Segment::by_id(ctx, ids[0])?.to_json(ctx)?))
}

fn build(ctx: &Ctx<'_>, row: i64) -> Result<()> {
    let ready = ctx.after(ctx.settings.segment_delay_ms, row, 3);
    ctx.db.prepare_cached("UPDATE segments SET ready = ? WHERE row = ?")?.execute([ready, row])?;
    Ok(())
}

pub(super) fn get(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    call.query(&[]).done()?;
    Ok(Answer::new(200, Segment::by_id(ctx, ids[0])?.to_json(ctx)?))
}

pub(super) fn delete(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    call.query(&[]).done()?;
    let Segment { row, .. } = Segment::ready(ctx, ids[0])?;
    ctx.db.prepare_cached("DELETE FROM segments WHERE row = ?")?.execute([row])?;
    Ok(Answer::empty(204))
}

/// Nobody, while it is built: the contract foresees no refusal here.
pub(super) fn statistics(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    call.query(&[]).done()?;
    let rule = rule(ctx, ids[0])?.ok_or_else(|| Problem::not_found("segment"))?;
    Ok(Answer::new(200, json!({"contactsCount": rule.members(ctx)?.len()})))
}

/// For the page.
pub(super) fn held(ctx: &Ctx<'_>) -> Result<Vec<Held>> {
    let sql = format!("SELECT {} FROM segments ORDER BY row", Segment::COLUMNS);
    let segments = ctx.db.prepare_cached(&sql)?.query_map([], Segment::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let held = |segment: Segment| {
        let id = Of::Segment.id(segment.row);
        let members = rule(ctx, &id)?.map_or(Ok(Vec::new()), |rule| rule.members(ctx))?.len() as i64;
        Ok(Held { kind: "segment", id, name: segment.name, members })
    };
    segments.into_iter().map(held).collect()
}
