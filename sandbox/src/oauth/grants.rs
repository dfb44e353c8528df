//! What was granted: codes, and the tokens that came of each sign-in (a family).

use super::{
    mint,
    refusal::Refusal,
    rules::{CODE_MS, DEVICE_MS, INTERVAL_MS, Rules, UNUSED_MS},
};
use crate::{
    Error,
    database::{Database, Layout},
    hold::Hold,
};
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;

const FORMAT: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE codes(
  code TEXT PRIMARY KEY, app TEXT NOT NULL, redirect TEXT NOT NULL, challenge TEXT, scope TEXT NOT NULL, made INTEGER NOT NULL,
  family INTEGER) STRICT;
CREATE TABLE devices(
  code TEXT PRIMARY KEY, user_code TEXT NOT NULL UNIQUE, app TEXT NOT NULL, scope TEXT NOT NULL, made INTEGER NOT NULL,
  asked INTEGER NOT NULL, pause INTEGER NOT NULL, said TEXT NOT NULL) STRICT;
CREATE TABLE families(id INTEGER PRIMARY KEY, app TEXT NOT NULL, scope TEXT NOT NULL, dead INTEGER NOT NULL) STRICT;
CREATE TABLE refreshes(token TEXT PRIMARY KEY, family INTEGER NOT NULL, made INTEGER NOT NULL, replaced INTEGER NOT NULL) STRICT;
CREATE TABLE accesses(token TEXT PRIMARY KEY, family INTEGER NOT NULL, dies INTEGER) STRICT;
";

#[derive(Debug)]
pub(super) struct Grants(Database);

/// One sign-in and everything that came of it.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub id: i64,
    pub app: String,
    pub scope: String,
}

/// A code that a browser brought back.
#[derive(Debug)]
pub(super) struct Code {
    pub app: String,
    pub redirect: String,
    pub challenge: Option<String>,
    pub scope: String,
}

/// A code for another device.
#[derive(Debug)]
pub(super) struct Device {
    pub code: String,
    pub user_code: String,
}

impl Grants {
    pub(super) fn open(hold: &Arc<Hold>, rules: &'static Rules) -> Result<Self, Error> {
        Database::open(hold, &Layout { vendor: rules.name, format: FORMAT, schema: SCHEMA }).map(Self)
    }

    /// All of it or nothing.
    pub(super) fn within<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let tx = self.0.db.transaction()?;
        let done = work(&tx);
        // What a refusal did (a family that died) stays done.
        tx.commit()?;
        done
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(_: rusqlite::Error) -> Self {
        Self::no("server_error", "The sandbox's database failed.")
    }
}

pub(super) fn keep_code(db: &Connection, code: &Code, now: i64) -> Result<String, Refusal> {
    let word = mint::word();
    let sql = "INSERT INTO codes VALUES(?1, ?2, ?3, ?4, ?5, ?6, NULL)";
    db.execute(sql, params![word, code.app, code.redirect, code.challenge, code.scope, now])?;
    Ok(word)
}

/// A code is good once. Using it again kills what came of it.
pub(super) fn use_code(db: &Connection, word: &str, now: i64) -> Result<(Code, Family), Refusal> {
    let sql = "SELECT app, redirect, challenge, scope, made, family FROM codes WHERE code = ?1";
    let row = db.query_row(sql, [word], |row| {
        let code = Code { app: row.get(0)?, redirect: row.get(1)?, challenge: row.get(2)?, scope: row.get(3)? };
        Ok((code, row.get::<_, i64>(4)?, row.get::<_, Option<i64>>(5)?))
    });
    let (code, made, used) = row.optional()?.ok_or_else(|| no_grant("The authorization code is invalid or has expired."))?;
    if let Some(family) = used {
        kill(db, family)?;
        return Err(no_grant("The authorization code was used before."));
    }
    if now - made > CODE_MS {
        return Err(no_grant("The authorization code is invalid or has expired."));
    }
    let family = new_family(db, &code.app, &code.scope)?;
    db.execute("UPDATE codes SET family = ?2 WHERE code = ?1", params![word, family.id])?;
    Ok((code, family))
}

fn new_family(db: &Connection, app: &str, scope: &str) -> Result<Family, Refusal> {
    db.execute("INSERT INTO families(app, scope, dead) VALUES(?1, ?2, 0)", [app, scope])?;
    Ok(Family { id: db.last_insert_rowid(), app: app.to_owned(), scope: scope.to_owned() })
}

pub(super) fn kill(db: &Connection, family: i64) -> Result<(), Refusal> {
    db.execute("UPDATE families SET dead = 1 WHERE id = ?1", [family])?;
    Ok(())
}

