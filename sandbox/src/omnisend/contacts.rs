//! One contact at a time: upsert, change, show.

use super::{
    contact::Contact,
    contact_request::{self, Naming},
    contact_view::View,
    contact_write,
    problem::{Problem, Result},
    request::{Answer, Call},
    work::Ctx,
};

fn answer(ctx: &Ctx<'_>, status: u16, contact: &Contact) -> Result<Answer> {
    Ok(Answer::new(status, View::new(ctx)?.json(ctx, contact)?))
}

pub(super) fn get(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    call.query(&[]).done()?;
    let contact = Contact::by_id(ctx, ids[0])?;
    answer(ctx, 200, &contact)
}

pub(super) fn upsert(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    call.query(&[]).done()?;
    let wish = contact_request::read(call.object()?, Naming::Required, ctx.settings.empty_text)?;
    let (contact, is_new) = contact_write::upsert(ctx, &wish)?;
    answer(ctx, if is_new { 201 } else { 200 }, &contact)
}

pub(super) fn update(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    call.query(&[]).done()?;
    let contact = Contact::by_id(ctx, ids[0])?;
    change(ctx, call, contact)
}

pub(super) fn update_by_email(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let mut query = call.query(&["email"]);
    query.required("email");
    let email = query.email("email");
    query.done()?;
    let found = email.map(|email| Contact::by_email(ctx, email)).transpose()?.flatten();
    change(ctx, call, found.ok_or_else(|| Problem::not_found("contact"))?)
}

fn change(ctx: &mut Ctx<'_>, call: &Call, contact: Contact) -> Result<Answer> {
    let wish = contact_request::read(call.object()?, Naming::Optional, ctx.settings.empty_text)?;
    let contact = contact_write::update(ctx, contact, &wish)?;
    answer(ctx, 200, &contact)
}
