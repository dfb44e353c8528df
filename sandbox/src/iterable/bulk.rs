//! What the calls for many users have in common: who is taken, who is listed as failed.

use super::{
    failures::{Failures, Why},
    fields::{Fields, Wrong},
    person::Person,
    profile,
    refusal::{Refusal, Result},
    request::Call,
    settings::{Misfit, Project},
    work::Ctx,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// The users that a call names.
pub(super) fn people(ctx: &mut Ctx<'_>, call: &Call, name: &str) -> Result<Vec<Person>> {
    let items = call.body.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let people = items.iter().filter_map(Value::as_object).map(Person::parse).collect::<Result<Vec<_>>>()?;
    let different: BTreeSet<&str> = people.iter().map(Person::who).collect();
    if different.len() < people.len() {
        ctx.note("a user twice in one batch");
    }
    if ctx.settings.project == Project::Email && people.iter().any(|person| person.email.is_some() && person.user_id.is_some()) {
        ctx.note("both email and userId in an email-based project");
    }
    Ok(people)
}

/// Refuses more users than a list call takes. No number is published, so that it is no violation.
pub(super) fn check_size(ctx: &Ctx<'_>, people: &[Person]) -> Result<()> {
    match ctx.settings.most_users {
        Some(most) if people.len() > most => {
            Err(Refusal::new(400, "BatchTooLarge", format!("Batch is too large: {}", people.len())).into())
        }
        _ => Ok(()),
    }
}

/// Divides the users into those taken, with the data that is kept of them, and the others.
pub(super) fn divide(ctx: &mut Ctx<'_>, people: Vec<Person>, fields: &mut Fields, only_known: bool) -> Result<(Vec<Person>, Failures)> {
    let (mut taken, mut failures) = (Vec::new(), Failures::default());
    for mut person in people {
        if let Some(why) = unfit(ctx, &mut person, only_known)? {
            failures.add(&person, why);
            continue;
        }
        match fields.take(ctx, std::mem::take(&mut person.data)) {
            Ok(data) => taken.push(Person { data, ..person }),
            Err(Wrong::Misfit { .. } | Wrong::TooLong(_)) if ctx.settings.misfit == Misfit::User => failures.add(&person, Why::InvalidData),
            Err(wrong) => return Err(wrong.refusal(ctx.settings.field_prefix.as_deref()).into()),
        }
    }
    Ok((taken, failures))
}

/// Why a user is not taken, data apart.
pub(super) fn unfit(ctx: &Ctx<'_>, person: &mut Person, only_known: bool) -> Result<Option<Why>> {
    if let Some(why) = person.unfit(ctx.settings.project) {
        return Ok(Some(why));
    }
    if let Some(why) = profile::refused(ctx, person)? {
        return Ok(Some(why));
    }
    let known = profile::find(ctx, person)?;
    if known.as_ref().is_some_and(|known| !known.fits(person, ctx.settings.project)) {
        return Ok(Some(Why::Conflict));
    }
    Ok(match (known, ctx.settings.project, &person.email, &person.user_id) {
        (None, Project::Email, None, Some(id)) if person.prefer_user_id => {
            person.email = Some(format!("{}@placeholder.email", id.to_lowercase()));
            None
        }
        (None, Project::Email, None, _) => Some(Why::NotFound),
        // Unknown addresses are always made in an email-based project.
        (None, Project::Hybrid | Project::UserId, ..) if only_known => Some(Why::NotFound),
        _ => None,
    })
}
