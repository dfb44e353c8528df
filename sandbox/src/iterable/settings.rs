//! How this project is: what differs between accounts, and what the vendor's documents leave open.

use super::{
    lists,
    refusal::Result,
    work::{Ctx, Iterable},
};
use crate::Error;
use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What identifies a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Project {
    #[default]
    Email,
    Hybrid,
    UserId,
}

/// What a value of the wrong kind does to a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Misfit {
    /// The whole batch is refused.
    #[default]
    Batch,
    /// The user is listed as failed, the others are taken.
    User,
}

/// What a subscribe does with users whom the project does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum UnknownUsers {
    /// As the schema says.
    #[default]
    Made,
    /// The whole call is refused, as the vendor's own tests expect.
    Refused,
}

/// Kept in the database; the control surface changes any of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Settings {
    pub project: Project,
    /// Of the delays.
    pub seed: u64,
    /// Least and greatest time until a write is visible.
    pub visible_after_ms: (i64, i64),
    pub misfit: Misfit,
    /// How long calls do not know a list that was just made, though it is listed.
    pub new_list_unknown_ms: i64,
    pub unknown_users: UnknownUsers,
    /// Most users in a list call; none if null.
    pub most_users: Option<usize>,
    /// List subscribes a second, and as many unsubscribes; the vendor publishes no limit.
    pub list_calls_per_second: u32,
    /// Whether a field that is new is made where the call does not say.
    pub create_new_fields: bool,
    /// Refusals carry the code `Success`.
    pub lying_code: bool,
    /// What stands before a field's name in a refusal (`my_project_etl`).
    pub field_prefix: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            project: Project::default(),
            seed: 0,
            visible_after_ms: (5_000, 60_000),
            misfit: Misfit::default(),
            new_list_unknown_ms: 3_000,
            unknown_users: UnknownUsers::default(),
            most_users: Some(1_000),
            list_calls_per_second: 5,
            create_new_fields: true,
            lying_code: false,
            field_prefix: None,
        }
    }
}

impl Settings {
    pub(super) fn read(db: &Connection) -> Result<Self> {
        let text: Option<String> = db.query_row("SELECT json FROM settings", [], |row| row.get(0)).optional()?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
    }

    /// These, with what the changes name replaced.
    fn with(&self, changes: &Value) -> std::result::Result<Self, Error> {
        let refuse = |why: String| Error::Refused(format!("these settings do not fit: {why}"));
        let mut all = json!(self);
        match (&mut all, changes) {
            (Value::Object(all), Value::Object(changes)) => all.extend(changes.clone()),
            _ => return Err(refuse("an object is needed".to_owned())),
        }
        let settings: Self = serde_json::from_value(all).map_err(|error| refuse(error.to_string()))?;
        match settings.visible_after_ms {
            (least, most) if (0..=most).contains(&least) => Ok(settings),
            _ => Err(refuse("visibleAfterMs are two times, the lesser first".to_owned())),
        }
    }
}

impl Iterable {
    /// Changes what is named. `list` beside the settings makes or changes a list: `{id, name?, listType?, inUse?}`.
    pub(super) fn change_settings(&self, changes: &Value) -> std::result::Result<(), Error> {
        let mut changes = changes.clone();
        let list = changes.as_object_mut().and_then(|changes| changes.remove("list"));
        let list = list.map(serde_json::from_value::<lists::Given>).transpose().map_err(|error| Error::Refused(error.to_string()))?;
        let settings = self.settings().with(&changes)?;
        self.transact(|ctx| {
            list.iter().try_for_each(|list| lists::put(ctx, list))?;
            write(ctx, &settings)
        })?;
        self.keep_settings(settings);
        Ok(())
    }
}

fn write(ctx: &Ctx<'_>, settings: &Settings) -> Result<()> {
    let sql = "INSERT INTO settings(id, json) VALUES (1, ?) ON CONFLICT(id) DO UPDATE SET json = excluded.json";
    ctx.db.execute(sql, [serde_json::to_string(settings)?])?;
    Ok(())
}
