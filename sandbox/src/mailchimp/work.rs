//! The vendor at work: one call after the other, each in a transaction that ends with its answer.

use super::{
    key,
    memo::Memo,
    problem::{Fail, Problem, Result},
    request::{Answer, Call},
    route,
    select::Selection,
    settings::Settings,
    store::Store,
};
use crate::{Clock, Error, hold::Hold, vendor::Ask};
use rusqlite::Connection;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The account. Its methods block: call them off the async threads.
#[derive(Debug)]
pub struct Mailchimp {
    store: Mutex<Store>,
    settings: Mutex<Settings>,
    clock: Clock,
    /// `http://127.0.0.1:PORT`, for links in answers.
    origin: String,
}

/// What a handler works with.
pub(super) struct Ctx<'a> {
    pub db: &'a Connection,
    pub memo: &'a mut Memo,
    /// Unix seconds.
    pub now: i64,
    pub origin: &'a str,
    pub select: Selection,
    pub settings: Settings,
    /// What about the request was outside the contract and let pass.
    pub notes: Vec<String>,
}

impl Ctx<'_> {
    /// A full address below the API's base.
    pub(super) fn href(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, super::BASE)
    }
}

/// What goes back over the wire.
#[derive(Debug)]
pub(super) struct Reply {
    pub status: u16,
    /// Also the vendor's request id.
    pub instance: String,
    pub body: Vec<u8>,
    pub problem: bool,
    pub allow: Option<String>,
    pub violations: Vec<String>,
    pub rows: usize,
}

impl Reply {
    pub(super) fn refuse(problem: &Problem) -> Self {
        let instance = uuid::Uuid::new_v4().to_string();
        Self {
            status: problem.status,
            body: serde_json::to_vec(&problem.to_json(&instance)).unwrap_or_default(),
            instance,
            problem: true,
            allow: problem.allow.clone(),
            violations: if problem.violation { vec![in_words(problem)] } else { Vec::new() },
            rows: 0,
        }
    }

    pub(super) fn found() -> Self {
        let instance = uuid::Uuid::new_v4().to_string();
        Self { status: 200, instance, body: Vec::new(), problem: false, allow: None, violations: Vec::new(), rows: 0 }
    }

    fn of(result: Result<Answer>) -> Self {
        let encoded = result.and_then(|answer| {
            let text = answer.text()?;
            Ok((answer.status, text))
        });
        match encoded {
            Ok((status, body)) => Self { status, body, ..Self::found() },
            Err(fail) => Self::refuse(&fail.into_refusal()),
        }
    }
}

/// A violation for the log: fields and rules, never values.
fn in_words(problem: &Problem) -> String {
    match problem.errors.first() {
        Some(error) => format!("{} {}: {}", problem.status, error.field, error.message),
        None => format!("{} {}", problem.status, problem.title),
    }
}

impl Mailchimp {
    pub(crate) fn open(hold: &Arc<Hold>, clock: Clock, origin: String) -> std::result::Result<Self, Error> {
        Ok(Self { store: Mutex::new(Store::open(hold)?), settings: Mutex::default(), clock, origin })
    }

    /// Answers one request.
    pub(super) fn reply(&self, ask: &Ask) -> Reply {
        let call = key::check(&ask.headers).and_then(|()| Call::parse(ask.method.clone(), &ask.path, &ask.query, &ask.body));
        let call = match call {
            Ok(call) => call,
            Err(fail) => return Reply::refuse(&fail.into_refusal()),
        };
        let (result, notes) = self.work(|ctx| {
            let answer = route::run(ctx, &call);
            (answer, std::mem::take(&mut ctx.notes))
        });
        let mut reply = Reply::of(result);
        reply.violations.extend(notes);
        reply.rows = call.rows();
        reply
    }

    /// One transaction: committed when the work succeeds.
    fn work(&self, act: impl FnOnce(&mut Ctx<'_>) -> (Result<Answer>, Vec<String>)) -> (Result<Answer>, Vec<String>) {
        let mut notes = Vec::new();
        let done = self.transact(|ctx| {
            let (result, noted) = act(ctx);
            notes = noted;
            result
        });
        (done, notes)
    }

    /// The same for the sandbox's own purposes.
    pub(super) fn transact<T>(&self, act: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> Result<T> {
        let mut store = self.store();
        let Store { database, memo } = &mut *store;
        let tx = database.db.unchecked_transaction()?;
        let now = self.clock.now();
        let settings = *self.settings();
        let mut ctx = Ctx { db: &tx, memo, now, origin: &self.origin, select: Selection::default(), settings, notes: Vec::new() };
        // Dropped without a commit, the transaction is rolled back.
        let done = act(&mut ctx).and_then(|done| Ok(tx.commit().map(|()| done)?));
        match done.is_ok() {
            true => memo.addresses.settle(),
            false => memo.addresses.undo_to(0),
        }
        done
    }

    pub(super) fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Fail> for Error {
    fn from(fail: Fail) -> Self {
        Self::Refused(fail.into_refusal().detail)
    }
}
