//! Lists: no paging, no search, names that need not differ, no rename.

use super::{
    PROJECT,
    refusal::{Fail, Refusal, Result},
    request::{Answer, Call},
    work::{Ctx, Iterable},
};
use crate::{Error, vendor::Held};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Deserialize;
use serde_json::{Value, json};

const STANDARD: &str = "Standard";
const AN_HOUR_MS: i64 = 3_600_000;

#[derive(Clone, Debug)]
pub(super) struct List {
    pub id: i64,
    name: String,
    description: Option<String>,
    kind: String,
    in_use: bool,
    created: i64,
}

impl List {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            description: row.get(2)?,
            kind: row.get(3)?,
            in_use: row.get(4)?,
            created: row.get(5)?,
        })
    }

    pub(super) fn find(ctx: &Ctx<'_>, id: i64) -> Result<Option<Self>> {
        let sql = "SELECT id, name, description, kind, in_use, created FROM lists WHERE id = ?";
        Ok(ctx.db.prepare_cached(sql)?.query_row([id], Self::read).optional()?)
    }

    /// One that calls know: not yet those that were made moments ago.
    pub(super) fn need(ctx: &Ctx<'_>, id: i64) -> Result<Self> {
        let known = |list: &Self| list.created + ctx.settings.new_list_unknown_ms <= ctx.now_ms;
        Self::find(ctx, id)?.filter(known).ok_or_else(|| Refusal::no_list(id).into())
    }

    /// A list whose members calls may change.
    pub(super) fn writable(ctx: &Ctx<'_>, id: i64) -> Result<Self> {
        let list = Self::need(ctx, id)?;
        if list.kind == STANDARD {
            return Ok(list);
        }
        let refusal = Refusal::bad_params(format!("List {id} is not a static list"));
        Err(refusal.violates(format!("400 a write to a list of the type {}", list.kind)).into())
    }

    pub(super) fn put_on(&self, ctx: &Ctx<'_>, user: i64) -> Result<()> {
        ctx.db.prepare_cached("INSERT OR IGNORE INTO members(list, user) VALUES (?, ?)")?.execute([self.id, user])?;
        Ok(())
    }

    pub(super) fn size(&self, ctx: &Ctx<'_>) -> Result<i64> {
        Ok(ctx.db.query_row("SELECT count(*) FROM members WHERE list = ?", [self.id], |row| row.get(0))?)
    }

    fn to_json(&self) -> Value {
        let mut list = json!({"id": self.id, "name": self.name, "createdAt": self.created, "listType": self.kind});
        if let Some(description) = &self.description {
            list["description"] = description.as_str().into();
        }
        list
    }
}

fn every(ctx: &Ctx<'_>) -> Result<Vec<List>> {
    let mut query = ctx.db.prepare_cached("SELECT id, name, description, kind, in_use, created FROM lists ORDER BY id")?;
    Ok(query.query_map([], List::read)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn all(ctx: &mut Ctx<'_>, _: &Call) -> Result<Answer> {
    Ok(Answer::Json(json!({"lists": every(ctx)?.iter().map(List::to_json).collect::<Vec<_>>()})))
}

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let name = call.text("name").unwrap_or_default();
    if name.trim().is_empty() {
        return Err(Refusal::bad_params("List name must not be empty").violates("400 a list without a name").into());
    }
    let sql = "INSERT INTO lists(name, description, kind, in_use, created) VALUES (?, ?, ?, 0, ?)";
    ctx.db.execute(sql, params![name, call.text("description"), STANDARD, ctx.now_ms])?;
    Ok(Answer::Json(json!({"listId": ctx.db.last_insert_rowid()})))
}

pub(super) fn delete(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let list = List::need(ctx, call.list_id()?)?;
    if list.in_use {
        return Err(Refusal::new(409, "Conflict", format!("List {} is used by a journey or campaign", list.id)).into());
    }
    ctx.db.execute("DELETE FROM members WHERE list = ?", [list.id])?;
    ctx.db.execute("DELETE FROM lists WHERE id = ?", [list.id])?;
    Answer::done(format!("List {} in Project {PROJECT} was successfully deleted.", list.id))
}

/// A list as the control surface makes or changes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Given {
    id: i64,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    list_type: Option<Kind>,
    /// A journey or campaign holds it: it cannot be deleted.
    #[serde(default)]
    in_use: bool,
}

#[derive(Debug, Deserialize)]
enum Kind {
    Standard,
    Dynamic,
    Suppression,
    Internal,
}

pub(super) fn put(ctx: &Ctx<'_>, given: &Given) -> Result<()> {
    let kind = given.list_type.as_ref().map(|kind| format!("{kind:?}"));
    let name = given.name.as_deref();
    let sql =
        "INSERT INTO lists(id, name, kind, in_use, created) VALUES (?1, coalesce(?2, 'Sandbox list'), coalesce(?3, 'Standard'), ?4, ?5)
        ON CONFLICT(id) DO UPDATE SET name = coalesce(?2, name), kind = coalesce(?3, kind), in_use = ?4";
    // It was there before anybody asks.
    ctx.db.execute(sql, params![given.id, name, kind, given.in_use, ctx.now_ms - AN_HOUR_MS])?;
    Ok(())
}

impl Iterable {
    /// The list of this id exists afterwards.
    pub(super) fn ensure_list(&self, id: &str) -> std::result::Result<(), Error> {
        let id = id.parse().map_err(|_| Error::Refused(format!("Iterable's list ids are whole numbers, \"{id}\" is none")))?;
        let made = self.transact(|ctx| match List::find(ctx, id)? {
            Some(_) => Ok(()),
            None => put(ctx, &Given { id, name: None, list_type: None, in_use: false }),
        });
        Ok(made?)
    }

    pub(super) fn held(&self) -> std::result::Result<Vec<Held>, Error> {
        let held = self.transact(|ctx| {
            let held =
                |list: List| Ok::<_, Fail>(Held { kind: "list", members: list.size(ctx)?, id: list.id.to_string(), name: list.name });
            every(ctx)?.into_iter().map(held).collect()
        });
        Ok(held?)
    }
}
