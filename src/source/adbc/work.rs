//! One reading from the side of whoever wants it: never waits longer than it may. The driver's calls, which block, are `thread`'s.

use super::{
    super::SourceError,
    engine::Shows,
    thread::{Asked, Cancel, Order, Told, ask, broken_off, serve},
};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

/// How long an engine that was asked to cancel is waited for.
pub const GRACE: Duration = Duration::from_secs(3);
/// Between looks at the clock, and at whether somebody wants it to end.
const LOOK: Duration = Duration::from_millis(20);
/// Between requests to cancel: one that comes before the query has begun is lost.
const AGAIN: Duration = Duration::from_millis(200);

/// A reading under way.
pub struct Work {
    told: Option<Receiver<Result<Told, SourceError>>>,
    /// Says nothing; is closed when the thread ends.
    alive: Receiver<()>,
    cancel: Cancel,
    stop: Arc<AtomicBool>,
    began: Instant,
    limit: Duration,
    over: bool,
}

impl Work {
    /// On a connection of its own.
    pub fn alone(order: Order, stop: &Arc<AtomicBool>) -> Result<Self, SourceError> {
        Self::on(&connection()?, order, stop)
    }

    /// On this connection, after whatever was asked of it before.
    pub fn on(connection: &Sender<Asked>, order: Order, stop: &Arc<AtomicBool>) -> Result<Self, SourceError> {
        let (tell, told) = sync_channel(1);
        let (living, alive) = sync_channel(0);
        let (cancel, limit) = (Cancel::default(), order.definition.timeout);
        let asked = Asked { order, tell, cancel: Arc::clone(&cancel), living };
        connection.send(asked).map_err(|_| broken_off())?;
        Ok(Self { told: Some(told), alive, cancel, stop: Arc::clone(stop), began: Instant::now(), limit, over: false })
    }

    /// The columns; comes first.
    pub fn columns(&mut self) -> Result<SchemaRef, SourceError> {
        match self.next()? {
            Told::Columns(schema) => Ok(schema),
            Told::Rows(_) | Told::End(_) => Err(SourceError::new("the driver told no columns")),
        }
    }

    /// The next rows; after the last what the engine shows at one moment, and only when it said that they were the last.
    pub fn rows(&mut self) -> Result<Result<RecordBatch, Shows>, SourceError> {
        match self.next()? {
            Told::Rows(batch) => Ok(Ok(batch)),
            Told::End(shows) => Ok(Err(shows)),
            Told::Columns(_) => Err(SourceError::new("the driver told columns twice")),
        }
    }

    /// Waits for an order that gives nothing.
    pub fn end(mut self) -> Result<(), SourceError> {
        match self.next()? {
            Told::End(_) => Ok(()),
            Told::Columns(_) | Told::Rows(_) => Err(SourceError::new("the driver told of what nobody asked for")),
        }
    }

    fn next(&mut self) -> Result<Told, SourceError> {
        loop {
            self.may_go_on()?;
            let told = self.told.as_ref().map_or(Err(RecvTimeoutError::Disconnected), |told| told.recv_timeout(LOOK));
            match told {
                Ok(told) => {
                    self.over = !matches!(told, Ok(Told::Columns(_) | Told::Rows(_)));
                    return told;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(SourceError::new("the driver's thread ended without a word")),
            }
        }
    }

    fn may_go_on(&self) -> Result<(), SourceError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(SourceError::new("the reading was stopped"));
        }
        if self.began.elapsed() > self.limit {
            let what = format!("the reading took longer than {} s and was stopped", self.limit.as_secs_f64());
            return Err(SourceError::new(what).hint("make the query simpler, or raise `limits: {time: …}` of the source"));
        }
        Ok(())
    }
}

/// A connection that nothing was asked of yet; it ends when the last of its askers has gone.
pub fn connection() -> Result<Sender<Asked>, SourceError> {
    let (to, orders) = channel();
    thread::Builder::new()
        .name("adbc".to_owned())
        .spawn(move || serve(&orders))
        .map_err(|error| SourceError::new(format!("no thread for a driver: {error}")))?;
    Ok(to)
}

impl Drop for Work {
    /// Nothing is left running, unless the engine does not hear.
    fn drop(&mut self) {
        self.told = None;
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            if !self.over {
                let cancel = Arc::clone(&self.cancel);
                // Cancelling may hang as well, on a network that is gone.
                thread::Builder::new().name("adbc-cancel".to_owned()).spawn(move || ask(&cancel)).ok();
            }
            if self.alive.recv_timeout(AGAIN) == Err(RecvTimeoutError::Disconnected) {
                return;
            }
        }
    }
}
