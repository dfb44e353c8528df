//! A source's one child in a run, and what is asked of it.

use super::{
    super::{Access, Report, RowBatch, SourceError},
    Apart, batch,
    frames::garbled,
    limits,
    process::Child,
    protocol::{Failed, Kind, Order, Take, Told},
};
use crate::definition::{ReadLimits, Rows, Source};
use serde::de::DeserializeOwned;
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

type Sink<'s> = &'s mut dyn FnMut(RowBatch) -> Result<(), SourceError>;

pub struct Line {
    source: Source,
    apart: Apart,
    state: Mutex<State>,
}

enum State {
    /// Nothing was asked yet.
    New,
    Alive(Child),
    /// Why; there is no other child, which would read another moment.
    Broken(SourceError),
    /// All was read.
    Over,
}

impl Line {
    /// No process yet.
    pub fn new(source: &Source, apart: Apart) -> Self {
        Self { source: source.clone(), apart, state: Mutex::new(State::New) }
    }

    pub fn columns(&self, rows: &Rows, wanted: &[&str], access: &Access) -> Result<Vec<String>, SourceError> {
        let wanted = wanted.iter().map(|&column| column.to_owned()).collect();
        self.ask(&Order::Columns(take(rows, access), wanted), Kind::Columns, access, &mut |_| Err(garbled()))
    }

    /// Looks at the query alone.
    pub fn check(&self, rows: &Rows, access: &Access) -> Result<(), SourceError> {
        self.ask::<Vec<String>>(&Order::Check(take(rows, access)), Kind::Columns, access, &mut |_| Err(garbled())).map(drop)
    }

    pub fn read(&self, rows: &Rows, columns: &[&str], access: &Access, sink: Sink<'_>) -> Result<Report, SourceError> {
        let order = Order::Read(take(rows, access), columns.iter().map(|&column| column.to_owned()).collect());
        let mut given = Given { limits: &self.apart.limits, bytes: 0, rows: &self.apart.rows };
        let told: Told = self.ask(&order, Kind::Report, access, &mut |body| {
            let batch = batch::decode(body, columns.len()).ok_or_else(garbled)?;
            given.add(&batch, body.len())?;
            sink(batch)
        })?;
        Ok(told.into())
    }

    /// All was read. `true`: at one moment.
    pub fn finish(&self, access: &Access) -> Result<bool, SourceError> {
        if !matches!(&*self.state(), State::Alive(_)) {
            return Ok(true);
        }
        let one = self.ask(&Order::Finish, Kind::Finished, access, &mut |_| Err(garbled()))?;
        *self.state() = State::Over;
        Ok(one)
    }

    /// Carries out one order; `sink` gets the bodies of its rows.
    fn ask<T: DeserializeOwned>(
        &self,
        order: &Order,
        answer: Kind,
        access: &Access,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), SourceError>,
    ) -> Result<T, SourceError> {
        let mut state = self.state();
        let child = self.alive(&mut state)?;
        let until = Until { cancel: &access.cancel, began: Instant::now(), limits: &self.apart.limits };
        let asked = match child.tell(order) {
            Ok(()) => answered(child, answer, &until, sink),
            Err(_) => Err(Stop::Broken(child.ended())),
        };
        match asked {
            Ok(answer) => {
                child.busy = false;
                Ok(answer)
            }
            Err(Stop::Said(error)) => {
                child.busy = false;
                Err(error)
            }
            Err(Stop::Broken(error)) => {
                *state = State::Broken(error.clone());
                Err(error)
            }
        }
    }

    fn alive<'s>(&self, state: &'s mut State) -> Result<&'s mut Child, SourceError> {
        if matches!(state, State::New) {
            *state = State::Alive(Child::start(&self.source, self.apart.limits, &self.apart.temp)?);
        }
        match state {
            State::Alive(child) => Ok(child),
            State::Broken(error) => Err(error.clone()),
            State::New | State::Over => Err(SourceError::new("the reading of this source is over")),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take(rows: &Rows, access: &Access) -> Take {
    Take { segment: rows.segment.clone(), file: rows.file.clone(), select: rows.select.clone(), vital: access.vital.to_vec() }
}

/// Why an order came to nothing.
enum Stop {
    /// The child says what was wrong with it, and is there for the next.
    Said(SourceError),
    /// The child is of no more use.
    Broken(SourceError),
}

/// Takes what comes until the answer is there.
fn answered<T: DeserializeOwned>(
    child: &mut Child,
    answer: Kind,
    until: &Until<'_>,
    sink: &mut dyn FnMut(&[u8]) -> Result<(), SourceError>,
) -> Result<T, Stop> {
    loop {
        let frame = child.from.next(&mut || until.may_go_on()).map_err(Stop::Broken)?;
        match frame {
            Some((Kind::Rows, body)) => sink(body).map_err(Stop::Broken)?,
            Some((Kind::Error, body)) => {
                let failed: Failed = serde_json::from_slice(body).map_err(|_| Stop::Broken(garbled()))?;
                return Err(Stop::Said(failed.into()));
            }
            Some((kind, body)) if kind == answer => return serde_json::from_slice(body).map_err(|_| Stop::Broken(garbled())),
            Some(_) => return Err(Stop::Broken(garbled())),
            None => return Err(Stop::Broken(child.ended())),
        }
    }
}

/// How long a reading may go on.
struct Until<'a> {
    cancel: &'a AtomicBool,
    began: Instant,
    limits: &'a ReadLimits,
}

impl Until<'_> {
    fn may_go_on(&self) -> Result<(), SourceError> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(SourceError::new("the reading was stopped"));
        }
        if self.began.elapsed() > self.limits.time { Err(limits::time(self.limits)) } else { Ok(()) }
    }
}

/// What a run was given so far.
struct Given<'a> {
    limits: &'a ReadLimits,
    bytes: u64,
    /// Of all segments.
    rows: &'a AtomicU64,
}

impl Given<'_> {
    fn add(&mut self, batch: &RowBatch, bytes: usize) -> Result<(), SourceError> {
        self.bytes += bytes as u64;
        let rows = self.rows.fetch_add(batch.len() as u64, Ordering::Relaxed) + batch.len() as u64;
        match () {
            () if self.bytes > self.limits.disk_bytes => Err(limits::given(self.limits)),
            () if rows > self.limits.all_rows() => Err(limits::all_rows(self.limits)),
            () => Ok(()),
        }
    }
}
