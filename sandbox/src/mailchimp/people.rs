//! Awkward people, made on purpose: what only the person, the mail system or the vendor's own staff can bring about.

use super::{
    email::{self, Hash},
    lists::List,
    member::Member,
    problem::{Problem, Result},
    standing::{Standing, Status},
    work::{Ctx, Mailchimp},
};
use rusqlite::params;
use serde::{Deserialize, Serialize};

/// A person and what shall be so about the person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The audience's id.
    pub list: String,
    /// Any well-formed address, also one that the API would refuse as fake.
    pub email: String,
    pub is: PersonIs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonIs {
    Subscribed,
    /// The person left: nobody but the person can change it.
    UnsubscribedBySelf,
    /// The account's owner took the person out; the API can put the person back.
    UnsubscribedByAdmin,
    Cleaned,
    Pending,
    Transactional,
    Archived,
    /// Permanently deleted: looks new, cannot be imported.
    Forgotten,
    /// Refused everywhere for now, as long as it is not a member.
    TooManyLists,
    /// Known nowhere, and never forgotten: as if never seen.
    Unknown,
}

impl Mailchimp {
    /// Makes it so.
    pub(crate) fn set_person(&self, person: &Person) -> std::result::Result<(), crate::Error> {
        Ok(self.transact(|ctx| set(ctx, person))?)
    }

    /// The audience of this id exists afterwards.
    pub(crate) fn ensure_list(&self, id: &str, name: &str) -> std::result::Result<(), crate::Error> {
        Ok(self.transact(|ctx| super::lists::ensure(ctx, id, name))?)
    }
}

fn set(ctx: &mut Ctx<'_>, person: &Person) -> Result<()> {
    let list = List::find(ctx, &person.list)?
        .ok_or_else(|| Problem::new(404, "Resource Not Found", format!("There is no audience {}.", person.list)))?;
    let email = person.email.trim();
    if !email.contains('@') {
        return Err(Problem::bad_address().into());
    }
    let hash = email::hash(email);
    ctx.db.execute("DELETE FROM forgotten WHERE list = ? AND hash = ?", params![list.row, hash])?;
    ctx.db.execute("DELETE FROM too_many_lists WHERE hash = ?", [hash])?;
    match person.is {
        PersonIs::Forgotten | PersonIs::TooManyLists | PersonIs::Unknown => absent(ctx, &list, &hash, person.is),
        is => present(ctx, &list, email, standing(is)),
    }
}

fn standing(is: PersonIs) -> Standing {
    let status = match is {
        PersonIs::Subscribed => Status::Subscribed,
        PersonIs::Cleaned => Status::Cleaned,
        PersonIs::Pending => Status::Pending,
        PersonIs::Transactional => Status::Transactional,
        PersonIs::Archived => Status::Archived,
        _ => Status::Unsubscribed,
    };
    let prior = (status == Status::Archived).then_some(Status::Subscribed);
    Standing { prior, blocked: matches!(is, PersonIs::UnsubscribedBySelf | PersonIs::Cleaned), ..Standing::new(status) }
}

fn present(ctx: &mut Ctx<'_>, list: &List, email: &str, standing: Standing) -> Result<()> {
    let known = Member::by_hash(ctx, list, &email::hash(email))?;
    let mut member = match known {
        Some(member) => member,
        None => Member::admit(ctx, list, email, Status::Subscribed)?,
    };
    member.standing = standing;
    member.changed = ctx.now;
    member.save(ctx, list)
}

fn absent(ctx: &mut Ctx<'_>, list: &List, hash: &Hash, is: PersonIs) -> Result<()> {
    if let Some(member) = Member::by_hash(ctx, list, hash)? {
        member.remove(ctx, list)?;
    }
    match is {
        PersonIs::Forgotten => ctx.db.execute("INSERT INTO forgotten VALUES (?, ?)", params![list.row, hash])?,
        PersonIs::TooManyLists => ctx.db.execute("INSERT INTO too_many_lists VALUES (?)", [hash])?,
        _ => 0,
    };
    Ok(())
}
