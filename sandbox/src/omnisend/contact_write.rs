//! Creating and changing a contact, the same for one call and for an item of a batch.

use super::{
    consent::{self, Said, Standing, Status},
    contact::Contact,
    contact_request::{Identifier, Wish},
    formats::written,
    people,
    phones::{self, Phone},
    problem::{FieldError, Problem, Result},
    settings::{EmailChannel, EmptyText, TagsOnUpsert, WithoutChannels},
    tags,
    work::Ctx,
};
use serde_json::{Map, Value, json};

/// Creates, or changes the contact that has the address. True: it is new. Identifiers that are somebody else's are ignored;
/// a contact that has no other identifier is not created.
pub(super) fn upsert(ctx: &mut Ctx<'_>, wish: &Wish) -> Result<(Contact, bool)> {
    let email = wish.email.as_ref().map(|email| email.id.as_str());
    let has_channel = wish.email.as_ref().is_none_or(|email| email.has_channel);
    if ctx.settings.email_channel == EmailChannel::Demanded && !has_channel {
        let error = FieldError::data("identifiers[0].channels", "required", "Provide email channel for email identifier");
        return Err(Problem::validation(vec![error]).into());
    }
    if let Some(email) = email {
        people::hinder(ctx, email)?;
        if let Some(contact) = Contact::by_email(ctx, email)? {
            return Ok((change(ctx, contact, wish)?, false));
        }
    }
    let mut contact = Contact::new(ctx, email.map(str::to_owned));
    let phones = own_phones(ctx, &contact, wish)?;
    if email.is_none() && phones.is_empty() {
        return Err(Problem::validation(vec![FieldError::data("identifiers", "already_used", "Belongs to another contact")]).into());
    }
    for identifier in wish.email.iter().chain(phones.iter().copied()) {
        welcome(ctx, identifier);
    }
    if let Some(email) = &wish.email {
        contact.standing = weigh_new(ctx, email);
    }
    fill(ctx, &mut contact, wish, &phones)?;
    if let Some(names) = &wish.tags {
        tags::attach(ctx, contact.row, names)?;
    }
    Ok((contact, true))
}

/// Changes a contact that was found by other means than the request's identifiers, which then must not be somebody else's.
pub(super) fn update(ctx: &mut Ctx<'_>, mut contact: Contact, wish: &Wish) -> Result<Contact> {
    if let Some(email) = &contact.email {
        people::hinder(ctx, email)?;
    }
    if let Some(Identifier { id, .. }) = &wish.email {
        if Contact::row_by_email(ctx, id)?.is_some_and(|row| row != contact.row) {
            return Err(Problem::conflict("The email address belongs to another contact.").into());
        }
        contact.email = Some(id.clone());
    }
    if own_phones(ctx, &contact, wish)?.len() < wish.phones.len() {
        return Err(Problem::conflict("The phone number belongs to another contact.").into());
    }
    change(ctx, contact, wish)
}

fn change(ctx: &mut Ctx<'_>, mut contact: Contact, wish: &Wish) -> Result<Contact> {
    if let Some(email) = &wish.email {
        contact.standing = consent::weigh(ctx, Some(contact.standing), &email.said).unwrap_or(contact.standing);
    }
    let phones = own_phones(ctx, &contact, wish)?;
    fill(ctx, &mut contact, wish, &phones)?;
    if let Some(names) = &wish.tags {
        ctx.note("tags in an upsert of a contact that exists");
        if ctx.settings.tags_on_upsert == TagsOnUpsert::Replace {
            tags::detach_all(ctx, contact.row)?;
        }
        tags::attach(ctx, contact.row, names)?;
    }
    Ok(contact)
}

/// What nobody said anything about may be taken for consent.
fn weigh_new(ctx: &mut Ctx<'_>, identifier: &Identifier) -> Standing {
    let status = match ctx.settings.without_channels {
        WithoutChannels::Subscribed => Status::Subscribed,
        WithoutChannels::NonSubscribed => Status::NonSubscribed,
    };
    let silence = [Said { status, at: None }];
    let said = if identifier.said.is_empty() { &silence } else { identifier.said.as_slice() };
    consent::weigh(ctx, None, said).unwrap_or(Standing { status, at: ctx.now })
}

fn welcome(ctx: &mut Ctx<'_>, identifier: &Identifier) {
    if identifier.welcome {
        ctx.seen.welcome_messages += 1;
        ctx.note("a new contact was sent a welcome message: sendWelcomeMessage was not false");
    }
}

/// Those that are not somebody else's.
fn own_phones<'a>(ctx: &Ctx<'_>, contact: &Contact, wish: &'a Wish) -> Result<Vec<&'a Identifier>> {
    let mut own = Vec::new();
    for phone in &wish.phones {
        if Contact::row_by_phone(ctx, &phone.id)?.is_none_or(|row| row == contact.row) {
            own.push(phone);
        }
    }
    Ok(own)
}

fn fill(ctx: &mut Ctx<'_>, contact: &mut Contact, wish: &Wish, phones: &[&Identifier]) -> Result<()> {
    merge(&mut contact.fields, &wish.fields, ctx.settings.empty_text);
    if !wish.properties.is_empty() {
        let kept = contact.fields.entry("customProperties").or_insert_with(|| Map::new().into());
        if let Value::Object(kept) = kept {
            merge(kept, &wish.properties, ctx.settings.empty_text);
        }
    }
    for (channel, identifier) in wish.email.iter().map(|email| ("email", email)).chain(phones.iter().map(|phone| ("sms", *phone))) {
        contact.consents.extend(identifier.consent.as_ref().map(|consent| record(ctx, channel, consent)));
    }
    contact.save(ctx)?;
    phones.iter().try_for_each(|phone| call_at(ctx, contact, phone))
}

/// The contact has this number from now on.
fn call_at(ctx: &mut Ctx<'_>, contact: &Contact, phone: &Identifier) -> Result<()> {
    let known = phones::of(ctx, contact.row)?.into_iter().find(|known| known.number == phone.id);
    let standing = match known.map(|known| known.standing) {
        Some(before) => consent::weigh(ctx, Some(before), &phone.said).unwrap_or(before),
        None => weigh_new(ctx, phone),
    };
    phones::save(ctx, contact.row, &Phone { number: phone.id.clone(), standing })
}

fn merge(kept: &mut Map<String, Value>, new: &Map<String, Value>, empty: EmptyText) {
    for (name, value) in new {
        match value.as_str() {
            Some("") if empty == EmptyText::Clears => kept.remove(name),
            _ => kept.insert(name.clone(), value.clone()),
        };
    }
}

fn record(ctx: &Ctx<'_>, channel: &str, consent: &Map<String, Value>) -> Value {
    let mut record = json!({"channel": channel, "createdAt": written(ctx.now), "source": "api"});
    if let Value::Object(record) = &mut record {
        record.extend(consent.clone());
    }
    record
}
