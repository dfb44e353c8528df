//! Contact lists.

use super::{
    contact::MAILABLE,
    cursor,
    problem::{Problem, Result},
    request::{Answer, Call, moment},
    shape::{self, Kind, Shape},
    work::{Ctx, new_id},
};
use crate::vendor::Held;
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};

/// Lists that an account may have.
const LIMIT: i64 = 1_000;
const BODY: &Shape = &[("name", Kind::Text(255), true), ("description", Kind::Text(usize::MAX), false), ("favorite", Kind::Flag, false)];
const COLUMNS: &str = "row, id, name, description, favorite, created, updated, deleted";

#[derive(Debug)]
pub(super) struct List {
    pub row: i64,
    pub id: String,
    name: String,
    description: Option<String>,
    favorite: bool,
    created: i64,
    updated: i64,
    deleted: Option<i64>,
}

impl List {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            row: row.get(0)?,
            id: row.get(1)?,
            name: row.get(2)?,
            description: row.get(3)?,
            favorite: row.get(4)?,
            created: row.get(5)?,
            updated: row.get(6)?,
            deleted: row.get(7)?,
        })
    }

    /// A list that is not deleted.
    pub(super) fn find(ctx: &Ctx<'_>, id: &str) -> Result<Option<Self>> {
        let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM lists WHERE id = ? AND deleted IS NULL"))?;
        Ok(query.query_row([id.to_ascii_lowercase()], Self::read).optional()?)
    }

    pub(super) fn get(ctx: &Ctx<'_>, id: &str) -> Result<Self> {
        if !shape::is_id(id) {
            return Err(Problem::no_id("list_id").into());
        }
        Ok(Self::find(ctx, id)?.ok_or_else(|| Problem::not_found("list_id"))?)
    }

    fn to_json(&self, ctx: &Ctx<'_>, count: Option<Count>) -> Result<Value> {
        let mut list = json!({
            "list_id": self.id, "name": self.name, "favorite": self.favorite,
            "created_at": moment(self.created), "updated_at": moment(self.updated),
        });
        if let Some(text) = &self.description {
            list["description"] = json!(text);
        }
        if let Some(deleted) = self.deleted {
            list["deleted_at"] = moment(deleted).into();
        }
        if let Some(count) = count {
            list["membership_count"] = members(ctx, self.row, count)?.into();
        }
        Ok(list)
    }
}

/// Whom `include_membership_count` counts.
#[derive(Clone, Copy, Debug)]
enum Count {
    All,
    Active,
}

impl Count {
    fn of(call: &Call) -> Result<Option<Self>> {
        let words = call.query.words("include_membership_count", &["all", "active"])?;
        Ok(words.first().map(|word| if *word == "all" { Self::All } else { Self::Active }))
    }
}

fn members(ctx: &Ctx<'_>, list: i64, count: Count) -> Result<i64> {
    let sql = match count {
        Count::All => "SELECT count(*) FROM memberships WHERE list = ?".to_owned(),
        Count::Active => {
            format!(
                "SELECT count(*) FROM memberships m JOIN contacts c ON c.row = m.contact WHERE m.list = ? AND c.permission IN ({MAILABLE})"
            )
        }
    };
    Ok(ctx.db.prepare_cached(&sql)?.query_row([list], |row| row.get(0))?)
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let (limit, count) = (call.query.limit(1_000)?, Count::of(call)?);
    call.query.words("channel_type", &["email", "sms"])?;
    call.query.flag("include_sms_membership_count")?;
    let wanted = match call.query.words("status", &["all", "active", "deleted"])?.as_slice() {
        [] | ["active"] => "deleted IS NULL",
        ["deleted"] => "deleted IS NOT NULL",
        _ => "1",
    };
    let filter = format!("{wanted} AND (?1 IS NULL OR name = ?1)");
    let (name, (_, after)) = (call.query.text("name"), call.after.unwrap_or_default());
    let sql = format!("SELECT {COLUMNS} FROM lists WHERE {filter} AND row > ?2 ORDER BY row LIMIT ?3");
    let mut lists: Vec<_> =
        ctx.db.prepare_cached(&sql)?.query_map(params![name, after, limit + 1], List::read)?.collect::<rusqlite::Result<_>>()?;
    let next = cursor::cut(&mut lists, limit, |list| (0, list.row));
    let lists = lists.iter().map(|list| list.to_json(ctx, count)).collect::<Result<Vec<_>>>()?;
    let mut answer = json!({"lists": lists, "_links": cursor::links(call, next)});
    if call.query.flag("include_count")? {
        let sql = format!("SELECT count(*) FROM lists WHERE {filter}");
        answer["lists_count"] = ctx.db.query_row(&sql, [name], |row| row.get::<_, i64>(0))?.into();
    }
    Answer::json(200, answer)
}

