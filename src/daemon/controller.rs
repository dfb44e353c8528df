//! The loop: hear what happened, act on what follows from it, show it.
//!
//! ```text
//! watch ──► reconcile ─┐
//! clock ───────────────┼─► desk (pure) ─► acts ─► jobs on threads ─► events ─┐
//! answer (API) ────────┘      ▲                                             │
//!                             └─────────────────────────────────────────────┘
//! ```

use super::{
    clock::Clock,
    desk::Desk,
    handle::{Handle, Requests},
    listener::{Listener, Reading},
    watch::{Look, Watcher},
    work::Event,
};
use crate::{
    definition::{Catalog, DefinitionId, Export, Kept, Name, Snapshot},
    run::{Engine, Failure, FailureKind},
    state::RunRecord,
};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// Longest sleep: the clock may be set, the machine may sleep, systemd wants a sign of life.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// An export as it is to be run: the same, or sent to a sandbox.
pub type Redirect = Arc<dyn Fn(Arc<Export>) -> Arc<Export> + Send + Sync>;

/// What the operator chose.
pub struct Config {
    /// How long a shutdown waits for what is in flight.
    pub drain: Duration,
    /// Only these exports; empty: all.
    pub only: Vec<Name>,
    pub redirect: Redirect,
    /// Stops the daemon.
    pub stop: CancellationToken,
}

/// How the daemon ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Nothing is in flight.
    Whole,
    /// Something was in flight still; the state is safe, and the next start settles it.
    Cut,
}

pub(super) struct Controller<'l> {
    pub engine: Engine,
    pub config: Config,
    pub handle: Handle,
    pub listener: &'l dyn Listener,
    pub desk: Desk,
    pub clock: Clock,
    /// The reading in force.
    pub catalog: Option<Catalog>,
    /// A newer one that waits for approval.
    pub held: Option<Held>,
    /// The definitions as last good.
    pub kept: Vec<Kept>,
    pub snapshot: Option<Arc<Snapshot>>,
    /// Deleted, to be carried out; handed in already.
    pub removing: BTreeSet<Name>,
    /// Connection → digest of the definition that was probed.
    pub probed: BTreeMap<String, String>,
    /// Connections whose sign-in is lost until a person signs in.
    pub signed_out: BTreeSet<Name>,
    /// When sign-ins were last looked at.
    pub sign_ins_seen: Option<tokio::time::Instant>,
    /// Jobs under way.
    pub runs: BTreeMap<Name, Active>,
    /// Export → the definition whose resources were asked for.
    pub landed: BTreeMap<Name, String>,
    /// Deleted definitions whose texts are kept for a removal; told already.
    pub told_deleted: BTreeSet<DefinitionId>,
    /// Lines of the audit trail on their way: finding out who changed a file may take seconds.
    pub audits: JoinSet<()>,
    /// Who wants to hear how a run ends: one that waits, one that runs.
    pub asked: BTreeMap<Name, Vec<oneshot::Sender<RunRecord>>>,
    pub heard: BTreeMap<Name, Vec<oneshot::Sender<RunRecord>>>,
    pub events: mpsc::UnboundedSender<Event>,
    pub dice: fastrand::Rng,
    /// What was last said to be waited for.
    pub told: Option<Option<DateTime<Utc>>>,
    pub told_mode: Option<String>,
}

/// A job under way.
pub(super) struct Active {
    pub stop: CancellationToken,
    pub since: DateTime<Utc>,
}

pub(super) struct Held {
    pub catalog: Catalog,
    pub snapshot: Arc<Snapshot>,
}

/// Serves the directory until it is stopped. The first reading is taken before anything else.
pub async fn serve(handle: Handle, mut requests: Requests, mut watcher: Watcher, config: Config, listener: &dyn Listener) -> Drained {
    let (events, mut happened) = mpsc::unbounded_channel();
    let stop = config.stop.clone();
    let mut controller = Controller::new(handle, config, listener, events);
    loop {
        controller.act().await;
        controller.keep_signed_in();
        controller.show(&watcher);
        tokio::select! {
            () = stop.cancelled() => break,
            look = watcher.next() => controller.look(look).await,
            Some(event) = happened.recv() => controller.happened(event).await,
            Some(request) = requests.0.recv() => controller.answer(request, &watcher).await,
            () = controller.sleep() => {}
        }
        listener.alive();
    }
    controller.drain(&mut happened).await
}

impl<'l> Controller<'l> {
    fn new(handle: Handle, config: Config, listener: &'l dyn Listener, events: mpsc::UnboundedSender<Event>) -> Self {
        Self {
            engine: handle.engine.clone(),
            config,
            listener,
            desk: Desk::new(crate::run::user()),
            clock: Clock::new(Utc::now(), std::time::Instant::now()),
            catalog: None,
            held: None,
            kept: Vec::new(),
            snapshot: None,
            removing: BTreeSet::new(),
            probed: BTreeMap::new(),
            signed_out: BTreeSet::new(),
            sign_ins_seen: None,
            runs: BTreeMap::new(),
            landed: BTreeMap::new(),
            told_deleted: BTreeSet::new(),
            audits: JoinSet::new(),
            asked: BTreeMap::new(),
            heard: BTreeMap::new(),
            events,
            dice: fastrand::Rng::new(),
            told: None,
            told_mode: None,
            handle,
        }
    }

    async fn sleep(&self) {
        let wait = self.desk.wake().map_or(LOOK_AGAIN, |at| (at - Utc::now()).to_std().unwrap_or_default());
        tokio::time::sleep(wait.min(LOOK_AGAIN)).await;
    }

    async fn look(&mut self, look: Look) {
        self.handle.metrics.hint(look.kind);
        match (look.snapshot, look.note) {
            (Some(snapshot), _) => self.reconcile(snapshot).await,
            (None, Some(note)) => self.listener.trouble(&Failure::new(FailureKind::Retry { after: None }, note)),
            (None, None) => self.unchanged(look.kind),
        }
        // A directory that never could be read is not one that was read.
        if self.catalog.is_some() {
            self.handle.board.write().directory.read_at = Some(Utc::now());
        }
    }

    /// Whoever asked for a look is waiting for an answer: `systemctl reload` for the word that it is done.
    fn unchanged(&self, kind: &str) {
        self.handle.metrics.reading(super::ReadingResult::Unchanged);
        if matches!(kind, "signal" | "request") {
            self.listener.reloading();
            self.listener.reading(&Reading::Same);
        }
    }

    /// Tells whoever listens that the state cannot be written, and goes on: a run will say it again.
    pub fn trouble<T>(&self, result: Result<T, Failure>) -> Option<T> {
        result.map_err(|failure| self.listener.trouble(&failure)).ok()
    }

    /// No new run begins; what is in flight ends, or is left to the next start after a while.
    async fn drain(mut self, happened: &mut mpsc::UnboundedReceiver<Event>) -> Drained {
        self.listener.stopping(self.runs.len());
        self.engine.cancel.cancel();
        let limit = tokio::time::sleep(self.config.drain);
        tokio::pin!(limit);
        while !(self.runs.is_empty() && self.audits.is_empty()) {
            tokio::select! {
                Some(event) = happened.recv() => self.stopped(event).await,
                Some(_) = self.audits.join_next() => {}
                () = &mut limit => return Drained::Cut,
            }
        }
        Drained::Whole
    }
}
