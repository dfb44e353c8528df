//! `POST /lists/subscribe`: users made or written, and put on the list, in one call.

use super::{
    bulk,
    fields::Fields,
    lists::List,
    observed,
    refusal::Result,
    request::{Answer, Call},
    settle::{self, Change},
    work::Ctx,
};

pub(super) fn run(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let list = List::writable(ctx, call.number("listId"))?;
    let people = bulk::people(ctx, call, "subscribers")?;
    bulk::check_size(ctx, &people)?;
    let mut fields = Fields::load(ctx, None)?;
    let only_known = call.flag("updateExistingUsersOnly").unwrap_or(false);
    let (taken, failures) = bulk::divide(ctx, people, &mut fields, only_known)?;
    fields.save(ctx)?;
    observed::joined(ctx, list.id, &taken)?;
    let answer = failures.answer(taken.len(), Some(&fields));
    settle::later(ctx, &Change::Upsert { people: taken, list: Some(list.id) })?;
    Ok(Answer::Json(answer))
}
