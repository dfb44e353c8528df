//! Carries a batch out, in two steps, so that it can be seen under way.

use super::{
    batches::{Batch, State},
    contact::Contact,
    contact_request::{self, Naming},
    contact_write,
    id::Of,
    later::{self, What},
    people,
    problem::{Fail, Problem, Result},
    settings::ItemAnswers,
    work::Ctx,
};
use serde_json::{Map, Value, json};

pub(super) fn step(ctx: &mut Ctx<'_>, row: i64) -> Result<()> {
    let Some(mut batch) = Batch::load(ctx, row)? else { return Ok(()) };
    let is_first = batch.state == State::Pending;
    let until = if is_first { batch.total / 2 } else { batch.total };
    batch.started = batch.started.or(Some(ctx.now));
    batch.state = State::InProgress;
    work_off(ctx, &mut batch, until)?;
    if batch.finished == batch.total {
        batch.state = State::Finished;
    }
    if batch.state == State::InProgress {
        later::schedule(ctx, ctx.after(ctx.settings.batch_delay_ms, row, 1), What::RunBatch, row)?;
    } else {
        batch.ended = Some(ctx.now);
        ctx.db.prepare_cached("DELETE FROM unfinished WHERE batch = ?")?.execute([row])?;
    }
    batch.save(ctx)
}

/// The items up to the given one, as long as not too many fail.
fn work_off(ctx: &mut Ctx<'_>, batch: &mut Batch, until: usize) -> Result<()> {
    let items: Vec<Map<String, Value>> = serde_json::from_str(&batch.items)?;
    let mut results: Vec<(u16, Value)> = serde_json::from_str(&batch.results)?;
    for item in items.iter().take(until).skip(results.len()) {
        let result = one(ctx, &batch.method, item)?;
        batch.errors += usize::from(result.0 >= 400);
        results.push(result);
        if batch.errors >= ctx.settings.stop_after_errors {
            batch.state = State::Stopped;
            break;
        }
    }
    batch.results = serde_json::to_string(&results)?;
    batch.finished = results.len();
    Ok(())
}

/// Status and answer. A refusal leaves nothing behind; it comes before anything is written.
fn one(ctx: &mut Ctx<'_>, method: &str, item: &Map<String, Value>) -> Result<(u16, Value)> {
    match write(ctx, method, item) {
        Ok((contact, is_new)) => {
            let answer = json!({"email": contact.email, "contactID": Of::Contact.id(contact.row)});
            Ok((if is_new { 201 } else { 200 }, answer))
        }
        Err(Fail::Refused(problem)) => {
            if problem.violation {
                ctx.note(format!("an item of a batch: {}", problem.in_words()));
            }
            let answer = match ctx.settings.item_answers {
                ItemAnswers::Older => problem.to_legacy(),
                ItemAnswers::Problems => problem.clone().placed(ctx.settings.row_paths).to_json(),
            };
            Ok((problem.status, answer))
        }
        Err(fail) => Err(fail),
    }
}

fn write(ctx: &mut Ctx<'_>, method: &str, item: &Map<String, Value>) -> Result<(Contact, bool)> {
    let wish = contact_request::read(item, Naming::Required, ctx.settings.empty_text)?;
    let email = wish.email.as_ref().map(|email| email.id.as_str()).unwrap_or_default();
    people::be_busy_once(ctx, email)?;
    if method == "POST" {
        return contact_write::upsert(ctx, &wish);
    }
    let known = Contact::by_email(ctx, email)?.ok_or_else(|| Problem::not_found("contact"))?;
    Ok((contact_write::update(ctx, known, &wish)?, false))
}