pub(super) fn get(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    Answer::json(200, List::get(ctx, ids[0])?.to_json(ctx, Count::of(call)?)?)
}

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let body = checked(call)?;
    if taken(ctx, name(&body), 0)? {
        return Err(Problem::conflict("A list of this name already exists.").into());
    }
    if ctx.db.query_row("SELECT count(*) FROM lists WHERE deleted IS NULL", [], |row| row.get::<_, i64>(0))? >= LIMIT {
        return Err(Problem::invalid(format!("An account has at most {LIMIT} lists")).into());
    }
    let id = new_id();
    insert(ctx, &id, &body)?;
    Answer::json(201, List::get(ctx, &id)?.to_json(ctx, None)?)
}

/// What the body leaves out is emptied.
pub(super) fn update(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let body = checked(call)?;
    if taken(ctx, name(&body), list.row)? {
        return Err(Problem::unfit("A list of this name already exists.").into());
    }
    let sql = "UPDATE lists SET name = ?, folded = ?, description = ?, favorite = ?, updated = ? WHERE row = ?";
    let name = name(&body);
    ctx.db.execute(sql, params![name, name.to_lowercase(), description(&body), favorite(&body), ctx.now, list.row])?;
    Answer::json(200, List::get(ctx, &list.id)?.to_json(ctx, None)?)
}

fn checked(call: &Call) -> Result<Map<String, Value>> {
    let body = call.object()?;
    shape::check(&body, BODY)?;
    match name(&body).is_empty() {
        true => Err(Problem::invalid("name is missing").into()),
        false => Ok(body),
    }
}

fn name(body: &Map<String, Value>) -> &str {
    body.get("name").and_then(Value::as_str).unwrap_or_default().trim()
}

fn description(body: &Map<String, Value>) -> Option<&str> {
    body.get("description").and_then(Value::as_str)
}

fn favorite(body: &Map<String, Value>) -> bool {
    body.get("favorite").and_then(Value::as_bool).unwrap_or(false)
}

fn taken(ctx: &Ctx<'_>, name: &str, except: i64) -> Result<bool> {
    let mut query = ctx.db.prepare_cached("SELECT 1 FROM lists WHERE folded = ? AND deleted IS NULL AND row <> ?")?;
    Ok(query.exists(params![name.to_lowercase(), except])?)
}

fn insert(ctx: &Ctx<'_>, id: &str, body: &Map<String, Value>) -> Result<()> {
    let sql = "INSERT INTO lists(id, name, folded, description, favorite, created, updated) VALUES (?, ?, ?, ?, ?, ?6, ?6)";
    let name = name(body);
    ctx.db.execute(sql, params![id, name, name.to_lowercase(), description(body), favorite(body), ctx.now])?;
    Ok(())
}

/// A list that is nobody's deleted one; its name is its id.
pub(super) fn ensure(ctx: &Ctx<'_>, id: &str) -> Result<()> {
    let id = id.to_ascii_lowercase();
    if !shape::is_id(&id) {
        return Err(Problem::no_id("list_id").into());
    }
    if List::find(ctx, &id)?.is_none() {
        ctx.db.execute("DELETE FROM lists WHERE id = ?", [&id])?;
        insert(ctx, &id, &Map::from_iter([("name".to_owned(), format!("Sandbox list {id}").into())]))?;
    }
    Ok(())
}

/// Every list and how many are on it.
pub(super) fn held(ctx: &Ctx<'_>) -> Result<Vec<Held>> {
    let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM lists WHERE deleted IS NULL ORDER BY name"))?;
    let lists = query.query_map([], List::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let held = |list: List| Ok(Held { kind: "list", members: members(ctx, list.row, Count::All)?, id: list.id, name: list.name });
    lists.into_iter().map(held).collect()
}
