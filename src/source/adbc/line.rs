//! One connection to an engine, on which a run reads all segments of a source: in one transaction, where that shows one moment.

use super::{
    super::{Access, SourceError},
    engine::Shows,
    thread::{Asked, Order, Wish},
    work::{Work, connection},
};
use crate::definition::{Adbc, Rows};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc::Sender};

pub struct Line {
    pub definition: Adbc,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    to: Option<Sender<Asked>>,
    /// What was read last, and how much the engine shows at one moment.
    last: Option<(Rows, Shows)>,
    readings: u64,
}

impl Line {
    /// Not connected yet.
    pub fn new(definition: Adbc) -> Self {
        Self { definition, state: Mutex::default() }
    }

    /// Begins to read. After a reading that failed there is no other on this line: it would be of another moment.
    pub fn read(&self, rows: &Rows, access: &Access) -> Result<Work, SourceError> {
        let mut state = self.state();
        if state.to.is_none() {
            state.to = Some(connection()?);
        }
        let order = Order { definition: self.definition.clone(), rows: rows.clone(), wish: Wish::Rows };
        match &state.to {
            Some(to) => Work::on(to, order, &access.cancel),
            None => Err(SourceError::new("not connected")),
        }
    }

    /// A segment was read to its end.
    pub fn was_read(&self, rows: &Rows, shows: Shows) {
        let mut state = self.state();
        state.last = Some((rows.clone(), shows));
        state.readings += 1;
    }

    /// Ends the transaction, and with it the connection. `true`: all that was read is of one moment.
    pub fn finish(&self, access: &Access) -> Result<bool, SourceError> {
        let mut state = self.state();
        let (Some(to), Some((rows, shows))) = (state.to.take(), state.last.take()) else { return Ok(true) };
        let order = Order { definition: self.definition.clone(), rows, wish: Wish::End };
        Work::on(&to, order, &access.cancel)?.end()?;
        Ok(match shows {
            Shows::Transaction => true,
            Shows::Statement => state.readings < 2,
            Shows::Unknown => false,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