pub(super) fn keep_access(db: &Connection, token: &str, family: i64, dies: Option<i64>) -> Result<(), Refusal> {
    db.execute("INSERT INTO accesses VALUES(?1, ?2, ?3)", params![token, family, dies])?;
    Ok(())
}

/// A refresh token of the family; those before it are good no more.
pub(super) fn new_refresh(db: &Connection, family: i64, now: i64) -> Result<String, Refusal> {
    db.execute("UPDATE refreshes SET replaced = 1 WHERE family = ?1", [family])?;
    let token = mint::word();
    db.execute("INSERT INTO refreshes VALUES(?1, ?2, ?3, 0)", params![token, family, now])?;
    Ok(token)
}

/// The family of a refresh token that is still good. One that was replaced kills its family: somebody else has it.
pub(super) fn use_refresh(db: &Connection, token: &str, now: i64) -> Result<Family, Refusal> {
    let sql =
        "SELECT f.id, f.app, f.scope, f.dead, r.made, r.replaced FROM refreshes r JOIN families f ON f.id = r.family WHERE token = ?1";
    let row = db.query_row(sql, [token], |row| {
        let family = Family { id: row.get(0)?, app: row.get(1)?, scope: row.get(2)? };
        Ok((family, row.get::<_, bool>(3)?, row.get::<_, i64>(4)?, row.get::<_, bool>(5)?))
    });
    let (family, dead, made, replaced) = row.optional()?.ok_or_else(|| no_grant(REFRESH))?;
    if replaced {
        kill(db, family.id)?;
    }
    if dead || replaced || now - made > UNUSED_MS {
        return Err(no_grant(REFRESH));
    }
    db.execute("UPDATE refreshes SET made = ?2 WHERE token = ?1", params![token, now])?;
    Ok(family)
}

/// Whether an access token is good now.
pub(super) fn is_good(db: &Connection, token: &str, now: i64) -> Result<bool, Refusal> {
    let sql = "SELECT NOT f.dead AND (a.dies IS NULL OR a.dies > ?2) FROM accesses a JOIN families f ON f.id = a.family WHERE token = ?1";
    Ok(db.query_row(sql, params![token, now], |row| row.get(0)).optional()?.unwrap_or(false))
}

pub(super) fn new_device(db: &Connection, app: &str, scope: &str, now: i64) -> Result<Device, Refusal> {
    let device = Device { code: mint::word(), user_code: mint::user_code() };
    let sql = "INSERT INTO devices VALUES(?1, ?2, ?3, ?4, ?5, ?5, ?6, 'nothing')";
    db.execute(sql, params![device.code, device.user_code, app, scope, now, INTERVAL_MS])?;
    Ok(device)
}

/// What the person said to a code. False: there is no such code to answer.
pub(super) fn answer_device(db: &Connection, user_code: &str, said: &str, now: i64) -> Result<bool, Refusal> {
    let sql = "UPDATE devices SET said = ?2 WHERE user_code = ?1 AND said = 'nothing' AND ?3 - made <= ?4";
    Ok(db.execute(sql, params![user_code, said, now, DEVICE_MS])? == 1)
}

/// A device asks whether its person has said something.
pub(super) fn use_device(db: &Connection, code: &str, app: &str, now: i64) -> Result<Family, Refusal> {
    let sql = "SELECT scope, made, asked, pause, said FROM devices WHERE code = ?1 AND app = ?2";
    let row = db.query_row(sql, [code, app], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?, row.get::<_, String>(4)?))
    });
    let (scope, made, asked, pause, said) = row.optional()?.ok_or_else(|| no_grant("The device code is invalid."))?;
    let early = now - asked < pause;
    let longer = if early { pause + INTERVAL_MS } else { pause };
    db.execute("UPDATE devices SET asked = ?2, pause = ?3 WHERE code = ?1", params![code, now, longer])?;
    match said.as_str() {
        _ if now - made > DEVICE_MS => Err(Refusal::no("expired_token", "The device code has expired.")),
        _ if early => Err(Refusal::no("slow_down", "The device asks too often.")),
        "yes" => {
            db.execute("UPDATE devices SET said = 'used' WHERE code = ?1", [code])?;
            new_family(db, app, &scope)
        }
        "no" => Err(Refusal::no("access_denied", "The person said no.")),
        "nothing" => Err(Refusal::no("authorization_pending", "The person has not answered yet.")),
        _ => Err(no_grant("The device code was used before.")),
    }
}

const REFRESH: &str = "The refresh token is invalid or expired.";

fn no_grant(why: &'static str) -> Refusal {
    Refusal::no("invalid_grant", why)
}
