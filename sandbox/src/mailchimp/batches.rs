//! Batches: accepted at once, carried out later, one at a time. A batch moves on by one state whenever somebody asks for
//! any batch, so that no clock is needed and a batch whose client died does not block the others for ever.

use super::{
    batch_run,
    problem::{Problem, Result},
    request::{Answer, Call, moment},
    results,
    schema::{self, Kind, Shape},
    work::Ctx,
};
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};

/// Batches that may be unfinished at one time.
const PENDING: i64 = 500;
/// Operations that one batch may carry.
const OPERATIONS: usize = 1000;

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];
const OPERATION: &Shape = &[
    ("method", Kind::OneOf(METHODS), true),
    ("path", Kind::Text, true),
    ("params", Kind::Open, false),
    ("body", Kind::Text, false),
    ("operation_id", Kind::Text, false),
];
const BODY: &Shape = &[("operations", Kind::Objects(OPERATION), true)];

/// The states in their order; the number is kept.
const STATES: [&str; 5] = ["pending", "preprocessing", "started", "finalizing", "finished"];
const STARTED: i64 = 2;
pub(super) const FINISHED: i64 = 4;

#[derive(Debug)]
pub(super) struct BatchRow {
    pub row: i64,
    pub id: String,
    pub state: i64,
    pub submitted: i64,
    pub completed: i64,
    pub operations: i64,
    pub finished: i64,
    pub errored: i64,
}

const COLUMNS: &str = "row, id, state, submitted, completed, operations, finished, errored";

impl BatchRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            row: row.get(0)?,
            id: row.get(1)?,
            state: row.get(2)?,
            submitted: row.get(3)?,
            completed: row.get(4)?,
            operations: row.get(5)?,
            finished: row.get(6)?,
            errored: row.get(7)?,
        })
    }

    pub(super) fn state_name(&self) -> &'static str {
        usize::try_from(self.state).ok().and_then(|state| STATES.get(state)).copied().unwrap_or("finished")
    }

    pub(super) fn find(ctx: &Ctx<'_>, id: &str) -> Result<Option<Self>> {
        let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM batches WHERE id = ?"))?;
        Ok(query.query_row([id], Self::read).optional()?)
    }

    /// Operations are counted once they are read, which is after `pending`.
    fn to_json(&self, ctx: &Ctx<'_>) -> Value {
        let url = if self.state == FINISHED { results::url(ctx, &self.id) } else { String::new() };
        let total = if self.state == 0 { 0 } else { self.operations };
        let href = ctx.href(&format!("/batches/{}", self.id));
        json!({
            "id": self.id, "status": self.state_name(), "total_operations": total, "finished_operations": self.finished,
            "errored_operations": self.errored, "submitted_at": moment(self.submitted), "completed_at": moment(self.completed),
            "response_body_url": url, "_links": [{"rel": "self", "href": href, "method": "GET"}],
        })
    }
}

/// Every batch, newest first.
pub(super) fn every(ctx: &Ctx<'_>) -> Result<Vec<BatchRow>> {
    let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM batches ORDER BY row DESC"))?;
    Ok(query.query_map([], BatchRow::read)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, BODY)?.iter().map(|name| format!("unknown field {name}")));
    let operations: Vec<&Map<String, Value>> =
        body.get("operations").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).collect();
    if operations.is_empty() || operations.len() > OPERATIONS {
        return Err(Problem::over_limit(format!("A batch has 1 to {OPERATIONS} operations.")).into());
    }
    let sql = format!("SELECT count(*) FROM batches WHERE state < {FINISHED}");
    if ctx.db.query_row(&sql, [], |row| row.get::<_, i64>(0))? >= PENDING {
        let detail = format!("You have more than {PENDING} pending batches.");
        return Err(Problem { violation: true, ..Problem::new(429, "Too Many Requests", detail) }.into());
    }
    let id = uuid::Uuid::new_v4().simple().to_string()[..10].to_owned();
    let sql =
        "INSERT INTO batches(id, state, submitted, completed, operations, finished, errored, fetches) VALUES (?, 0, ?, 0, ?, 0, 0, 0)";
    let batch = ctx.db.prepare_cached(sql)?.insert(params![id, ctx.now, operations.len() as i64])?;
    let mut write = ctx.db.prepare_cached("INSERT INTO operations(batch, seq, operation) VALUES (?, ?, ?)")?;
    for (seq, operation) in operations.iter().enumerate() {
        write.execute(params![batch, seq as i64, serde_json::to_string(operation)?])?;
    }
    let made = BatchRow::find(ctx, &id)?.ok_or_else(Problem::not_found)?;
    Answer::ok(made.to_json(ctx))
}

pub(super) fn get(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let batch = BatchRow::find(ctx, ids[0])?.ok_or_else(Problem::not_found)?;
    let answer = batch.to_json(ctx);
    advance(ctx)?;
    Answer::ok(answer)
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let page = call.query.page()?;
    let batches = every(ctx)?;
    let shown: Vec<_> = batches.iter().skip(page.offset as usize).take(page.count as usize).map(|batch| batch.to_json(ctx)).collect();
    advance(ctx)?;
    let href = ctx.href("/batches");
    Answer::ok(json!({
        "batches": shown, "total_items": batches.len(), "_links": [{"rel": "self", "href": href, "method": "GET"}],
    }))
}

/// What was done stays done; the rest is not.
pub(super) fn delete(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let batch = BatchRow::find(ctx, ids[0])?.ok_or_else(Problem::not_found)?;
    ctx.db.execute("DELETE FROM operations WHERE batch = ?", [batch.row])?;
    ctx.db.execute("DELETE FROM batches WHERE row = ?", [batch.row])?;
    Answer::none()
}

/// Moves the oldest unfinished batch by one step.
fn advance(ctx: &mut Ctx<'_>) -> Result<()> {
    let sql = format!("SELECT {COLUMNS} FROM batches WHERE state < {FINISHED} ORDER BY row LIMIT 1");
    let Some(mut batch) = ctx.db.query_row(&sql, [], BatchRow::read).optional()? else { return Ok(()) };
    if batch.state == STARTED {
        batch_run::some(ctx, &mut batch)?;
    }
    if batch.state != STARTED || batch.finished == batch.operations {
        batch.state += 1;
    }
    if batch.state == FINISHED {
        batch.completed = ctx.now;
    }
    let sql = "UPDATE batches SET state = ?, completed = ?, finished = ?, errored = ? WHERE row = ?";
    ctx.db.execute(sql, [batch.state, batch.completed, batch.finished, batch.errored, batch.row])?;
    Ok(())
}
