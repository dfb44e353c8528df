//! The vendor at work: whatever is due is carried out first, then the call, each in a transaction of its own.

use super::{
    activity_run,
    problem::{Problem, Result},
    rate,
    request::{Answer, Call, Content},
    route,
    settings::Settings,
    store::LAYOUT,
    tally::Tally,
};
use crate::{
    Clock, Error,
    database::Database,
    hold::Hold,
    rates::Rates,
    vendor::{Ask, Reply},
};
use axum::http::{HeaderMap, HeaderValue, header};
use rusqlite::Connection;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The account. Its methods block: call them off the async threads.
#[derive(Debug)]
pub(crate) struct ConstantContact {
    state: Mutex<State>,
    clock: Clock,
    rates: Rates,
}

#[derive(Debug)]
struct State {
    database: Database,
    settings: Settings,
    /// Violations of activities that ended while nobody asked.
    untold: Vec<String>,
}

/// What a handler works with.
pub(super) struct Ctx<'a> {
    pub db: &'a Connection,
    /// Unix milliseconds.
    pub now: i64,
    pub settings: &'a mut Settings,
    pub tally: Tally,
    /// What was outside the contract, or must never happen, and was let pass.
    pub notes: Vec<String>,
    /// Members that the request carries.
    pub rows: usize,
}

impl ConstantContact {
    pub(crate) fn open(hold: &Arc<Hold>, clock: Clock) -> std::result::Result<Self, Error> {
        let state = State { database: Database::open(hold, &LAYOUT)?, settings: Settings::default(), untold: Vec::new() };
        Ok(Self { state: Mutex::new(state), clock, rates: Rates::default() })
    }

    /// Answers one request.
    pub(super) fn reply(&self, ask: &Ask) -> Reply {
        let mut state = self.state();
        let now = self.clock.now_ms();
        match self.admit(&mut state, ask, now) {
            Ok(()) => work(&mut state, ask, now),
            Err(reply) => reply,
        }
    }

    /// The gateway: the token, then the app's day, then its second.
    fn admit(&self, state: &mut State, ask: &Ask, now: i64) -> std::result::Result<(), Reply> {
        bearer(&ask.headers).map_err(|problem| refuse(&problem))?;
        let settings = &state.settings;
        rate::take(&state.database.db, &self.rates, settings, now).map_err(|fail| {
            let problem = fail.into_refusal();
            let broken = problem.status == 429;
            let alone = broken && !settings.throttled_as_array;
            refuse(&Problem { alone, violation: broken, ..problem })
        })
    }

    /// For the sandbox's own purposes, after whatever was due.
    pub(super) fn inside<T>(&self, act: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> std::result::Result<T, Error> {
        let mut state = self.state();
        let now = self.clock.now_ms();
        let (due, notes, _) = transact(&mut state, now, activity_run::due);
        state.untold.extend(notes);
        due?;
        Ok(transact(&mut state, now, act).0?)
    }

    pub(super) fn set_settings(&self, settings: Settings) {
        self.state().settings = settings;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn work(state: &mut State, ask: &Ask, now: i64) -> Reply {
    let (due, mut notes, _) = transact(state, now, activity_run::due);
    notes.splice(0..0, std::mem::take(&mut state.untold));
    let call = due.and_then(|()| Call::parse(ask.method.clone(), &ask.path, &ask.query, &ask.headers, ask.body.clone()));
    let (result, more, rows) = match call {
        Ok(call) => transact(state, now, |ctx| route::run(ctx, &call)),
        Err(fail) => (Err(fail), Vec::new(), 0),
    };
    let mut reply = result.map_or_else(|fail| refuse(&fail.into_refusal()), encode);
    reply.violations.extend(notes);
    reply.violations.extend(more);
    reply.rows = rows;
    reply
}

/// One transaction, committed when the work succeeds; what was noted, and the members it carried.
fn transact<T>(state: &mut State, now: i64, act: impl FnOnce(&mut Ctx<'_>) -> Result<T>) -> (Result<T>, Vec<String>, usize) {
    let State { database, settings, .. } = state;
    let tx = match database.db.unchecked_transaction() {
        Ok(tx) => tx,
        Err(error) => return (Err(error.into()), Vec::new(), 0),
    };
    let mut ctx = Ctx { db: &tx, now, settings, tally: Tally::default(), notes: Vec::new(), rows: 0 };
    let done = act(&mut ctx).and_then(|done| ctx.tally.save(ctx.db).map(|()| done));
    let (notes, rows) = (ctx.notes, ctx.rows);
    let ended = if done.is_ok() { tx.commit() } else { tx.rollback() };
    (done.and_then(|done| Ok(ended.map(|()| done)?)), notes, rows)
}

fn bearer(headers: &HeaderMap) -> std::result::Result<(), Problem> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let value = value.ok_or_else(|| Problem::unauthorized(true))?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && token_is_good(token.trim()) => Ok(()),
        _ => Err(Problem::unauthorized(false)),
    }
}

/// Whether a token opens the account.
fn token_is_good(token: &str) -> bool {
    !token.is_empty() && !token.starts_with("invalid")
}

/// A refusal and, if it counts as a violation, its words for the log.
pub(super) fn refuse(problem: &Problem) -> Reply {
    let said = problem.violation.then(|| format!("{} {}: {}", problem.status, problem.key, problem.message));
    Reply { violations: said.into_iter().collect(), ..Reply::json(problem.status, &problem.to_json()) }
}

fn encode(answer: Answer) -> Reply {
    let mut reply = match answer.body {
        Content::None => Reply::bare(answer.status),
        Content::Json(body) => Reply::json(answer.status, &body),
        Content::Csv(text) => {
            let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
            Reply { headers: vec![kind], ..Reply::text(answer.status, text) }
        }
    };
    let location = answer.location.and_then(|path| HeaderValue::from_str(&path).ok());
    reply.headers.extend(location.map(|path| (header::LOCATION, path)));
    reply
}

impl Ctx<'_> {
    /// Notes the same thing so many times: each is a violation of its own.
    pub(super) fn note(&mut self, count: u64, what: &str) {
        self.notes.extend((0..count).map(|_| what.to_owned()));
    }
}

/// A UUID for a list, a field or an activity.
pub(super) fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
