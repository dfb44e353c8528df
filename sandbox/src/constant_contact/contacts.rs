//! One contact at a time.

use super::{
    contact::{Contact, UNSUBSCRIBED, key},
    contact_body::{self, Body},
    contact_id::id_of,
    contact_view::View,
    lists::List,
    on_lists,
    problem::{Problem, Result},
    request::{Answer, Call},
    settings::Settings,
    tally::Event,
    work::Ctx,
};

/// Deleted ones too.
pub(super) fn get(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let contact = Contact::get(ctx, ids[0])?;
    Answer::json(200, View::of(ctx, call)?.json(ctx, &contact)?)
}

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let body = Body::read(ctx, &call.object()?, contact_body::POST)?;
    if body.address.is_none() && !body.plain.contains_key("first_name") && !body.plain.contains_key("last_name") {
        return Err(Problem::invalid("email_address or a name is missing").into());
    }
    free(ctx, body.address.as_deref(), 0)?;
    let mut contact = Contact::new(body.address.as_deref().unwrap_or_default(), &body.source, ctx.now);
    contact.email.clone_from(&body.address);
    truthful(ctx, &body.source);
    contact.save(ctx)?;
    write(ctx, &mut contact, body)?;
    Answer::json(201, View::full(ctx)?.json(ctx, &contact)?)
}

/// Everything that is left out becomes empty; a deleted contact comes back.
pub(super) fn put(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let mut contact = Contact::get(ctx, ids[0])?;
    let body = Body::read(ctx, &call.object()?, contact_body::PUT)?;
    undisturbed(ctx)?;
    free(ctx, body.address.as_deref(), contact.row)?;
    truthful(ctx, &body.source);
    if contact.deleted.is_some() && body.source != "Account" {
        return Err(Problem::unfit("A deleted contact is revived with the update_source Account only.").into());
    }
    contact.revive(ctx, "a PUT");
    if body.address.is_none() && contact.email.is_some() {
        ctx.note(1, "a PUT without email_address took a contact's address away");
    }
    contact.email.clone_from(&body.address);
    contact.update_source.clone_from(&body.source);
    write(ctx, &mut contact, body)?;
    Answer::json(200, View::full(ctx)?.json(ctx, &contact)?)
}

pub(super) fn delete(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let mut contact = Contact::get(ctx, ids[0])?;
    if contact.deleted.is_some() {
        return Err(Problem::not_found("contact_id").into());
    }
    undisturbed(ctx)?;
    contact.delete(ctx)?;
    Answer::none()
}

fn write(ctx: &mut Ctx<'_>, contact: &mut Contact, mut body: Body) -> Result<()> {
    if let Some(permission) = body.permission.take() {
        permit(ctx, contact, &permission)?;
    }
    let lists = body.lists.take();
    body.overwrite(&mut contact.profile);
    contact.save(ctx)?;
    lists.map_or(Ok(()), |lists| place(ctx, contact, &lists))
}

/// The contact is on exactly these lists afterwards.
fn place(ctx: &mut Ctx<'_>, contact: &Contact, lists: &[String]) -> Result<()> {
    if contact.unsubscribed() && !lists.is_empty() {
        return Err(Problem::unfit("An unsubscribed contact cannot be on a list.").into());
    }
    let mut rows = Vec::new();
    for id in lists {
        let list = List::find(ctx, id)?.ok_or_else(|| Problem::unfit("list_memberships names an unknown list"))?;
        on_lists::put(ctx, contact.row, list.row, "a single contact's change")?;
        rows.push(list.row.to_string());
    }
    let sql = format!("DELETE FROM memberships WHERE contact = ? AND list NOT IN ({})", rows.join(","));
    ctx.db.execute(&sql, [contact.row])?;
    Ok(())
}

/// Who unsubscribed cannot be subscribed by the account; whom the account unsubscribed can, and that is counted.
fn permit(ctx: &mut Ctx<'_>, contact: &mut Contact, wanted: &str) -> Result<()> {
    if contact.permission == wanted {
        return Ok(());
    }
    if wanted == UNSUBSCRIBED {
        ctx.note(1, "a contact was unsubscribed");
        return contact.unsubscribe(ctx, "Account", None);
    }
    if contact.unsubscribed() {
        if contact.opt_out.as_ref().is_some_and(|out| out.source == "Contact") {
            return Err(Problem::invalid("The contact has opted out; only the contact can opt in again.").into());
        }
        ctx.tally.add(Event::OptOutOverridden, 1);
        ctx.note(1, "somebody who was unsubscribed was subscribed again");
        contact.opt_out = None;
    }
    if matches!(wanted, "explicit" | "pending_confirmation") {
        ctx.note(1, "consent was claimed or asked for on the contact's behalf");
    }
    wanted.clone_into(&mut contact.permission);
    Ok(())
}

/// A sync is never the contact's own act.
fn truthful(ctx: &mut Ctx<'_>, source: &str) {
    if source == "Contact" {
        ctx.note(1, "a change was said to be the contact's own");
    }
}

/// Nobody else has the address, not even a deleted contact.
fn free(ctx: &Ctx<'_>, address: Option<&str>, except: i64) -> Result<()> {
    let Some(address) = address else { return Ok(()) };
    match Contact::by_key(ctx, &key(address))? {
        Some(other) if other.row != except => {
            let id = id_of(other.row);
            Err(Problem::conflict(format!("Validation failed: Email already exists for contact {id}")).into())
        }
        _ => Ok(()),
    }
}

/// Somebody else changes the same contact at the same moment, where that was asked for.
fn undisturbed(ctx: &mut Ctx<'_>) -> Result<()> {
    match Settings::take(&mut ctx.settings.conflicts) {
        true => Err(Problem::conflict("The contact is being changed by another request.").into()),
        false => Ok(()),
    }
}
