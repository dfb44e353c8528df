//! A contact, as it is kept.

use super::{
    contact_id::row_of,
    on_lists,
    problem::{Problem, Result},
    shape,
    tally::Event,
    work::Ctx,
};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Who says so: the contact or the account.
pub(super) const SOURCES: &[&str] = &["Account", "Contact"];
pub(super) const UNSUBSCRIBED: &str = "unsubscribed";
/// Permissions that let the account write to a contact, as SQL.
pub(super) const MAILABLE: &str = "'explicit', 'implicit'";
/// Custom fields that a contact may have.
pub(super) const CUSTOM: usize = 25;

#[derive(Clone, Debug)]
pub(super) struct Contact {
    /// 0 until inserted.
    pub row: i64,
    pub email: Option<String>,
    pub permission: String,
    pub opt_in_source: String,
    pub opt_in: i64,
    pub opt_out: Option<OptOut>,
    pub profile: Profile,
    pub create_source: String,
    pub update_source: String,
    pub created: i64,
    pub updated: i64,
    pub deleted: Option<i64>,
}

/// Who ended it, when and why.
#[derive(Clone, Debug)]
pub(super) struct OptOut {
    pub source: String,
    pub at: i64,
    pub reason: Option<String>,
}

/// What is known of the person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    /// Names, birthday, anniversary.
    pub plain: BTreeMap<String, Value>,
    /// By the field's row.
    pub custom: BTreeMap<i64, String>,
    /// By kind.
    pub phones: BTreeMap<String, String>,
    pub streets: BTreeMap<String, BTreeMap<String, String>>,
}

pub(super) const COLUMNS: &str = "row, email, permission, opt_in_source, opt_in, opt_out_source, opt_out, opt_out_reason, profile, \
    create_source, update_source, created, updated, deleted";

const SAVE: &str = "
INSERT INTO contacts(row, email, key, permission, opt_in_source, opt_in, opt_out_source, opt_out, opt_out_reason, profile,
  create_source, update_source, created, updated, deleted)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT(row) DO UPDATE SET email = excluded.email, key = excluded.key, permission = excluded.permission,
  opt_in_source = excluded.opt_in_source, opt_in = excluded.opt_in, opt_out_source = excluded.opt_out_source,
  opt_out = excluded.opt_out, opt_out_reason = excluded.opt_out_reason, profile = excluded.profile,
  update_source = excluded.update_source, updated = excluded.updated, deleted = excluded.deleted
RETURNING row";

/// Addresses are compared without regard to case.
pub(super) fn key(email: &str) -> String {
    email.trim().to_lowercase()
}

impl Contact {
    /// Permission implied, by the account.
    pub(super) fn new(email: &str, source: &str, now: i64) -> Self {
        Self {
            row: 0,
            email: Some(email.to_owned()),
            permission: "implicit".to_owned(),
            opt_in_source: source.to_owned(),
            opt_in: now,
            opt_out: None,
            profile: Profile::default(),
            create_source: source.to_owned(),
            update_source: source.to_owned(),
            created: now,
            updated: now,
            deleted: None,
        }
    }

    /// Its profile is read too. Columns as in `COLUMNS`.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let source: Option<String> = row.get(5)?;
        let (at, reason) = (row.get::<_, Option<i64>>(6)?.unwrap_or_default(), row.get(7)?);
        let broken = |error| rusqlite::Error::FromSqlConversionFailure(8, rusqlite::types::Type::Text, Box::new(error));
        Ok(Self {
            row: row.get(0)?,
            email: row.get(1)?,
            permission: row.get(2)?,
            opt_in_source: row.get(3)?,
            opt_in: row.get(4)?,
            opt_out: source.map(|source| OptOut { source, at, reason }),
            profile: serde_json::from_str(row.get_ref(8)?.as_str()?).map_err(broken)?,
            create_source: row.get(9)?,
            update_source: row.get(10)?,
            created: row.get(11)?,
            updated: row.get(12)?,
            deleted: row.get(13)?,
        })
    }

    /// Deleted ones too.
    pub(super) fn by_key(ctx: &Ctx<'_>, key: &str) -> Result<Option<Self>> {
        let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM contacts WHERE key = ?"))?;
        Ok(query.query_row([key], Self::read).optional()?)
    }

    pub(super) fn get(ctx: &Ctx<'_>, id: &str) -> Result<Self> {
        if !shape::is_id(id) {
            return Err(Problem::no_id("contact_id").into());
        }
        let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM contacts WHERE row = ?"))?;
        let found = match row_of(id) {
            Some(row) => query.query_row([row], Self::read).optional()?,
            None => None,
        };
        Ok(found.ok_or_else(|| Problem::not_found("contact_id"))?)
    }

    pub(super) fn save(&mut self, ctx: &Ctx<'_>) -> Result<()> {
        let row = (self.row != 0).then_some(self.row);
        let out = self.opt_out.as_ref();
        let (source, at, reason) = (out.map(|o| &o.source), out.map(|o| o.at), out.and_then(|o| o.reason.as_ref()));
        let (key, profile) = (self.email.as_deref().map(key), serde_json::to_string(&self.profile)?);
        self.updated = ctx.now;
        let values = params![
            row,
            self.email,
            key,
            self.permission,
            self.opt_in_source,
            self.opt_in,
            source,
            at,
            reason,
            profile,
            self.create_source,
            self.update_source,
            self.created,
            self.updated,
            self.deleted
        ];
        self.row = ctx.db.prepare_cached(SAVE)?.query_row(values, |row| row.get(0))?;
        Ok(())
    }

    pub(super) fn unsubscribed(&self) -> bool {
        self.permission == UNSUBSCRIBED
    }

    /// Takes the person off every list, for good: nobody may write to them.
    pub(super) fn unsubscribe(&mut self, ctx: &Ctx<'_>, source: &str, reason: Option<String>) -> Result<()> {
        UNSUBSCRIBED.clone_into(&mut self.permission);
        self.opt_out = Some(OptOut { source: source.to_owned(), at: ctx.now, reason });
        on_lists::off_all(ctx, self.row)
    }

    /// A deleted contact stays, on no list; who had unsubscribed stays so.
    pub(super) fn delete(&mut self, ctx: &mut Ctx<'_>) -> Result<()> {
        if self.deleted.is_none() {
            ctx.tally.add(Event::ContactDeleted, 1);
        }
        self.deleted = Some(ctx.now);
        if self.opt_out.is_none() {
            self.opt_out = Some(OptOut { source: "Account".to_owned(), at: ctx.now, reason: None });
        }
        on_lists::off_all(ctx, self.row)?;
        self.save(ctx)
    }

    /// A deleted contact is one again.
    pub(super) fn revive(&mut self, ctx: &mut Ctx<'_>, how: &str) {
        if self.deleted.take().is_some() {
            ctx.tally.add(Event::Revived, 1);
            ctx.note(1, &format!("{how} revived a deleted contact"));
            self.opt_out = self.opt_out.take().filter(|_| self.permission == UNSUBSCRIBED);
        }
    }
}
