//! Carries out activities whose time has come, in the order in which they end.

use super::{
    activity::Job,
    deletions, exports, import_run, memberships,
    problem::{Fail, Problem, Result},
    work::Ctx,
};
use rusqlite::{OptionalExtension as _, params};
use serde_json::Value;

/// How long a finished activity can be asked for.
const HISTORY_MS: i64 = 10 * 86_400_000;

/// What one activity came to.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub counts: Value,
    /// The file of an export.
    pub result: Option<Vec<u8>>,
}

/// One whose time has come.
struct Due {
    row: i64,
    ends: i64,
    job: String,
    rows: Option<String>,
    counts: String,
}

/// Everything that ends until now. Each is done at the time at which it ends, whoever asks first and however late.
pub(super) fn due(ctx: &mut Ctx<'_>) -> Result<()> {
    let now = ctx.now;
    while let Some(due) = next(ctx, now)? {
        ctx.now = due.ends;
        let outcome = run(ctx, &due);
        ctx.now = now;
        finish(ctx, &due, outcome)?;
    }
    ctx.db.prepare_cached("DELETE FROM activities WHERE outcome IS NOT NULL AND created < ?")?.execute([now - HISTORY_MS])?;
    Ok(())
}

fn next(ctx: &Ctx<'_>, now: i64) -> Result<Option<Due>> {
    let sql = "SELECT row, ends, job, rows, counts FROM activities WHERE outcome IS NULL AND ends <= ? ORDER BY ends, lot LIMIT 1";
    let read =
        |row: &rusqlite::Row<'_>| Ok(Due { row: row.get(0)?, ends: row.get(1)?, job: row.get(2)?, rows: row.get(3)?, counts: row.get(4)? });
    Ok(ctx.db.prepare_cached(sql)?.query_row([now], read).optional()?)
}

fn run(ctx: &mut Ctx<'_>, due: &Due) -> Result<Done> {
    match serde_json::from_str(&due.job)? {
        Job::Import { lists, headed } => import_run::run(ctx, &lists, headed, due.rows.as_deref().unwrap_or("[]")),
        Job::Members { on, lists, who } => memberships::run(ctx, on, &lists, &who),
        Job::DeleteContacts(who) => deletions::run_contacts(ctx, &who),
        Job::DeleteLists(lists) => deletions::run_lists(ctx, &lists),
        Job::Export { who, status, fields } => exports::run(ctx, &who, status.as_deref(), &fields),
        Job::Fail => Err(Problem::unfit("The activity could not be processed.").into()),
    }
}

/// An activity that the vendor fails did nothing, and says why; if the sandbox itself fails, so does the call.
fn finish(ctx: &Ctx<'_>, due: &Due, outcome: Result<Done>) -> Result<()> {
    let (outcome, counts, errors, result) = match outcome {
        Ok(done) if done.counts.is_null() => ("completed", due.counts.clone(), "[]".to_owned(), done.result),
        Ok(done) => ("completed", done.counts.to_string(), "[]".to_owned(), done.result),
        Err(Fail::Refused(problem)) => ("failed", due.counts.clone(), serde_json::to_string(&[problem.message])?, None),
        Err(fail) => return Err(fail),
    };
    let sql = "UPDATE activities SET outcome = ?, counts = ?, errors = ?, result = ?, job = NULL, rows = NULL, people = NULL
               WHERE row = ?";
    ctx.db.prepare_cached(sql)?.execute(params![outcome, counts, errors, result, due.row])?;
    Ok(())
}
