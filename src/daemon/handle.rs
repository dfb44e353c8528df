//! How others speak with the controller: what it may be asked, and what it answers.

use super::{Metrics, SharedBoard};
use crate::{
    definition::Name,
    oauth::Tokens,
    run::{Engine, SignedIn},
    state::RunRecord,
};
use std::{fmt, path::PathBuf};
use tokio::sync::{mpsc, oneshot};

/// Who asks, for the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// Whom the daemon knows it to be: a user of this machine, or the token that was shown.
    pub who: String,
    /// Whom the caller says it is: nobody checked that.
    pub remark: Option<String>,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.who)?;
        self.remark.iter().try_for_each(|remark| write!(f, " (says it is {remark})"))
    }
}

/// Cheap to clone; outlives no daemon.
#[derive(Clone)]
pub struct Handle {
    pub board: SharedBoard,
    pub metrics: Metrics,
    /// For plans: reads the state and the platforms, writes nothing.
    pub engine: Engine,
    /// The directory of definitions.
    pub root: PathBuf,
    pub(super) to: mpsc::UnboundedSender<Request>,
}

/// Why something asked for was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    pub kind: RefusedKind,
    pub message: String,
    pub hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedKind {
    /// There is no such thing.
    Unknown,
    /// It cannot be done as things are.
    Conflict,
    /// The daemon is shutting down.
    Stopping,
}

/// What became of a run asked for.
pub struct Queued {
    /// The export stood in the queue already: that run will do.
    pub already: bool,
    /// Tells the run's record once it has ended.
    pub ended: oneshot::Receiver<RunRecord>,
}

/// What the controller is asked. `by` is who asks, for the audit trail.
pub(super) enum Request {
    Trigger {
        export: Name,
        by: By,
        reply: oneshot::Sender<Result<Queued, Refused>>,
    },
    /// Every export that has an active schedule (E6); which.
    TriggerAll {
        by: By,
        reply: oneshot::Sender<Result<Vec<Name>, Refused>>,
    },
    /// Stops a run under way, or takes a queued one out of the queue.
    Cancel {
        export: Name,
        by: By,
        reply: oneshot::Sender<Result<(), Refused>>,
    },
    /// A held plan, by its whole digest (its export is queued), or a held reading of the directory.
    Approve {
        digest: String,
        by: By,
        reply: oneshot::Sender<Result<String, Refused>>,
    },
    /// Keeps what a person's sign-in gave.
    SignIn {
        connection: Name,
        tokens: Box<Tokens>,
        by: By,
        reply: oneshot::Sender<Result<SignedIn, Refused>>,
    },
    Reload {
        by: By,
        reply: oneshot::Sender<Result<(), Refused>>,
    },
}

/// What was asked, for the controller alone.
pub struct Requests(pub(super) mpsc::UnboundedReceiver<Request>);

impl Handle {
    /// A handle, and where what is asked through it arrives.
    pub fn new(engine: Engine, root: PathBuf) -> (Self, Requests) {
        let (to, requests) = mpsc::unbounded_channel();
        (Self { board: SharedBoard::default(), metrics: Metrics::default(), engine, root, to }, Requests(requests))
    }

    /// Queues a run of one export.
    pub async fn trigger(&self, export: Name, by: By) -> Result<Queued, Refused> {
        self.ask(|reply| Request::Trigger { export, by, reply }).await
    }

    /// Queues every export that has an active schedule; gives which.
    pub async fn trigger_all(&self, by: By) -> Result<Vec<Name>, Refused> {
        self.ask(|reply| Request::TriggerAll { by, reply }).await
    }

    /// Stops a run, under way or queued.
    pub async fn cancel(&self, export: Name, by: By) -> Result<(), Refused> {
        self.ask(|reply| Request::Cancel { export, by, reply }).await
    }

    /// Approves a held plan or a held reading by its whole digest; says what happens now.
    pub async fn approve(&self, digest: String, by: By) -> Result<String, Refused> {
        self.ask(|reply| Request::Approve { digest, by, reply }).await
    }

    /// Keeps the tokens of a connection that was signed in elsewhere; says how it stands once the platform was asked.
    pub async fn sign_in(&self, connection: Name, tokens: Tokens, by: By) -> Result<SignedIn, Refused> {
        self.ask(|reply| Request::SignIn { connection, tokens: Box::new(tokens), by, reply }).await
    }

    /// Looks at the directory again, now.
    pub async fn reload(&self, by: By) -> Result<(), Refused> {
        self.ask(|reply| Request::Reload { by, reply }).await
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<Result<T, Refused>>) -> Request) -> Result<T, Refused> {
        let stopping = || Refused { kind: RefusedKind::Stopping, message: "the daemon is stopping".into(), hint: None };
        let (reply, answer) = oneshot::channel();
        self.to.send(request(reply)).map_err(|_| stopping())?;
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }
}
