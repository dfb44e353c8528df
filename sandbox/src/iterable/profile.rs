//! A user's profile as it is visible now.

use super::{failures::Why, person::Person, refusal::Result, request::moment, settings::Project, work::Ctx};
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};

const COLUMNS: &str = "id, email, user_id, data, channels, created, updated";
/// The channel that an unsubscribe from a list would turn off.
pub(super) const CHANNEL: i64 = 24_001;
/// Why users are refused, as the database has it.
pub(super) const FORGOTTEN: &str = "forgotten";
pub(super) const CONFLICT: &str = "conflict";

#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub id: i64,
    pub email: Option<String>,
    pub user_id: Option<String>,
    data: String,
    /// Channels turned off, as JSON.
    channels: String,
    created: i64,
    updated: i64,
}

impl Profile {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            email: row.get(1)?,
            user_id: row.get(2)?,
            data: row.get(3)?,
            channels: row.get(4)?,
            created: row.get(5)?,
            updated: row.get(6)?,
        })
    }

    /// Whether these two name one user. Where the user id alone identifies, the address is only one of the data.
    pub(super) fn fits(&self, person: &Person, project: Project) -> bool {
        let same = |own: &Option<String>, given: &Option<String>| own.is_none() || given.is_none() || own == given;
        same(&self.user_id, &person.user_id) && (project == Project::UserId || same(&self.email, &person.email))
    }

    /// As the API gives it.
    pub(super) fn to_json(&self, ctx: &Ctx<'_>) -> Result<Value> {
        let mut data: Map<String, Value> = serde_json::from_str(&self.data)?;
        let channels: Value = serde_json::from_str(&self.channels)?;
        let managed = json!({
            "email": self.email, "signupSource": "API", "signupDate": moment(self.created), "profileUpdatedAt": moment(self.updated),
            "unsubscribedChannelIds": channels, "unsubscribedMessageTypeIds": [], "subscribedMessageTypeIds": [],
            "itblInternal": {"documentCreatedAt": moment(self.created), "documentUpdatedAt": moment(self.updated)},
            ctx.settings.project.lists_field(): self.lists(ctx)?,
        });
        data.extend(managed.as_object().cloned().unwrap_or_default());
        let mut user = json!({"email": self.email.clone().unwrap_or_default(), "dataFields": data});
        if let Some(id) = &self.user_id {
            user["userId"] = id.as_str().into();
        }
        Ok(user)
    }

    fn lists(&self, ctx: &Ctx<'_>) -> Result<Vec<i64>> {
        let mut query = ctx.db.prepare_cached("SELECT list FROM members WHERE user = ? ORDER BY list")?;
        Ok(query.query_map([self.id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }
}

impl Project {
    /// The field of a profile that names its lists.
    pub(super) fn lists_field(self) -> &'static str {
        if self == Self::Email { "emailListIds" } else { "userListIds" }
    }
}

/// By what identifies users in this project.
pub(super) fn find(ctx: &Ctx<'_>, person: &Person) -> Result<Option<Profile>> {
    let by = |column: &str, value: &str| {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE {column} = ? LIMIT 1");
        ctx.db.prepare_cached(&sql)?.query_row([value], Profile::read).optional()
    };
    let found = match (&person.email, &person.user_id) {
        (Some(email), _) if ctx.settings.project != Project::UserId => by("email", email)?,
        _ => None,
    };
    match (found, &person.user_id) {
        (None, Some(id)) => Ok(by("user_id", id)?),
        (found, _) => Ok(found),
    }
}

/// By address, whatever identifies users.
pub(super) fn by_email(ctx: &Ctx<'_>, email: &str) -> Result<Option<Profile>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE email = ? ORDER BY id LIMIT 1");
    Ok(ctx.db.prepare_cached(&sql)?.query_row([email], Profile::read).optional()?)
}

/// Why this user is refused everywhere, if so.
pub(super) fn refused(ctx: &Ctx<'_>, person: &Person) -> Result<Option<Why>> {
    let mut query = ctx.db.prepare_cached("SELECT why FROM refused WHERE who IN (?, ?)")?;
    let why = query.query_row([&person.email, &person.user_id], |row| row.get::<_, String>(0)).optional()?;
    Ok(why.map(|why| if why == FORGOTTEN { Why::Forgotten } else { Why::Conflict }))
}

/// From now on refused.
pub(super) fn refuse(ctx: &Ctx<'_>, who: &str, why: &str) -> Result<()> {
    ctx.db.prepare_cached("INSERT OR REPLACE INTO refused(who, why) VALUES (?, ?)")?.execute([who, why])?;
    Ok(())
}

/// Makes the user or writes the data into the profile; gives the user's row.
pub(super) fn upsert(ctx: &Ctx<'_>, person: &Person, at_ms: i64) -> Result<i64> {
    let Some(known) = find(ctx, person)? else { return insert(ctx, person, at_ms) };
    let mut data: Map<String, Value> = serde_json::from_str(&known.data)?;
    for (name, value) in &person.data {
        write(&mut data, name, value, person.merge);
    }
    let sql = "UPDATE users SET data = ?, updated = ?, email = coalesce(?, email), user_id = coalesce(?, user_id) WHERE id = ?";
    let data = serde_json::to_string(&data)?;
    ctx.db.prepare_cached(sql)?.execute(params![data, at_ms, person.email, person.user_id, known.id])?;
    Ok(known.id)
}

fn insert(ctx: &Ctx<'_>, person: &Person, at_ms: i64) -> Result<i64> {
    let mut data = Map::new();
    for (name, value) in &person.data {
        write(&mut data, name, value, false);
    }
    let sql = "INSERT INTO users(email, user_id, data, channels, created, updated) VALUES (?1, ?2, ?3, '[]', ?4, ?4)";
    ctx.db.prepare_cached(sql)?.execute(params![person.email, person.user_id, serde_json::to_string(&data)?, at_ms])?;
    Ok(ctx.db.last_insert_rowid())
}

/// Null clears; an object replaces an object unless it is to be merged into it.
fn write(data: &mut Map<String, Value>, name: &str, value: &Value, merge: bool) {
    match (value, data.get_mut(name)) {
        (Value::Null, _) => drop(data.remove(name)),
        (Value::Object(new), Some(Value::Object(old))) if merge => new.iter().for_each(|(name, value)| write(old, name, value, true)),
        _ => drop(data.insert(name.to_owned(), value.clone())),
    }
}

pub(super) fn turn_channel_off(ctx: &Ctx<'_>, id: i64) -> Result<()> {
    let channels = json!([CHANNEL]).to_string();
    ctx.db.prepare_cached("UPDATE users SET channels = ? WHERE id = ?")?.execute(params![channels, id])?;
    Ok(())
}

pub(super) fn remove(ctx: &Ctx<'_>, id: i64) -> Result<()> {
    ctx.db.execute("DELETE FROM members WHERE user = ?", [id])?;
    ctx.db.execute("DELETE FROM users WHERE id = ?", [id])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(json!({"a": {"c": 2}}), false, json!({"a": {"c": 2}, "z": 1}))]
    #[case(json!({"a": {"c": 2}}), true, json!({"a": {"b": 1, "c": 2}, "z": 1}))]
    #[case(json!({"a": null}), true, json!({"z": 1}))]
    #[case(json!({"z": [2]}), true, json!({"a": {"b": 1}, "z": [2]}))]
    fn writing(#[case] new: Value, #[case] merge: bool, #[case] expected: Value) {
        let mut data = json!({"a": {"b": 1}, "z": 1}).as_object().unwrap().clone();
        for (name, value) in new.as_object().unwrap() {
            write(&mut data, name, value, merge);
        }
        assert_eq!(Value::Object(data), expected);
    }
}
