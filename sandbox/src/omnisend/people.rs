//! Awkward people, made on purpose: what only the person or the vendor's own staff can bring about.

use super::{
    consent::{Standing, Status},
    contact::Contact,
    formats::{is_email, moment},
    problem::{FieldError, Problem, Result},
    tags,
    work::{Ctx, Omnisend},
};
use crate::Error;
use rusqlite::{OptionalExtension as _, params};
use serde::Deserialize;
use serde_json::Value;

/// A person and what shall be so about the person.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    email: String,
    is: PersonIs,
    /// Since when, RFC 3339; now if absent.
    #[serde(default)]
    at: Option<String>,
    /// What the person carries, beyond what is there already.
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PersonIs {
    Subscribed,
    Unsubscribed,
    NonSubscribed,
    /// Every attempt to write the person is answered with 400.
    Refused,
    /// The next item of a batch that writes the person is answered with 503.
    BusyOnce,
    /// Not a contact, and nothing is remembered.
    Unknown,
}

const REFUSED: i64 = 0;
const BUSY_ONCE: i64 = 1;

impl Omnisend {
    /// Makes it so.
    pub(super) fn set_person(&self, person: &Value) -> std::result::Result<(), Error> {
        let person: Person = serde_json::from_value(person.clone()).map_err(|error| Error::Refused(error.to_string()))?;
        Ok(self.transact(|ctx| set(ctx, &person))?)
    }
}

fn set(ctx: &mut Ctx<'_>, person: &Person) -> Result<()> {
    let email = person.email.trim();
    if !is_email(email) {
        return Err(Problem::new(400, "", "", format!("{email:?} is no address")).into());
    }
    let folded = email.to_lowercase();
    ctx.db.execute("DELETE FROM awkward WHERE folded = ?", [&folded])?;
    let awkward = |what: i64| ctx.db.execute("INSERT INTO awkward(folded, is_what) VALUES (?, ?)", params![folded, what]);
    let status = match person.is {
        PersonIs::Subscribed => Status::Subscribed,
        PersonIs::Unsubscribed => Status::Unsubscribed,
        PersonIs::NonSubscribed => Status::NonSubscribed,
        PersonIs::Refused => return Ok(awkward(REFUSED).map(drop)?),
        PersonIs::BusyOnce => return Ok(awkward(BUSY_ONCE).map(drop)?),
        PersonIs::Unknown => return remove(ctx, email),
    };
    let at = match &person.at {
        Some(text) => moment(text).ok_or_else(|| Problem::new(400, "", "", format!("{text:?} is no time as RFC 3339 writes it")))?,
        None => ctx.now,
    };
    let mut contact = Contact::by_email(ctx, email)?.unwrap_or_else(|| Contact::new(ctx, Some(email.to_owned())));
    contact.standing = Standing { status, at };
    contact.save(ctx)?;
    tags::attach(ctx, contact.row, &person.tags)?;
    Ok(())
}

fn remove(ctx: &Ctx<'_>, email: &str) -> Result<()> {
    if let Some(row) = Contact::row_by_email(ctx, email)? {
        tags::detach_all(ctx, row)?;
        ctx.db.execute("DELETE FROM phones WHERE contact = ?", [row])?;
        ctx.db.execute("DELETE FROM contacts WHERE row = ?", [row])?;
    }
    Ok(())
}

fn awkwardness(ctx: &Ctx<'_>, email: &str) -> Result<Option<i64>> {
    let sql = "SELECT is_what FROM awkward WHERE folded = ?";
    Ok(ctx.db.prepare_cached(sql)?.query_row([email.to_lowercase()], |row| row.get(0)).optional()?)
}

/// Refuses the person whom the vendor does not take.
pub(super) fn hinder(ctx: &Ctx<'_>, email: &str) -> Result<()> {
    match awkwardness(ctx, email)? {
        Some(REFUSED) => {
            let error = FieldError::data("identifiers[0].id", "invalid_format", "This email address cannot be used");
            Err(Problem::validation(vec![error]).into())
        }
        _ => Ok(()),
    }
}

/// Has no time for the person, and then forgets that.
pub(super) fn be_busy_once(ctx: &Ctx<'_>, email: &str) -> Result<()> {
    if awkwardness(ctx, email)? != Some(BUSY_ONCE) {
        return Ok(());
    }
    ctx.db.execute("DELETE FROM awkward WHERE folded = ?", [email.to_lowercase()])?;
    Err(Problem::unavailable().into())
}
