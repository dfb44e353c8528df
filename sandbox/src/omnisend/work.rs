//! The vendor at work: what is due by now first, then one call, each in a transaction of its own.

use super::{
    gate, later,
    limits::Limits,
    observed::{Observed, Seen},
    problem::Result,
    request::{Answer, Call},
    route::{self, Route},
    settings::{Delay, Settings},
    store::LAYOUT,
};
use crate::{
    Clock, Error,
    database::Database,
    draw,
    hold::Hold,
    vendor::{Ask, Reply},
};
use rusqlite::Connection;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The brand. Its methods block: call them off the async threads.
#[derive(Debug)]
pub(crate) struct Omnisend {
    store: Mutex<Database>,
    clock: Clock,
    /// `http://127.0.0.1:PORT`, for links in answers.
    origin: String,
    pub(super) limits: Limits,
    pub(super) settings: Mutex<Settings>,
    pub(super) observed: Mutex<Observed>,
}

/// What a handler works with.
pub(super) struct Ctx<'a> {
    pub db: &'a Connection,
    /// Unix milliseconds; for what was due earlier, the moment at which it was due.
    pub now: i64,
    pub origin: &'a str,
    pub settings: &'a Settings,
    pub seen: Seen,
    /// What must not happen and did, or was outside the contract and let pass.
    pub notes: Vec<String>,
}

impl Ctx<'_> {
    pub(super) fn note(&mut self, what: impl Into<String>) {
        self.notes.push(what.into());
    }

    /// A moment in the future: the same for the same row and purpose.
    pub(super) fn after(&self, delay: Delay, row: i64, purpose: u64) -> i64 {
        self.now + draw::between(delay.min_ms, delay.max_ms, draw::chance(self.settings.seed, row.unsigned_abs(), purpose))
    }
}

impl Omnisend {
    pub(crate) fn open(hold: &Arc<Hold>, clock: Clock, origin: String) -> std::result::Result<Self, Error> {
        Ok(Self {
            store: Mutex::new(Database::open(hold, &LAYOUT)?),
            clock,
            origin,
            limits: Limits::default(),
            settings: Mutex::default(),
            observed: Mutex::default(),
        })
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Answers one request.
    pub(super) fn reply(&self, ask: &Ask) -> Reply {
        let settings = held(&self.settings).clone();
        let mut rows = 0;
        let done = gate::pass(self, ask, &settings).and_then(|route| {
            let call = Call::parse(&ask.query, &ask.body)?;
            rows = call.rows();
            self.carry_out(&settings, route, &ask.path, &call)
        });
        let mut reply = match done {
            Ok(Answer { status, body: Some(body) }) => Reply::json(status, &body),
            Ok(Answer { status, body: None }) => Reply::bare(status),
            Err(fail) => gate::refusal(&fail.into_refusal().placed(settings.row_paths)),
        };
        reply.violations.extend(held(&self.observed).take_notes());
        reply.rows = rows;
        reply
    }

    fn carry_out(&self, settings: &Settings, route: &Route, path: &str, call: &Call) -> Result<Answer> {
        self.transact_with(settings, later::apply)?;
        self.transact_with(settings, |ctx| (route.run)(ctx, call, &route::ids(route, path)))
    }

    /// For the sandbox's own purposes: on what is due by now.
    pub(super) fn transact<T>(&self, act: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> Result<T> {
        let settings = held(&self.settings).clone();
        self.transact_with(&settings, later::apply)?;
        self.transact_with(&settings, act)
    }

    fn transact_with<T>(&self, settings: &Settings, act: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> Result<T> {
        let store = held(&self.store);
        let tx = store.db.unchecked_transaction()?;
        let (now, origin) = (self.now_ms(), self.origin.as_str());
        let mut ctx = Ctx { db: &tx, now, origin, settings, seen: Seen::default(), notes: Vec::new() };
        let done = act(&mut ctx);
        let (seen, notes) = (ctx.seen, ctx.notes);
        held(&self.observed).note(notes);
        let done = done?;
        tx.commit()?;
        held(&self.observed).add(seen);
        Ok(done)
    }
}

/// What several calls share.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
