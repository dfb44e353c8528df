//! What each connection's privacy consent was given for (C4).

use super::{Result, StateError, Store, View};
use crate::{definition::Name, plan::consent::Consent};
use chrono::NaiveDateTime;
use rusqlite::{OptionalExtension, params};

const AT: &str = "%Y-%m-%dT%H:%M:%S";

impl View {
    /// As recorded when it was first used, or renewed.
    pub fn consent(&self, connection: &Name) -> Result<Option<Consent>> {
        let sql = "SELECT platform, origin, account, accepted_on FROM consent WHERE connection = ?1";
        let found: Option<(String, String, Option<String>, String)> =
            self.conn.query_row(sql, [connection], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).optional()?;
        let Some((platform, origin, account, at)) = found else { return Ok(None) };
        let accepted_on = NaiveDateTime::parse_from_str(&at, AT).map_err(|_| StateError::damaged(format!("a consent of {at}")))?;
        Ok(Some(Consent { platform, origin, account, accepted_on }))
    }
}

impl Store {
    /// Records what a connection's consent is given for, in place of what it was given for.
    pub fn record_consent(&mut self, connection: &Name, consent: &Consent) -> Result<()> {
        let Consent { platform, origin, account, accepted_on } = consent;
        let at = accepted_on.format(AT).to_string();
        self.note(|conn| {
            let sql = "INSERT OR REPLACE INTO consent VALUES (?1, ?2, ?3, ?4, ?5)";
            conn.execute(sql, params![connection, platform, origin, account, at])?;
            Ok(())
        })
    }
}
