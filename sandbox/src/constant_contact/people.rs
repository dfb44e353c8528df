//! People made awkward on purpose: what only the person or the account's owner in the vendor's own pages can bring about.

use super::{
    contact::{Contact, key},
    lists::List,
    on_lists,
    problem::{Problem, Result},
    work::Ctx,
};
use serde::Deserialize;

/// Somebody, and what has become of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    email: String,
    /// The id of the list, where one is meant.
    #[serde(default)]
    list: Option<String>,
    is: Is,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Is {
    /// On the list, by the person's own wish.
    OnList,
    /// Left the list by themselves; no word of it anywhere but that they are not on it.
    LeftList,
    /// Unsubscribed from everything by themselves.
    Unsubscribed,
    /// The account's owner unsubscribed them.
    UnsubscribedByAccount,
    Deleted,
    /// Rows of this address are errors of an import.
    RefusedRow,
    /// A contact on no list, and no longer refused.
    Contact,
}

/// Makes it so; who is not known becomes a contact first.
pub(super) fn set(ctx: &mut Ctx<'_>, person: &Person) -> Result<()> {
    let key = key(&person.email);
    if person.is == Is::RefusedRow {
        ctx.db.execute("INSERT OR IGNORE INTO refused VALUES (?)", [&key])?;
        return Ok(());
    }
    ctx.db.execute("DELETE FROM refused WHERE key = ?", [&key])?;
    let mut contact = match Contact::by_key(ctx, &key)? {
        Some(contact) => contact,
        None => Contact::new(person.email.trim(), "Contact", ctx.now),
    };
    contact.save(ctx)?;
    become_of(ctx, person, &mut contact)
}

fn become_of(ctx: &mut Ctx<'_>, person: &Person, contact: &mut Contact) -> Result<()> {
    match person.is {
        Is::OnList => {
            contact.deleted = None;
            subscribe(contact);
            let row = [list(ctx, person)?, contact.row];
            ctx.db.execute("DELETE FROM leavers WHERE list = ? AND contact = ?", row)?;
            ctx.db.execute("INSERT OR IGNORE INTO memberships VALUES (?, ?)", row)?;
        }
        Is::LeftList => {
            let row = [list(ctx, person)?, contact.row];
            ctx.db.execute("DELETE FROM memberships WHERE list = ? AND contact = ?", row)?;
            ctx.db.execute("INSERT OR IGNORE INTO leavers VALUES (?, ?)", row)?;
        }
        Is::Unsubscribed => contact.unsubscribe(ctx, "Contact", Some("No longer interested".to_owned()))?,
        Is::UnsubscribedByAccount => contact.unsubscribe(ctx, "Account", None)?,
        Is::Deleted => return contact.delete(ctx),
        Is::Contact => {
            contact.deleted = None;
            subscribe(contact);
            on_lists::off_all(ctx, contact.row)?;
        }
        Is::RefusedRow => {}
    }
    contact.save(ctx)
}

fn subscribe(contact: &mut Contact) {
    contact.opt_out = None;
    if contact.unsubscribed() {
        "explicit".clone_into(&mut contact.permission);
    }
}

fn list(ctx: &Ctx<'_>, person: &Person) -> Result<i64> {
    let id = person.list.as_deref().unwrap_or_default();
    Ok(List::find(ctx, id)?.ok_or_else(|| Problem::unfit(format!("There is no list {id}.")))?.row)
}
