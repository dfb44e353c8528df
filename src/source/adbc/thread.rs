//! The driver's side of a reading, on a thread of its own, since its calls block.

use super::{
    super::SourceError,
    driver,
    engine::{Engine, Shows},
    failure::Failures,
    redact::{Blots, options},
    session::Session,
    statement::statement,
};
use crate::definition::{Adbc, Rows};
use adbc_core::{CancelHandle, Statement, error::Status};
use adbc_driver_manager::{ManagedDriver, ManagedStatement};
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::SchemaRef;
use std::sync::{
    Arc, Mutex, PoisonError,
    mpsc::{Receiver, SyncSender},
};

/// What is to be done.
pub struct Order {
    pub definition: Adbc,
    pub rows: Rows,
    pub wish: Wish,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Columns,
    Rows,
    /// The last order of a connection: its readings' transaction ends.
    End,
}

/// An order, and who hears of it.
pub struct Asked {
    pub order: Order,
    pub tell: Telling,
    pub cancel: Cancel,
    /// Says nothing; is dropped when the order is done.
    pub living: SyncSender<()>,
}

/// What the thread tells, in this order.
pub enum Told {
    Columns(SchemaRef),
    Rows(RecordBatch),
    /// All of it, from an engine that shows so much at one moment.
    End(Shows),
}

pub type Telling = SyncSender<Result<Told, SourceError>>;
pub type Cancel = Arc<Mutex<Option<Box<dyn CancelHandle>>>>;

/// Asks the engine to end what it is doing.
pub fn ask(cancel: &Cancel) {
    if let Some(handle) = cancel.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        // A driver that cannot cancel is left behind.
        handle.try_cancel().ok();
    }
}

/// Carries out order after order on one connection. After the first that fails there is no other: it would be of another moment.
pub fn serve(orders: &Receiver<Asked>) {
    let (mut connected, mut broke_off) = (None, false);
    for Asked { order, tell, cancel, living } in orders {
        let last = if broke_off { Err(broken_off()) } else { carry_out(&mut connected, &order, &cancel, &tell).map(Told::End) };
        broke_off |= last.is_err();
        if broke_off || order.wish == Wish::End {
            connected = None;
        }
        // Nobody listens: whoever asked has gone.
        tell.send(last).ok();
        drop(living);
    }
}

pub fn broken_off() -> SourceError {
    SourceError::new("an earlier reading of this source broke off, and its connection is gone")
}

/// A connection, and what it needs; dropped in this order.
struct Connected {
    session: Session,
    _driver: ManagedDriver,
}

/// All of an order but its last word.
fn carry_out(connected: &mut Option<Connected>, order: &Order, cancel: &Cancel, tell: &Telling) -> Result<Shows, SourceError> {
    let Order { definition, rows, wish } = order;
    let sql = statement(rows, Engine::of(&definition.driver))?;
    let options = options(definition).map_err(|error| SourceError::new(format!("{}: {error}", rows.source.name)))?;
    let failures = Failures { rows: rows.clone(), blots: Blots::of(definition, &options) };
    let session = match connected {
        Some(connected) => &mut connected.session,
        None => {
            let mut driver = driver::load(&definition.driver)?;
            let session = Session::open(&mut driver, &definition.driver, options).map_err(|error| failures.connecting(&error))?;
            &mut connected.insert(Connected { session, _driver: driver }).session
        }
    };
    let shows = session.shows();
    let mut work = Reading { session, failures, cancel, tell };
    match wish {
        Wish::Columns => work.columns(&sql)?,
        Wish::Rows => work.rows(&sql)?,
        Wish::End => work.session.end().map_err(|error| work.failures.stream(0, &error.message))?,
    }
    Ok(shows)
}

struct Reading<'a> {
    session: &'a mut Session,
    failures: Failures,
    cancel: &'a Cancel,
    tell: &'a Telling,
}

impl Reading<'_> {
    fn statement(&mut self, sql: &str) -> Result<ManagedStatement, SourceError> {
        let statement = self.session.statement(sql).map_err(|error| self.failures.query(&error))?;
        *self.cancel.lock().unwrap_or_else(PoisonError::into_inner) = Some(statement.get_cancel_handle());
        Ok(statement)
    }

    /// Asks for the schema; a driver that cannot tell it gets the query with no rows wanted, and if that does not work, as it is.
    fn columns(&mut self, sql: &str) -> Result<(), SourceError> {
        let mut statement = self.statement(sql)?;
        let schema = match statement.execute_schema() {
            Ok(schema) => Arc::new(schema),
            Err(error) if error.status == Status::NotImplemented => {
                drop(statement);
                let none = format!("SELECT * FROM ({sql}\n) AS listkeeper WHERE 1 = 0");
                self.schema(&none).or_else(|_| self.schema(sql))?
            }
            Err(error) => return Err(self.failures.query(&error)),
        };
        self.told(Told::Columns(schema))
    }

    /// Only the beginning of a stream is waited for.
    fn schema(&mut self, sql: &str) -> Result<SchemaRef, SourceError> {
        let mut statement = self.statement(sql)?;
        let stream = statement.execute().map_err(|error| self.failures.query(&error))?;
        let schema = stream.schema();
        // One that has begun is not read to its end.
        ask(self.cancel);
        Ok(schema)
    }

    /// A query that is wrong is told before it is carried out: then the engine's words can be repeated.
    fn rows(&mut self, sql: &str) -> Result<(), SourceError> {
        match self.statement(sql)?.execute_schema() {
            Err(error) if error.status != Status::NotImplemented => return Err(self.failures.query(&error)),
            _ => {}
        }
        let mut statement = self.statement(sql)?;
        let stream = statement.execute().map_err(|error| self.failures.execution(&error))?;
        self.told(Told::Columns(stream.schema()))?;
        let mut rows = 0;
        for batch in stream {
            let batch = batch.map_err(|error| self.failures.stream(rows, &error.to_string()))?;
            rows += batch.num_rows() as u64;
            self.told(Told::Rows(batch))?;
        }
        self.session.alive().map_err(|error| self.failures.stream(rows, &error.message))
    }

    fn told(&self, told: Told) -> Result<(), SourceError> {
        self.tell.send(Ok(told)).map_err(|_| SourceError::new("nobody reads on"))
    }
}
