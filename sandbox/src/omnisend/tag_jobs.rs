//! Giving tags to many contacts and taking them away: accepted at once, carried out later. Who is not known is left out
//! without a word.

use super::{
    contact::Contact,
    contact_request::texts,
    formats::is_email,
    id::Of,
    later::{self, What},
    people,
    problem::{FieldError, Problem, Result},
    request::{Answer, Call},
    schema::{self, Kind, Shape},
    segments,
    settings::{BadRows, EmptyText},
    tags,
    work::Ctx,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const MOST: usize = 250;
const BODY: &Shape = &[
    ("tags", Kind::Tags(1), true),
    ("emails", Kind::List(&Kind::Text, 0, MOST), false),
    ("contactIDs", Kind::List(&Kind::Text, 0, MOST), false),
    ("phones", Kind::List(&Kind::Text, 0, MOST), false),
    ("segmentID", Kind::Text, false),
];

#[derive(Debug, Serialize, Deserialize)]
struct Job {
    removes: bool,
    tags: Vec<String>,
    contacts: BTreeSet<i64>,
}

pub(super) fn add(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let body = checked(ctx, call)?;
    if any_unfinished(ctx, body)? {
        ctx.note("an address was tagged while a batch with it was not finished");
    }
    accept(ctx, body, false)
}

pub(super) fn remove(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let body = checked(ctx, call)?;
    accept(ctx, body, true)
}

fn any_unfinished(ctx: &Ctx<'_>, body: &Map<String, Value>) -> Result<bool> {
    let mut by_email = ctx.db.prepare_cached("SELECT EXISTS (SELECT 1 FROM unfinished WHERE folded = ?)")?;
    for email in list(body, "emails") {
        if by_email.query_row([email.to_lowercase()], |row| row.get(0))? {
            return Ok(true);
        }
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM unfinished WHERE folded = (SELECT folded FROM contacts WHERE row = ?))";
    let mut by_id = ctx.db.prepare_cached(sql)?;
    for row in list(body, "contactIDs").iter().filter_map(|id| Of::Contact.row(id)) {
        if by_id.query_row([row], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn checked<'c>(ctx: &Ctx<'_>, call: &'c Call) -> Result<&'c Map<String, Value>> {
    call.query(&[]).done()?;
    let body = call.object()?;
    let mut errors = schema::findings(body, BODY, EmptyText::Clears);
    let selectors = ["emails", "contactIDs", "phones"].iter().any(|name| !list(body, name).is_empty());
    if !selectors && !body.contains_key("segmentID") {
        errors.push(FieldError::new("emails", "required", "One of emails, contactIDs, phones and segmentID is required"));
    }
    for (index, _) in list(body, "emails").iter().enumerate().filter(|(_, email)| !is_email(email)) {
        errors.push(FieldError::data(format!("emails[{index}]"), "invalid_format", "Must be a valid email address"));
    }
    if ctx.settings.bad_rows == BadRows::RefuseTheCall {
        for (index, email) in list(body, "emails").iter().enumerate() {
            if people::hinder(ctx, email).is_err() {
                errors.push(FieldError::data(format!("emails[{index}]"), "invalid_value", "This email address cannot be used"));
            }
        }
    }
    schema::refuse(errors)?;
    Ok(body)
}

fn list(body: &Map<String, Value>, name: &str) -> Vec<String> {
    body.get(name).and_then(Value::as_array).map_or_else(Vec::new, |values| texts(values))
}

/// Who is meant is settled now: a contact that is created in the meantime is not.
fn accept(ctx: &mut Ctx<'_>, body: &Map<String, Value>, removes: bool) -> Result<Answer> {
    let job = Job { removes, tags: list(body, "tags"), contacts: contacts(ctx, body)? };
    let row = ctx.db.prepare_cached("INSERT INTO tag_jobs(job) VALUES (?)")?.insert([serde_json::to_string(&job)?])?;
    later::schedule(ctx, ctx.after(ctx.settings.tag_delay_ms, row, 2), What::Tag, row)?;
    Ok(Answer::empty(202))
}

fn contacts(ctx: &Ctx<'_>, body: &Map<String, Value>) -> Result<BTreeSet<i64>> {
    let mut found = BTreeSet::new();
    for email in list(body, "emails") {
        found.extend(Contact::row_by_email(ctx, &email)?);
    }
    for phone in list(body, "phones") {
        found.extend(Contact::row_by_phone(ctx, &phone)?);
    }
    found.extend(list(body, "contactIDs").iter().filter_map(|id| Of::Contact.row(id)));
    if let Some(id) = body.get("segmentID").and_then(Value::as_str) {
        let rule = segments::rule(ctx, id)?.ok_or_else(|| Problem::field("segmentID", "invalid_value", "There is no such segment"))?;
        found.extend(rule.members(ctx)?);
    }
    Ok(found)
}

pub(super) fn run(ctx: &Ctx<'_>, row: i64) -> Result<()> {
    let text: String = ctx.db.prepare_cached("SELECT job FROM tag_jobs WHERE row = ?")?.query_row([row], |row| row.get(0))?;
    let job: Job = serde_json::from_str(&text)?;
    for contact in job.contacts {
        let change = if job.removes { tags::detach } else { tags::attach };
        let exists = "SELECT EXISTS (SELECT 1 FROM contacts WHERE row = ?)";
        let exists: bool = ctx.db.prepare_cached(exists)?.query_row([contact], |row| row.get(0))?;
        if exists && change(ctx, contact, &job.tags)? {
            ctx.db.prepare_cached("UPDATE contacts SET updated = ? WHERE row = ?")?.execute([ctx.now, contact])?;
        }
    }
    ctx.db.prepare_cached("DELETE FROM tag_jobs WHERE row = ?")?.execute([row])?;
    Ok(())
}
