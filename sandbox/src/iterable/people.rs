//! People made awkward on purpose, at once visible: what the person, somebody else's tool or the vendor brings about.

use super::{
    email,
    lists::List,
    person::Person,
    profile,
    refusal::{Refusal, Result},
    work::{Ctx, Iterable},
};
use crate::Error;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    email: String,
    #[serde(default)]
    user_id: Option<String>,
    is: Is,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Is {
    /// There is a profile.
    Known,
    /// There is none, and nobody was forgotten.
    Unknown,
    /// Erased: refused from now on.
    Forgotten,
    /// Turned the marketing channel off.
    Unsubscribed,
    /// Refused by the calls for many as a conflict of identities.
    Conflicting,
    /// Put on the list by somebody else.
    OnList(i64),
    /// Taken off the list by somebody else.
    OffList(i64),
}

impl Iterable {
    pub(super) fn set_person(&self, person: &Value) -> std::result::Result<(), Error> {
        let given: Given = serde_json::from_value(person.clone()).map_err(|error| Error::Refused(error.to_string()))?;
        Ok(self.transact(|ctx| set(ctx, &given))?)
    }
}

fn set(ctx: &Ctx<'_>, given: &Given) -> Result<()> {
    let person = Person { email: Some(email::check(&given.email)?), user_id: given.user_id.clone(), ..Person::default() };
    ctx.db.execute("DELETE FROM refused WHERE who = ?", [person.who()])?;
    match given.is {
        Is::Known => profile::upsert(ctx, &person, ctx.now_ms).map(drop),
        Is::Unknown => gone(ctx, &person),
        Is::Forgotten => {
            gone(ctx, &person)?;
            profile::refuse(ctx, person.who(), profile::FORGOTTEN)
        }
        Is::Unsubscribed => profile::turn_channel_off(ctx, profile::upsert(ctx, &person, ctx.now_ms)?),
        Is::Conflicting => profile::refuse(ctx, person.who(), profile::CONFLICT),
        // People are no calls: a list of moments ago is there for them.
        Is::OnList(list) => {
            let list = List::find(ctx, list)?.ok_or_else(|| Refusal::no_list(list))?;
            list.put_on(ctx, profile::upsert(ctx, &person, ctx.now_ms)?)
        }
        Is::OffList(list) => off(ctx, &person, list),
    }
}

fn gone(ctx: &Ctx<'_>, person: &Person) -> Result<()> {
    match profile::find(ctx, person)? {
        Some(known) => profile::remove(ctx, known.id),
        None => Ok(()),
    }
}

fn off(ctx: &Ctx<'_>, person: &Person, list: i64) -> Result<()> {
    if let Some(known) = profile::find(ctx, person)? {
        ctx.db.execute("DELETE FROM members WHERE list = ? AND user = ?", [list, known.id])?;
    }
    Ok(())
}
