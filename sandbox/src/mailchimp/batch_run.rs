//! Carries the operations of a batch out, some at each step.

use super::{
    batches::BatchRow,
    problem::{Fail, Result},
    request::{Call, Query},
    route,
    work::Ctx,
};
use crate::kit::path::segments;
use axum::http::Method;
use serde_json::{Map, Value};

/// Operations at one step: enough to be quick, few enough to see a batch under way.
const STEP: i64 = 250;

pub(super) fn some(ctx: &mut Ctx<'_>, batch: &mut BatchRow) -> Result<()> {
    for (seq, text) in due(ctx, batch)? {
        let operation: Map<String, Value> = serde_json::from_str(&text)?;
        let (status, response) = one(ctx, &operation)?;
        ctx.db
            .prepare_cached("UPDATE operations SET status = ?, response = ? WHERE batch = ? AND seq = ?")?
            .execute(rusqlite::params![status, response, batch.row, seq])?;
        batch.finished += 1;
        batch.errored += i64::from(status >= 400);
    }
    Ok(())
}

fn due(ctx: &Ctx<'_>, batch: &BatchRow) -> Result<Vec<(i64, String)>> {
    let sql = "SELECT seq, operation FROM operations WHERE batch = ? AND status IS NULL ORDER BY seq LIMIT ?";
    let mut query = ctx.db.prepare_cached(sql)?;
    let rows = query.query_map([batch.row, STEP], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One operation, undone if it fails.
fn one(ctx: &mut Ctx<'_>, operation: &Map<String, Value>) -> Result<(u16, String)> {
    ctx.db.execute_batch("SAVEPOINT operation")?;
    let mark = ctx.memo.addresses.mark();
    let done = call(operation).and_then(|call| route::run(ctx, &call));
    ctx.select = super::select::Selection::default();
    match done {
        Ok(answer) => {
            ctx.db.execute_batch("RELEASE operation")?;
            Ok((answer.status, String::from_utf8_lossy(&answer.text()?).into_owned()))
        }
        Err(fail @ (Fail::Refused(_) | Fail::Json(_))) => {
            ctx.db.execute_batch("ROLLBACK TO operation; RELEASE operation")?;
            ctx.memo.addresses.undo_to(mark);
            let problem = fail.into_refusal();
            Ok((problem.status, problem.to_json("").to_string()))
        }
        Err(fail) => Err(fail),
    }
}

fn call(operation: &Map<String, Value>) -> Result<Call> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
    let method = Method::from_bytes(text("method").as_bytes()).unwrap_or(Method::GET);
    let (path, inline) = text("path").split_once('?').unwrap_or((text("path"), ""));
    let mut call = Call::parse(method, path, inline, text("body").as_bytes())?;
    call.path = segments(path.trim_start_matches("/3.0"));
    if let Some(Value::Object(params)) = operation.get("params") {
        call.query = Query::from_params(params);
    }
    Ok(call)
}
