//! The one writer of the state, on a thread of its own: outcomes are committed together, at most 250 ms after the first,
//! and always before a step that depends on them. A commit a batch would cost 40 s a million.

use super::{Failure, turn::Turns};
use crate::state::{StateError, Store};
use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// Longest time that an acknowledged outcome waits for its commit.
const GROUP: Duration = Duration::from_millis(250);
/// Writes under way at most; then whoever writes waits.
const QUEUE: usize = 64;

type Write = Box<dyn FnOnce(&mut Store) -> Result<(), StateError> + Send>;

enum Message {
    Write(Write),
    Flush(oneshot::Sender<Result<(), StateError>>),
}

/// A handle to the writer. The thread ends, with everything committed, when the last handle is gone.
#[derive(Clone)]
pub struct Recorder {
    to: mpsc::SyncSender<Message>,
    /// Who writes to which audience: as there is one writer of the state, there is one of each audience.
    turns: Turns,
}

impl Recorder {
    /// Takes the store over. Joining the returned thread waits until everything is committed.
    pub fn start(store: Store) -> (Self, thread::JoinHandle<()>) {
        let (to, from) = mpsc::sync_channel(QUEUE);
        let thread = thread::spawn(move || work(store, &from));
        (Self { to, turns: Turns::default() }, thread)
    }

    /// The turns at audiences of everyone who writes through this.
    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Queues a write. Its error comes out of the next [`Recorder::flush`].
    pub fn write(&self, write: impl FnOnce(&mut Store) -> Result<(), StateError> + Send + 'static) -> Result<(), Failure> {
        self.to.send(Message::Write(Box::new(write))).map_err(|_| gone())
    }

    /// Returns when everything written before is durable.
    pub async fn flush(&self) -> Result<(), Failure> {
        let (tell, told) = oneshot::channel();
        self.to.send(Message::Flush(tell)).map_err(|_| gone())?;
        told.await.map_err(|_| gone())?.map_err(Failure::from)
    }

    /// Writes and waits until it is durable.
    pub async fn record<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Store) -> Result<T, StateError> + Send + 'static,
    ) -> Result<T, Failure> {
        let (tell, told) = oneshot::channel();
        self.write(move |store| {
            let value = write(store)?;
            let _ = tell.send(value);
            Ok(())
        })?;
        self.flush().await?;
        told.await.map_err(|_| gone())
    }
}

fn gone() -> Failure {
    Failure::new(super::FailureKind::Stalled, "the state's writer has stopped")
}

fn work(mut store: Store, from: &mpsc::Receiver<Message>) {
    let mut group = Group::default();
    loop {
        let message = match group.since {
            None => from.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(since) => from.recv_timeout(GROUP.saturating_sub(since.elapsed())),
        };
        match message {
            Ok(Message::Write(write)) => group.write(&mut store, write),
            Ok(Message::Flush(tell)) => {
                group.commit(&mut store);
                let _ = tell.send(group.failed.take().map_or(Ok(()), Err));
            }
            Err(RecvTimeoutError::Timeout) => group.commit(&mut store),
            Err(RecvTimeoutError::Disconnected) => return group.commit(&mut store),
        }
    }
}

/// Writes since the last commit.
#[derive(Default)]
struct Group {
    since: Option<Instant>,
    failed: Option<StateError>,
}

impl Group {
    fn write(&mut self, store: &mut Store, write: Write) {
        if self.failed.is_some() {
            return;
        }
        let result = self.begin(store).and_then(|()| write(store));
        if let Err(error) = result {
            // What was refused is undone already, and only that: the rest of the group still holds acknowledgements.
            self.failed = Some(error);
        } else if self.since.is_some_and(|since| since.elapsed() >= GROUP) {
            self.commit(store);
        }
    }

    fn begin(&mut self, store: &mut Store) -> Result<(), StateError> {
        if self.since.is_none() {
            store.begin()?;
            self.since = Some(Instant::now());
        }
        Ok(())
    }

    fn commit(&mut self, store: &mut Store) {
        if self.since.take().is_some()
            && let Err(error) = store.commit()
        {
            self.failed.get_or_insert(error);
        }
    }
}
