//! A contact as it is kept.

use super::{
    consent::{Standing, Status},
    id::Of,
    problem::{Problem, Result},
    work::Ctx,
};
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Map, Value};

/// Of the table under the name `c`.
pub(super) const COLUMNS: &str = "c.row, c.email, c.status, c.status_at, c.fields, c.consents, c.created, c.updated";

#[derive(Clone, Debug)]
pub(super) struct Contact {
    /// 0 before it is saved.
    pub row: i64,
    pub email: Option<String>,
    pub standing: Standing,
    /// Names and addresses, and `customProperties`.
    pub fields: Map<String, Value>,
    pub consents: Vec<Value>,
    pub created: i64,
    pub updated: i64,
}

/// A row of the table, before its texts are parsed.
pub(super) struct Raw {
    contact: Contact,
    fields: String,
    consents: String,
}

impl Raw {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let standing = Standing { status: Status::of(row.get(2)?), at: row.get(3)? };
        let (created, updated) = (row.get(6)?, row.get(7)?);
        let (fields, consents) = (Map::new(), Vec::new());
        let contact = Contact { row: row.get(0)?, email: row.get(1)?, standing, fields, consents, created, updated };
        Ok(Self { contact, fields: row.get(4)?, consents: row.get(5)? })
    }

    pub(super) fn contact(self) -> Result<Contact> {
        Ok(Contact { fields: serde_json::from_str(&self.fields)?, consents: serde_json::from_str(&self.consents)?, ..self.contact })
    }
}

impl Contact {
    pub(super) fn new(ctx: &Ctx<'_>, email: Option<String>) -> Self {
        let standing = Standing { status: Status::NonSubscribed, at: ctx.now };
        Self { row: 0, email, standing, fields: Map::new(), consents: Vec::new(), created: ctx.now, updated: ctx.now }
    }

    pub(super) fn by_id(ctx: &Ctx<'_>, id: &str) -> Result<Self> {
        let sql = format!("SELECT {COLUMNS} FROM contacts c WHERE c.row = ?");
        let found = match Of::Contact.row(id) {
            Some(row) => ctx.db.prepare_cached(&sql)?.query_row([row], Raw::read).optional()?,
            None => None,
        };
        found.ok_or_else(|| Problem::not_found("contact"))?.contact()
    }

    /// Where addresses are case-sensitive, only the very same.
    pub(super) fn by_email(ctx: &Ctx<'_>, email: &str) -> Result<Option<Self>> {
        let sql = format!("SELECT {COLUMNS} FROM contacts c WHERE {} ORDER BY c.row LIMIT 1", addressed(ctx));
        let found = ctx.db.prepare_cached(&sql)?.query_row([&email.to_lowercase(), email], Raw::read).optional()?;
        found.map(Raw::contact).transpose()
    }

    pub(super) fn row_by_email(ctx: &Ctx<'_>, email: &str) -> Result<Option<i64>> {
        let sql = format!("SELECT row FROM contacts WHERE {} ORDER BY row LIMIT 1", addressed(ctx));
        Ok(ctx.db.prepare_cached(&sql)?.query_row([&email.to_lowercase(), email], |row| row.get(0)).optional()?)
    }

    /// Whose phone number it is.
    pub(super) fn row_by_phone(ctx: &Ctx<'_>, phone: &str) -> Result<Option<i64>> {
        let sql = "SELECT contact FROM phones WHERE phone = ?";
        Ok(ctx.db.prepare_cached(sql)?.query_row([phone], |row| row.get(0)).optional()?)
    }

    pub(super) fn save(&mut self, ctx: &Ctx<'_>) -> Result<()> {
        self.updated = ctx.now;
        let folded = self.email.as_ref().map(|email| email.to_lowercase());
        let (fields, consents) = (serde_json::to_string(&self.fields)?, serde_json::to_string(&self.consents)?);
        let (status, at) = (self.standing.status as i64, self.standing.at);
        if self.row == 0 {
            let sql = "INSERT INTO contacts(email, folded, status, status_at, fields, consents, created, updated) VALUES (?,?,?,?,?,?,?,?)";
            let values = params![self.email, folded, status, at, fields, consents, self.created, self.updated];
            self.row = ctx.db.prepare_cached(sql)?.insert(values)?;
            return Ok(());
        }
        let sql = "UPDATE contacts SET email=?, folded=?, status=?, status_at=?, fields=?, consents=?, updated=? WHERE row=?";
        let values = params![self.email, folded, status, at, fields, consents, self.updated, self.row];
        ctx.db.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }
}

/// Whose address it is: folded, and as it is written. Both are named, as SQLite would plan `? OR email = ?` anew for each contact.
fn addressed(ctx: &Ctx<'_>) -> &'static str {
    if ctx.settings.case_sensitive { "folded = ?1 AND email = ?2" } else { "folded = ?1 AND ?2 IS NOT NULL" }
}
