//! The one writer of the state, on a thread of its own: outcomes are committed together, at most 250 ms after the first,
//! and always before a step that depends on them. A commit a batch would cost 40 s a million.
//!
//! A failed write belongs to whoever asked for it. Each run has a handle of its own ([`Recorder::for_run`]), which keeps its
//! first failure for good: nothing more of that run is written, and it stops (G4). A commit that fails is the failure of every
//! handle with writes in the group, and of no other.

use super::{Failure, turn::Turns};
use crate::state::{StateError, Store};
use std::{
    sync::{
        Arc, OnceLock,
        mpsc::{self, RecvTimeoutError},
    },
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
    Write(Write, Owner),
    Flush(oneshot::Sender<Result<(), StateError>>, Owner),
}

/// Who asked for a write, and the first of their writes that failed.
#[derive(Clone, Debug, Default)]
struct Owner(Arc<OnceLock<StateError>>);

impl Owner {
    fn fail(&self, error: StateError) {
        // The first one counts.
        drop(self.0.set(error));
    }

    fn check(&self) -> Result<(), StateError> {
        self.0.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A handle to the writer. The thread ends, with everything committed, when the last handle is gone.
#[derive(Clone)]
pub struct Recorder {
    to: mpsc::SyncSender<Message>,
    /// Who writes to which audience: as there is one writer of the state, there is one of each audience.
    turns: Turns,
    /// `None`: the process's handle, whose writes have nothing to do with each other.
    owner: Option<Owner>,
}

impl Recorder {
    /// Takes the store over. Joining the returned thread waits until everything is committed.
    pub fn start(store: Store) -> (Self, thread::JoinHandle<()>) {
        let (to, from) = mpsc::sync_channel(QUEUE);
        let thread = thread::spawn(move || work(store, &from));
        (Self { to, turns: Turns::default(), owner: None }, thread)
    }

    /// The turns at audiences of everyone who writes through this.
    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// A handle whose writes fail together: after the first that fails, none is made. Clones share that.
    #[must_use]
    pub fn for_run(&self) -> Self {
        Self { owner: Some(Owner::default()), ..self.clone() }
    }

    fn owner(&self) -> Owner {
        self.owner.clone().unwrap_or_default()
    }

    /// An error if a write of this run failed: then nothing more is to be sent.
    pub fn check(&self) -> Result<(), Failure> {
        Ok(self.owner().check()?)
    }

    /// Queues a write of a run. Its failure comes out of every later call of this handle.
    pub fn write(&self, write: impl FnOnce(&mut Store) -> Result<(), StateError> + Send + 'static) -> Result<(), Failure> {
        debug_assert!(self.owner.is_some(), "nobody would learn of its failure");
        self.check()?;
        self.send(self.owner(), write)
    }

    /// Queues a write that nothing depends on. Its failure is logged.
    pub fn note(&self, write: impl FnOnce(&mut Store) -> Result<(), StateError> + Send + 'static) -> Result<(), Failure> {
        let logged = |store: &mut Store| write(store).inspect_err(|error| tracing::error!(%error, "could not be recorded"));
        self.send(Owner::default(), logged)
    }

    fn send(&self, owner: Owner, write: impl FnOnce(&mut Store) -> Result<(), StateError> + Send + 'static) -> Result<(), Failure> {
        self.to.send(Message::Write(Box::new(write), owner)).map_err(|_| gone())
    }

    /// Returns when everything written before is durable; an error if a write of this handle failed.
    pub async fn flush(&self) -> Result<(), Failure> {
        self.flush_of(self.owner()).await
    }

    async fn flush_of(&self, owner: Owner) -> Result<(), Failure> {
        let (tell, told) = oneshot::channel();
        self.to.send(Message::Flush(tell, owner)).map_err(|_| gone())?;
        told.await.map_err(|_| gone())?.map_err(Failure::from)
    }

    /// Writes and waits until it is durable.
    pub async fn record<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Store) -> Result<T, StateError> + Send + 'static,
    ) -> Result<T, Failure> {
        let (tell, told) = oneshot::channel();
        let owner = self.owner();
        owner.check()?;
        self.send(owner.clone(), move |store| {
            let value = write(store)?;
            // Whoever asked may be gone.
            drop(tell.send(value));
            Ok(())
        })?;
        self.flush_of(owner).await?;
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
            Ok(Message::Write(write, owner)) => group.write(&mut store, write, owner),
            Ok(Message::Flush(tell, owner)) => {
                group.commit(&mut store);
                drop(tell.send(owner.check()));
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
    /// Whose they are.
    owners: Vec<Owner>,
}

impl Group {
    fn write(&mut self, store: &mut Store, write: Write, owner: Owner) {
        if owner.check().is_err() {
            return;
        }
        if let Err(error) = self.begin(store) {
            return owner.fail(error);
        }
        if !self.owners.iter().any(|known| known.is(&owner)) {
            self.owners.push(owner.clone());
        }
        match write(store) {
            // A grave error (disk full) undoes the whole group.
            Err(error) if !store.in_group() => self.fail(&error),
            // What was refused is undone already, and only that: the rest of the group still holds acknowledgements.
            Err(error) => owner.fail(error),
            Ok(()) if self.since.is_some_and(|since| since.elapsed() >= GROUP) => self.commit(store),
            Ok(()) => {}
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
        if self.since.is_none() {
            return;
        }
        match store.commit() {
            Ok(()) => self.end(),
            Err(error) => self.fail(&error),
        }
    }

    /// Nothing of it is durable.
    fn fail(&mut self, error: &StateError) {
        tracing::error!(%error, "the state could not be written");
        self.owners.iter().for_each(|owner| owner.fail(error.clone()));
        self.end();
    }

    fn end(&mut self) {
        self.since = None;
        self.owners.clear();
    }
}

#[cfg(test)]
#[path = "recorder_tests.rs"]
mod tests;
