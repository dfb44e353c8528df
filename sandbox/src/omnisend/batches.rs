//! Batches of contacts: accepted at once, carried out later, kept for a week.

use super::{
    contact_request::{self, Naming},
    formats::written,
    id::Of,
    later::{self, What},
    people,
    problem::{Fail, FieldError, Problem, Result},
    request::{Answer, Call},
    schema::{self, Kind, Shape},
    settings::BadRows,
    work::Ctx,
};
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64_with_seed;

const KEPT_MS: i64 = 7 * 86_400_000;
const CREATE: &Shape = &[
    ("method", Kind::OneOf(&["POST", "PUT"]), true),
    ("endpoint", Kind::OneOf(&["contacts"]), true),
    ("items", Kind::List(&Kind::Open, 1, 100), true),
    ("origin", Kind::Text, false),
];
const COLUMNS: &str = "row, method, origin, state, created, started, ended, total, finished, errors, items, results";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Pending = 0,
    InProgress = 1,
    Finished = 2,
    Stopped = 3,
}

impl State {
    pub(super) const NAMES: &[&str] = &["pending", "inProgress", "finished", "stopped"];

    fn of(number: i64) -> Self {
        match number {
            0 => Self::Pending,
            1 => Self::InProgress,
            2 => Self::Finished,
            _ => Self::Stopped,
        }
    }
}

#[derive(Debug)]
pub(super) struct Batch {
    pub row: i64,
    pub method: String,
    origin: String,
    pub state: State,
    created: i64,
    pub started: Option<i64>,
    pub ended: Option<i64>,
    pub total: usize,
    pub errors: usize,
    pub finished: usize,
    /// The items as they came, and what became of the first of them, each as JSON.
    pub items: String,
    pub results: String,
}

impl Batch {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let count = |index| row.get::<_, i64>(index).map(|count| usize::try_from(count).unwrap_or_default());
        Ok(Self {
            row: row.get(0)?,
            method: row.get(1)?,
            origin: row.get(2)?,
            state: State::of(row.get(3)?),
            created: row.get(4)?,
            started: row.get(5)?,
            ended: row.get(6)?,
            total: count(7)?,
            finished: count(8)?,
            errors: count(9)?,
            items: row.get(10)?,
            results: row.get(11)?,
        })
    }

    pub(super) fn load(ctx: &Ctx<'_>, row: i64) -> Result<Option<Self>> {
        let sql = format!("SELECT {COLUMNS} FROM batches WHERE row = ?");
        Ok(ctx.db.prepare_cached(&sql)?.query_row([row], Self::read).optional()?)
    }

    fn by_id(ctx: &Ctx<'_>, id: &str) -> Result<Self> {
        let found = Of::Batch.row(id).map(|row| Self::load(ctx, row)).transpose()?.flatten();
        found.ok_or_else(|| Problem::not_found("batch").into())
    }

    /// Newest first.
    pub(super) fn select(ctx: &Ctx<'_>, conditions: &str, values: &[i64]) -> Result<Vec<Self>> {
        let columns = COLUMNS.replace("items, results", "'', ''");
        let sql = format!("SELECT {columns} FROM batches WHERE {conditions}");
        let mut query = ctx.db.prepare_cached(&sql)?;
        let found = query.query_map(rusqlite::params_from_iter(values), Self::read)?.collect::<rusqlite::Result<_>>()?;
        Ok(found)
    }

    /// What became of the batch so far.
    pub(super) fn save(&self, ctx: &Ctx<'_>) -> Result<()> {
        let sql = "UPDATE batches SET state=?, started=?, ended=?, finished=?, errors=?, results=? WHERE row=?";
        let (finished, errors) = (self.finished as i64, self.errors as i64);
        let values = params![self.state as i64, self.started, self.ended, finished, errors, self.results, self.row];
        ctx.db.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    pub(super) fn to_json(&self) -> Value {
        let mut body = json!({
            "batchID": Of::Batch.id(self.row), "method": self.method, "endpoint": "contacts", "origin": self.origin,
            "status": State::NAMES[self.state as usize], "createdAt": written(self.created), "totalCount": self.total,
            "finishedCount": self.finished, "errorsCount": self.errors,
        });
        for (name, at) in [("startedAt", self.started), ("endedAt", self.ended)] {
            if let Some(at) = at {
                body[name] = written(at);
            }
        }
        body
    }
}

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    call.query(&[]).done()?;
    let body = call.object()?;
    schema::check(body, CREATE)?;
    let text = |name: &str, default: &str| body.get(name).and_then(Value::as_str).unwrap_or(default).to_owned();
    let items = body.get("items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if ctx.settings.bad_rows == BadRows::RefuseTheCall {
        schema::refuse(not_taken(ctx, items)?)?;
    }
    let sql = "INSERT INTO batches(method, origin, state, created, total, finished, errors, items, results) VALUES (?, ?, 0, ?, ?, 0, 0, ?, '[]')";
    let values = params![text("method", ""), text("origin", "api"), ctx.now, items.len() as i64, serde_json::to_string(items)?];
    let row = ctx.db.prepare_cached(sql)?.insert(values)?;
    hold(ctx, row, items)?;
    later::schedule(ctx, ctx.after(ctx.settings.batch_delay_ms, row, 0), What::RunBatch, row)?;
    later::schedule(ctx, ctx.now + KEPT_MS, What::ForgetBatch, row)?;
    Ok(Answer::new(201, json!({"batchID": Of::Batch.id(row), "totalCount": items.len()})))
}

