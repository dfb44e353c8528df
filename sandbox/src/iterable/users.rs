//! Single users, and profiles by the thousand without any list.

use super::{
    bulk, email,
    failures::Why,
    fields::Fields,
    person::Person,
    profile,
    refusal::{Refusal, Result},
    request::{Answer, Call},
    settle::{self, Change},
    work::Ctx,
};
use serde_json::{Value, json};

pub(super) fn update(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let mut person = Person::parse(&call.body)?;
    if let Some(why) = bulk::unfit(ctx, &mut person, false)? {
        return Err(refusal(&person, why).into());
    }
    let mut fields = Fields::load(ctx, call.flag("createNewFields"))?;
    let kept = fields.take(ctx, std::mem::take(&mut person.data));
    person.data = kept.map_err(|wrong| wrong.refusal(ctx.settings.field_prefix.as_deref()))?;
    fields.save(ctx)?;
    settle::later(ctx, &Change::Upsert { people: vec![person], list: None })?;
    Answer::done("")
}

/// As a call for one user is told.
fn refusal(person: &Person, why: Why) -> Refusal {
    let (email, id) = (person.email.as_deref().unwrap_or_default(), person.user_id.as_deref().unwrap_or_default());
    match why {
        Why::Invalid if !email.is_empty() => Refusal::bad_email(email),
        Why::Invalid => Refusal::new(400, "InvalidUserIdError", format!("Invalid userId: {id}")),
        Why::NotFound => Refusal::no_user(email, id),
        Why::Conflict => Refusal::new(409, "ExternalKeyConflict", "The email and the userId belong to different users."),
        Why::Forgotten => Refusal::forgotten(),
        Why::InvalidData => Refusal::bad_params("Invalid data"),
    }
}

pub(super) fn bulk_update(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let people = bulk::people(ctx, call, "users")?;
    let mut fields = Fields::load(ctx, call.flag("createNewFields"))?;
    let (taken, failures) = bulk::divide(ctx, people, &mut fields, false)?;
    fields.save(ctx)?;
    let mut answer = failures.answer(taken.len(), Some(&fields));
    for name in ["noOpEmails", "noOpUserIds"] {
        answer[name] = json!([]);
    }
    settle::later(ctx, &Change::Upsert { people: taken, list: None })?;
    Ok(Answer::Json(answer))
}

pub(super) fn by_email(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let missing = || Refusal::bad_params("Missing parameter: email").violates("400 no email");
    one(ctx, call.queried("email").ok_or_else(missing)?)
}

pub(super) fn by_path(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    one(ctx, call.params.first().map(String::as_str).unwrap_or_default())
}

/// Who is unknown is an empty object, not an error.
fn one(ctx: &Ctx<'_>, text: &str) -> Result<Answer> {
    let known = profile::by_email(ctx, &email::check(text)?)?;
    let user = known.map(|known| known.to_json(ctx)).transpose()?;
    Ok(Answer::Json(user.map_or_else(|| json!({}), |user: Value| json!({"user": user}))))
}

pub(super) fn delete(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let email = email::check(call.params.first().map(String::as_str).unwrap_or_default())?;
    let known = profile::by_email(ctx, &email)?.ok_or_else(|| Refusal::no_user(&email, ""))?;
    let person = Person { email: known.email, user_id: known.user_id, ..Person::default() };
    settle::later(ctx, &Change::Remove { person })?;
    Answer::done("")
}
