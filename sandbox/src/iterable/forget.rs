//! Erasure: who is forgotten is deleted, and refused from then on.

use super::{
    email,
    failures::Why,
    person::Person,
    profile,
    refusal::{Refusal, Result},
    request::{Answer, Call},
    settings::Project,
    settle::{self, Change},
    work::Ctx,
};
use serde_json::json;

const DAY_MS: i64 = 86_400_000;
/// In 24 hours.
const MOST: i64 = 1_000;

pub(super) fn run(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let person = Person::parse(&call.body)?;
    match (person.unfit(ctx.settings.project), ctx.settings.project) {
        (None, _) => {}
        (Some(Why::Invalid), _) => return Err(Refusal::bad_email(person.who()).into()),
        (Some(_), _) => return Err(Refusal::bad_params("userId is required in a userId-based project").into()),
    }
    quota(ctx)?;
    let names = [&person.email, &person.user_id];
    for who in names.into_iter().flatten() {
        profile::refuse(ctx, who, profile::FORGOTTEN)?;
    }
    settle::later(ctx, &Change::Remove { person })?;
    Answer::done("")
}

/// Counts this one; the day's calls survive a restart.
fn quota(ctx: &Ctx<'_>) -> Result<()> {
    ctx.db.execute("DELETE FROM forgets WHERE at <= ?", [ctx.now_ms - DAY_MS])?;
    let count: i64 = ctx.db.query_row("SELECT count(*) FROM forgets", [], |row| row.get(0))?;
    if count >= MOST {
        let refusal = Refusal::rate(&format!("/api/users/forget, project: {} ", super::PROJECT));
        return Err(refusal.violates(format!("429 more than {MOST} in 24 hours")).into());
    }
    ctx.db.execute("INSERT INTO forgets(at) VALUES (?)", [ctx.now_ms])?;
    Ok(())
}

pub(super) fn every(ctx: &mut Ctx<'_>, _: &Call) -> Result<Answer> {
    if ctx.settings.project == Project::UserId {
        return Err(Refusal::bad_params("Not supported in a userId-based project").into());
    }
    let mut query = ctx.db.prepare_cached("SELECT who FROM refused WHERE why = ? AND who LIKE '%@%' ORDER BY who")?;
    let hashes =
        query.query_map([profile::FORGOTTEN], |row| Ok(email::hashed(&row.get::<_, String>(0)?)))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(Answer::Json(json!({"hashedEmails": hashes})))
}