/// What is wrong with any of the items, where that is looked at before the batch is accepted.
fn not_taken(ctx: &Ctx<'_>, items: &[Value]) -> Result<Vec<FieldError>> {
    let mut errors = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(object) = item.as_object() else { continue };
        let read = contact_request::read(object, Naming::Required, ctx.settings.empty_text);
        let taken = read.and_then(|wish| people::hinder(ctx, wish.email.as_ref().map_or("", |email| email.id.as_str())));
        match taken {
            Err(Fail::Refused(problem)) => errors.extend(problem.errors.into_iter().map(|error| error.below(&format!("items[{index}]")))),
            Err(fail) => return Err(fail),
            Ok(()) => {}
        }
    }
    Ok(errors)
}

/// Remembers whom the batch is about until it is finished. The order between batches is not promised, so nobody may be in
/// two at a time.
fn hold(ctx: &mut Ctx<'_>, batch: i64, items: &[Value]) -> Result<()> {
    let mut twice = false;
    for address in items.iter().filter_map(address) {
        let others = "SELECT EXISTS (SELECT 1 FROM unfinished WHERE folded = ?)";
        twice |= ctx.db.prepare_cached(others)?.query_row([&address], |row| row.get::<_, bool>(0))?;
        ctx.db.prepare_cached("INSERT OR IGNORE INTO unfinished(folded, batch) VALUES (?, ?)")?.execute(params![address, batch])?;
    }
    if twice {
        ctx.note("an address is in two batches that are not finished, or twice in one");
    }
    Ok(())
}

fn address(item: &Value) -> Option<String> {
    let identifier = item["identifiers"].as_array()?.iter().find(|identifier| identifier["type"] == "email")?;
    Some(identifier["id"].as_str()?.to_lowercase())
}

pub(super) fn get(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    call.query(&[]).done()?;
    Ok(Answer::new(200, Batch::by_id(ctx, ids[0])?.to_json()))
}

/// The items that were worked on, in no order that a client could count on.
pub(super) fn items(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    call.query(&[]).done()?;
    let batch = Batch::by_id(ctx, ids[0])?;
    let requests: Vec<Value> = serde_json::from_str(&batch.items)?;
    let results: Vec<(u16, Value)> = serde_json::from_str(&batch.results)?;
    let seed = ctx.settings.seed ^ batch.row.unsigned_abs();
    let item = |(index, (request, (code, response))): (usize, (Value, (u16, Value)))| {
        let id = format!("{:024x}", xxh3_64_with_seed(&index.to_le_bytes(), seed));
        json!({"itemID": id, "request": request, "response": response, "responseCode": code, "status": "finished"})
    };
    let mut all: Vec<_> = requests.into_iter().zip(results).enumerate().map(item).collect();
    all.sort_by_key(|item| item["itemID"].to_string());
    let (errors, responses): (Vec<_>, Vec<_>) = all.into_iter().partition(|item| item["responseCode"].as_i64() >= Some(400));
    let mut body = batch.to_json();
    body["errors"] = errors.into();
    body["responses"] = responses.into();
    Ok(Answer::new(200, body))
}

/// After a week.
pub(super) fn forget(ctx: &Ctx<'_>, row: i64) -> Result<()> {
    ctx.db.prepare_cached("DELETE FROM batches WHERE row = ?")?.execute([row])?;
    Ok(())
}
