//! Sign-ins, by connection. These are the only secrets that the state holds; its files are the user's alone.

use super::{Result, StateError, Store, View, sql};
use crate::{
    definition::Name,
    oauth::{Binding, Tokens},
};
use rusqlite::{OptionalExtension, Row, params};
use secrecy::{ExposeSecret, SecretString};

const COLUMNS: &str = "vendor, endpoint, client_id, access, refresh, obtained_ms, expires_ms, account, api, connection";

impl Store {
    /// Keeps what a connection's sign-in, or its renewal, gave, in place of what it had.
    pub fn keep_tokens(&mut self, connection: &Name, tokens: &Tokens) -> Result<()> {
        self.note(|conn| {
            let Tokens { bound, access, refresh, obtained, expires, account, api } = tokens;
            let refresh = refresh.as_ref().map(ExposeSecret::expose_secret);
            conn.execute(
                &format!("INSERT OR REPLACE INTO token ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"),
                params![
                    bound.vendor,
                    bound.endpoint,
                    bound.client_id,
                    access.expose_secret(),
                    refresh,
                    sql::millis(*obtained),
                    expires.map(sql::millis),
                    account,
                    api.as_ref().map(url::Url::as_str),
                    connection
                ],
            )?;
            Ok(())
        })
    }
}

impl View {
    /// What a connection's sign-in gave last. `None`: nobody signed in.
    pub fn tokens(&self, connection: &Name) -> Result<Option<Tokens>> {
        let sql = format!("SELECT {COLUMNS} FROM token WHERE connection = ?1");
        self.conn.prepare_cached(&sql)?.query_row([connection], |row| Ok(read(row))).optional()?.transpose()
    }

    /// Every sign-in, by connection's name.
    pub fn sign_ins(&self) -> Result<Vec<(Name, Tokens)>> {
        let mut statement = self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM token ORDER BY connection"))?;
        let rows = statement.query_and_then([], |row| Ok((row.get(9)?, read(row)?)))?;
        rows.collect()
    }
}

fn read(row: &Row<'_>) -> Result<Tokens> {
    let secret = |text: String| SecretString::from(text);
    let api: Option<String> = row.get(8)?;
    let api = api.map(|text| text.parse().map_err(|_| StateError::damaged("the address of an account's API is none")));
    Ok(Tokens {
        bound: Binding { vendor: row.get(0)?, endpoint: row.get(1)?, client_id: row.get(2)? },
        access: secret(row.get(3)?),
        refresh: row.get::<_, Option<String>>(4)?.map(secret),
        obtained: sql::time(row.get(5)?)?,
        expires: row.get::<_, Option<i64>>(6)?.map(sql::time).transpose()?,
        account: row.get(7)?,
        api: api.transpose()?,
    })
}
