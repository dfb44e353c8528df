//! The task that waits for a reason to look, looks, and hands over what it saw.

use super::{
    Mode,
    events::{self, Events},
    settle::{Pace, Settle, Verdict},
};
use crate::definition::Snapshot;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// At least that often is looked, whatever events say.
    pub poll: Duration,
    /// Whether to listen to the system's events at all.
    pub events: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { poll: Duration::from_secs(30), events: true }
    }
}

/// One look at the directory.
#[derive(Debug)]
pub struct Look {
    /// `None`: as it was when last handed over, or not to be had (`note`).
    pub snapshot: Option<Snapshot>,
    /// Why it was looked: `start`, `event`, `poll`, `signal`, `request`.
    pub kind: &'static str,
    /// What was wrong with the look, for people.
    pub note: Option<String>,
}

/// Looks at a directory until dropped.
pub struct Watcher {
    looks: mpsc::Receiver<Look>,
    poke: Poke,
    mode: Arc<Mutex<Mode>>,
}

/// Says "look again" from outside. Each one is answered by a look that begins after it, unless enough are waiting already.
#[derive(Clone)]
pub struct Poke(mpsc::Sender<&'static str>);

impl Poke {
    pub fn now(&self, kind: &'static str) {
        // Full: looks are due that begin after this.
        let _ = self.0.try_send(kind);
    }
}

impl Watcher {
    /// Begins to watch. The directory need not exist. Must be called inside a runtime; SIGHUP is its from now on.
    pub fn start(root: &Path, options: Options) -> Self {
        Self::with(root, options, Pace::default(), events::system)
    }

    pub(super) fn with(root: &Path, options: Options, pace: Pace, make: events::Make) -> Self {
        let (to, looks) = mpsc::channel(1);
        let (poke, asked) = mpsc::channel(4);
        let (hint, hinted) = mpsc::channel(1);
        let events = Events::new(make, move || {
            let _ = hint.try_send(());
        });
        let mode = Arc::new(Mutex::new(if options.events { Mode::Events } else { Mode::polling("events are switched off") }));
        let task = Task {
            root: std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf()),
            settle: Settle::new(pace, options.poll, Instant::now()),
            events: options.events.then(|| Arc::new(Mutex::new(events))),
            handed: None,
            mode: Arc::clone(&mode),
            hinted,
            asked,
            hangup: Hangup::new(),
            to,
        };
        tokio::spawn(task.run());
        Self { looks, poke: Poke(poke), mode }
    }

    /// Something said "look again".
    pub fn poke(&self) {
        self.poke.now("request");
    }

    pub fn handle(&self) -> Poke {
        self.poke.clone()
    }

    /// Waits for the next look. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Look {
        match self.looks.recv().await {
            Some(look) => look,
            // The runtime is ending.
            None => std::future::pending().await,
        }
    }

    pub fn mode(&self) -> Mode {
        lock(&self.mode).clone()
    }
}

struct Task {
    root: PathBuf,
    settle: Settle,
    /// `None`: switched off.
    events: Option<Arc<Mutex<Events>>>,
    /// What was handed over last.
    handed: Option<Seen>,
    mode: Arc<Mutex<Mode>>,
    hinted: mpsc::Receiver<()>,
    asked: mpsc::Receiver<&'static str>,
    hangup: Hangup,
    to: mpsc::Sender<Look>,
}

impl Task {
    async fn run(mut self) {
        let mut kind = "start";
        loop {
            let look = self.look(kind).await;
            if self.to.send(look).await.is_err() {
                return;
            }
            match self.reason().await {
                Some(next) => kind = next,
                None => return,
            }
        }
    }

    /// Waits for a reason to look. `None`: nobody wants to know any more.
    async fn reason(&mut self) -> Option<&'static str> {
        loop {
            let (at, kind) = self.settle.due();
            tokio::select! {
                () = self.to.closed() => return None,
                Some(kind) = self.asked.recv() => return Some(kind),
                () = self.hangup.next() => return Some("signal"),
                () = tokio::time::sleep_until(at.into()) => return Some(kind),
                Some(()) = self.hinted.recv() => self.settle.hint(Instant::now()),
            }
        }
    }

    async fn look(&mut self, kind: &'static str) -> Look {
        self.settle.begin(Instant::now());
        let mut before = None;
        loop {
            let Some(snapshot) = self.read().await else {
                return Look { snapshot: None, kind, note: Some("the reading broke off".into()) };
            };
            let seen = Seen::of(&snapshot);
            match self.settle.read(before.as_ref() == Some(&seen), Instant::now()) {
                Verdict::Again(at) => tokio::time::sleep_until(at.into()).await,
                Verdict::Settled => return self.hand_over(snapshot, seen, kind),
                Verdict::Unsettled => return Look { snapshot: None, kind, note: Some(keeps_changing()) },
            }
            before = Some(seen);
        }
    }

    fn hand_over(&mut self, snapshot: Snapshot, seen: Seen, kind: &'static str) -> Look {
        let new = self.handed.as_ref() != Some(&seen);
        self.handed = Some(seen);
        Look { snapshot: new.then_some(snapshot), kind, note: None }
    }

    /// Hints are forgotten first, then folders armed, then all is read: what happens meanwhile is either in the reading or
    /// hinted at again.
    async fn read(&mut self) -> Option<Snapshot> {
        while self.hinted.try_recv().is_ok() {}
        self.settle.reading();
        let (root, events) = (self.root.clone(), self.events.clone());
        let read = tokio::task::spawn_blocking(move || {
            let mode = events.map(|events| lock(&events).arm(&root));
            (mode, Snapshot::take(&root))
        });
        let (mode, snapshot) = read.await.ok()?;
        mode.into_iter().for_each(|mode| self.tell(mode));
        Some(snapshot)
    }

    fn tell(&self, mode: Mode) {
        let mut told = lock(&self.mode);
        if *told != mode {
            match &mode {
                Mode::Events => tracing::info!("changes in {} are seen by events again", self.root.display()),
                Mode::Polling { why } => tracing::warn!("changes in {} are only seen by polling: {why}", self.root.display()),
            }
            *told = mode;
        }
    }
}

fn keeps_changing() -> String {
    "the files keep changing, no two readings in a row were alike; it will be tried again".into()
}

/// What two readings must have in common to be alike.
#[derive(PartialEq, Eq)]
struct Seen {
    digest: String,
    unreadable: Option<String>,
}

impl Seen {
    fn of(snapshot: &Snapshot) -> Self {
        Self { digest: snapshot.digest.clone(), unreadable: snapshot.unreadable.clone() }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// SIGHUP, where there is such a thing.
struct Hangup(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Hangup {
    fn new() -> Self {
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
        Self(signal.inspect_err(|error| tracing::warn!("SIGHUP cannot be heard: {error}")).ok())
    }

    async fn next(&mut self) {
        if let Some(signal) = &mut self.0
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}

#[cfg(not(unix))]
impl Hangup {
    fn new() -> Self {
        Self()
    }

    async fn next(&mut self) {
        std::future::pending().await
    }
}
