//! Tokens of the API, by name. The state holds their hashes: whoever reads it can ask nothing with them.

use super::{Audit, Result, StateError, Store, View, sql};
use crate::definition::Name;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Row, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// As many as one state holds. Each request looks at all of them.
const MOST: i64 = 1_000;
const COLUMNS: &str = "name, hash, ending, scopes, folders, created_ms, created_by, expires_ms, used_ms";

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Look at exports, connections, runs, held plans, the audit trail and metrics.
    Read,
    /// Plan definitions with the rights of its folders.
    Plan,
    /// Trigger, cancel, approve, reload; see rejected rows and members with their addresses.
    Operate,
    /// Hand over a connection's sign-in.
    Connect,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Plan, Self::Operate, Self::Connect];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Plan => "plan",
            Self::Operate => "operate",
            Self::Connect => "connect",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or("a scope is read, plan, operate or connect")
    }
}

/// The hash by which a token is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenHash(blake3::Hash);

impl TokenHash {
    /// Equality of two takes the same time whatever they are.
    pub fn of(token: &str) -> Self {
        Self(blake3::hash(token.as_bytes()))
    }
}

/// One token, without itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub name: Name,
    pub hash: TokenHash,
    /// Its last four characters.
    pub ending: String,
    pub scopes: BTreeSet<Scope>,
    /// What `plan` is bound to, as globs such as `marketing/**`.
    pub folders: Vec<String>,
    /// Or rotated.
    pub created: DateTime<Utc>,
    pub created_by: String,
    /// `None`: never.
    pub expires: Option<DateTime<Utc>>,
    /// `None`: not yet. To the minute.
    pub used: Option<DateTime<Utc>>,
}

impl ApiToken {
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// It is worth it to record that it was used now.
    pub fn use_is_news(&self, now: DateTime<Utc>) -> bool {
        self.used.is_none_or(|used| now - used >= TimeDelta::minutes(1))
    }
}

impl Store {
    /// Keeps a new token, and who made it. Fails where the name is taken.
    pub fn create_api_token(&mut self, token: &ApiToken, by: &Audit) -> Result<()> {
        if self.api_token(&token.name)?.is_some() {
            let error = StateError::refused(format!("there is a token named {} already", token.name));
            return Err(error.hint("rotate or revoke it, or give another name"));
        }
        let count: i64 = self.conn.query_row("SELECT count(*) FROM api_token", [], |row| row.get(0))?;
        if count >= MOST {
            let error = StateError::refused(format!("there are {MOST} tokens already"));
            return Err(error.hint("revoke some: listkeeper token list"));
        }
        self.keep_api_token(token, by)
    }

    /// Another secret, or another end, in place of what was there.
    pub fn rotate_api_token(&mut self, token: &ApiToken, by: &Audit) -> Result<()> {
        self.named_api_token(&token.name)?;
        self.keep_api_token(token, by)
    }

    fn keep_api_token(&mut self, token: &ApiToken, by: &Audit) -> Result<()> {
        let ApiToken { name, hash, ending, scopes, folders, created, created_by, expires, used } = token;
        self.together(|store| {
            store.note(|conn| {
                conn.execute(
                    &format!("INSERT OR REPLACE INTO api_token ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
                    params![
                        name,
                        hash.0.as_bytes(),
                        ending,
                        sql::to_json(scopes)?,
                        sql::to_json(folders)?,
                        sql::millis(*created),
                        created_by,
                        expires.map(sql::millis),
                        used.map(sql::millis)
                    ],
                )?;
                Ok(())
            })?;
            store.audit(by)
        })
    }

    /// From now on it is good for nothing. Fails where there is none of the name.
    pub fn revoke_api_token(&mut self, name: &Name, by: &Audit) -> Result<()> {
        self.named_api_token(name)?;
        self.together(|store| {
            store.note(|conn| Ok(conn.execute("DELETE FROM api_token WHERE name = ?1", [name]).map(drop)?))?;
            store.audit(by)
        })
    }

    /// It was used.
    pub fn used_api_token(&mut self, name: &Name, at: DateTime<Utc>) -> Result<()> {
        self.note(|conn| {
            let sql = "UPDATE api_token SET used_ms = ?2 WHERE name = ?1";
            Ok(conn.execute(sql, params![name, sql::millis(at)]).map(drop)?)
        })
    }

    /// All of it or nothing, inside an open group as well.
    fn together(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.in_group() {
            return write(self);
        }
        self.begin()?;
        match write(self) {
            Ok(()) => self.commit(),
            Err(error) => self.rollback().and(Err(error)),
        }
    }
}

impl View {
    /// Every token, by name.
    pub fn api_tokens(&self) -> Result<Vec<ApiToken>> {
        let mut statement = self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM api_token ORDER BY name"))?;
        statement.query_and_then([], read)?.collect()
    }

    pub fn api_token(&self, name: &Name) -> Result<Option<ApiToken>> {
        Ok(self.api_tokens()?.into_iter().find(|token| token.name == *name))
    }

    /// Fails where there is none of the name.
    pub fn named_api_token(&self, name: &Name) -> Result<ApiToken> {
        self.api_token(name)?.ok_or_else(|| unknown(name))
    }
}

fn unknown(name: &Name) -> StateError {
    StateError::refused(format!("there is no token named {name}")).hint("`listkeeper token list` shows them")
}

fn read(row: &Row<'_>) -> Result<ApiToken> {
    let hash: [u8; 32] = row.get(1)?;
    Ok(ApiToken {
        name: row.get(0)?,
        hash: TokenHash(blake3::Hash::from_bytes(hash)),
        ending: row.get(2)?,
        scopes: sql::from_json(&row.get::<_, String>(3)?)?,
        folders: sql::from_json(&row.get::<_, String>(4)?)?,
        created: sql::time(row.get(5)?)?,
        created_by: row.get(6)?,
        expires: row.get::<_, Option<i64>>(7)?.map(sql::time).transpose()?,
        used: row.get::<_, Option<i64>>(8)?.map(sql::time).transpose()?,
    })
}
