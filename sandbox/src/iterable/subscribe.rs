//! `POST /lists/subscribe`: users made or written, and put on the list, in one call.

use super::{
    bulk,
    fields::Fields,
    lists::List,
    observed, profile,
    refusal::{Refusal, Result},
    request::{Answer, Call},
    settings::UnknownUsers,
    settle::{self, Change},
    work::Ctx,
};

pub(super) fn run(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let list = List::writable(ctx, call.number("listId"))?;
    let people = bulk::people(ctx, call, "subscribers")?;
    bulk::check_size(ctx, &people)?;
    if ctx.settings.unknown_users == UnknownUsers::Refused {
        for person in &people {
            if profile::find(ctx, person)?.is_none()
                && profile::refused(ctx, person)?.is_none()
                && person.unfit(ctx.settings.project).is_none()
            {
                return Err(Refusal::bad_params("Invalid subscribers").into());
            }
        }
    }
    let mut fields = Fields::load(ctx, None)?;
    let only_known = call.flag("updateExistingUsersOnly").unwrap_or(false);
    let (taken, failures) = bulk::divide(ctx, people, &mut fields, only_known)?;
    fields.save(ctx)?;
    observed::joined(ctx, list.id, &taken)?;
    let answer = failures.answer(taken.len(), Some(&fields));
    settle::later(ctx, &Change::Upsert { people: taken, list: Some(list.id) })?;
    Ok(Answer::Json(answer))
}
