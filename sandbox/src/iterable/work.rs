//! The vendor at work: one call after the other, each in a transaction that ends with its answer.

use super::{
    PROJECT,
    refusal::{Fail, Refusal, Result},
    request::{Answer, Call},
    route::{self, Route},
    settings::Settings,
    settle, store,
};
use crate::{
    Clock, Error,
    database::Database,
    hold::Hold,
    rates::Rates,
    vendor::{Ask, Reply},
};
use axum::http::HeaderMap;
use rusqlite::Connection;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The project. Its methods block: call them off the async threads.
#[derive(Debug)]
pub struct Iterable {
    database: Mutex<Database>,
    settings: Mutex<Settings>,
    rates: Rates,
    clock: Clock,
}

/// What a handler works with.
pub(super) struct Ctx<'a> {
    pub db: &'a Connection,
    pub now_ms: i64,
    pub settings: &'a Settings,
    /// What about the request was outside the contract and let pass.
    pub notes: Vec<String>,
}

/// When what is due is carried out before a call: always, or only where it has become much. Many calls' people carried out at
/// once touch each page of the database once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    All,
    Much,
}

impl Ctx<'_> {
    pub(super) fn note(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.notes.contains(&what) {
            self.notes.push(what);
        }
    }
}

impl Iterable {
    pub(crate) fn open(hold: &Arc<Hold>, clock: Clock) -> std::result::Result<Self, Error> {
        let database = Database::open(hold, &store::LAYOUT)?;
        let failed = |source| Error::Store { path: hold.database(store::LAYOUT.vendor), source };
        database.db.execute_batch(store::ADDED).map_err(failed)?;
        let settings = Settings::read(&database.db)?;
        Ok(Self { database: Mutex::new(database), settings: Mutex::new(settings), rates: Rates::default(), clock })
    }

    /// Answers one request.
    pub(super) fn reply(&self, ask: &Ask) -> Reply {
        let mut notes = Vec::new();
        let mut rows = 0;
        let mut reply = match self.carry_out(ask, &mut notes, &mut rows) {
            Ok(Answer::Json(body)) => Reply::json(200, &body),
            Ok(Answer::Text(body)) => Reply::text(200, body),
            Err(fail) => fail.into_refusal().reply(self.settings().lying_code),
        };
        reply.violations.extend(notes);
        reply.rows = rows;
        reply
    }

    fn carry_out(&self, ask: &Ask, notes: &mut Vec<String>, rows: &mut usize) -> Result<Answer> {
        key(&ask.headers, &ask.path)?;
        let (route, params) = route::find(&ask.method, &ask.path)?;
        self.admit(route)?;
        let call = Call::parse(ask, route, params, notes)?;
        *rows = call.rows();
        let due = if route.looks_up(&self.settings()) { Due::All } else { Due::Much };
        self.transact_after(due, |ctx| {
            let answer = (route.run)(ctx, &call);
            notes.append(&mut ctx.notes);
            answer
        })
    }

    /// The budget of the route.
    fn admit(&self, route: &Route) -> Result<()> {
        let (limit, window_ms) = route.rate.limit(&self.settings());
        let taken = self.rates.take(route.rate.bucket(route.pattern), limit, window_ms, self.clock.now_ms());
        taken.map_err(|_| {
            let refusal = Refusal::rate(&format!("/api{}, project: {PROJECT} ", route.pattern));
            refusal.violates(format!("429 more than {limit} in {window_ms} ms")).into()
        })
    }

    /// One transaction, after everything that is due by now: committed when the work succeeds.
    pub(super) fn transact<T>(&self, act: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> Result<T> {
        self.transact_after(Due::All, act)
    }

    fn transact_after<T>(&self, due: Due, act: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> Result<T> {
        let database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let (now_ms, settings) = (self.clock.now_ms(), self.settings().clone());
        let tx = database.db.unchecked_transaction()?;
        let mut ctx = Ctx { db: &tx, now_ms, settings: &settings, notes: Vec::new() };
        if due == Due::All || settle::is_much(&ctx)? {
            settle::everything_due(&ctx)?;
        }
        tx.execute_batch("SAVEPOINT call")?;
        let done = act(&mut ctx);
        tx.execute_batch(if done.is_ok() { "RELEASE call" } else { "ROLLBACK TO call" })?;
        tx.commit()?;
        done
    }

    pub(super) fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep_settings(&self, settings: Settings) {
        *self.settings() = settings;
    }
}

/// Any key in the vendor's header, under either of its names, except those that begin with `invalid`.
fn key(headers: &HeaderMap, path: &str) -> Result<()> {
    let value = headers.get("api-key").or_else(|| headers.get("api_key")).and_then(|value| value.to_str().ok());
    match value.map(str::trim) {
        Some(key) if !key.is_empty() && !key.starts_with("invalid") => Ok(()),
        Some(_) => Err(Refusal::key(path).into()),
        None => Err(Fail::from(Refusal::key(path).violates("401 no Api-Key header"))),
    }
}
