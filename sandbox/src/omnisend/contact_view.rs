//! A contact as the vendor shows it.

use super::{
    consent::Standing,
    contact::Contact,
    formats::written,
    id::Of,
    phones::{self, Phone},
    problem::Result,
    segments::{self, Rule},
    tags,
    work::Ctx,
};
use serde_json::{Value, json};

/// What is the same for all contacts of one answer.
pub(super) struct View {
    segments: Vec<Rule>,
}

impl View {
    pub(super) fn new(ctx: &Ctx<'_>) -> Result<Self> {
        Ok(Self { segments: segments::rules(ctx)? })
    }

    pub(super) fn json(&self, ctx: &Ctx<'_>, contact: &Contact) -> Result<Value> {
        let (tags, phones) = (tags::of(ctx, contact.row)?, phones::of(ctx, contact.row)?);
        let segments: Vec<_> = self.segments.iter().filter(|rule| rule.holds(&tags)).map(|rule| rule.id.as_str()).collect();
        let mut body = json!({
            "id": Of::Contact.id(contact.row),
            "identifiers": identifiers(contact, &phones),
            "statuses": statuses(contact, &phones),
            "tags": tags,
            "segments": segments,
            "consents": contact.consents,
            "optIns": [],
            "createdAt": written(contact.created),
            "updatedAt": written(contact.updated),
        });
        if let Value::Object(body) = &mut body {
            if let Some(email) = &contact.email {
                body.insert("email".into(), email.as_str().into());
                body.insert("status".into(), contact.standing.status.name().into());
            }
            if !phones.is_empty() {
                body.insert("phone".into(), phones.iter().map(|phone| phone.number.as_str()).collect());
            }
            body.extend(contact.fields.clone());
        }
        Ok(body)
    }
}

fn identifiers(contact: &Contact, phones: &[Phone]) -> Vec<Value> {
    let one = |kind: &str, id: &str, channel: &str, standing: Standing| {
        let channels = json!({channel: {"status": standing.status.name(), "statusChangedAt": written(standing.at)}});
        json!({"type": kind, "id": id, "channels": channels})
    };
    let email = contact.email.iter().map(|email| one("email", email, "email", contact.standing));
    email.chain(phones.iter().map(|phone| one("phone", &phone.number, "sms", phone.standing))).collect()
}

fn statuses(contact: &Contact, phones: &[Phone]) -> Vec<Value> {
    let one = |channel: &str, standing: Standing| json!({"channel": channel, "status": standing.status.name(), "statusChangedAt": written(standing.at)});
    let email = contact.email.iter().map(|_| one("email", contact.standing));
    email.chain(phones.iter().max_by_key(|phone| phone.standing.at).map(|phone| one("sms", phone.standing))).collect()
}
