//! What the daemon knows at this moment, for whoever asks: the API, the metrics, the CLI. Kept by the controller.

use crate::{
    definition::{Diagnostic, Name, Severity},
    oauth::Tokens,
    state::{Now, RunRecord, Status},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// Shared by the controller, which writes it, runs, which tell their progress, and servers, which read it.
#[derive(Clone, Debug, Default)]
pub struct SharedBoard(Arc<RwLock<Board>>);

impl SharedBoard {
    pub fn read(&self) -> RwLockReadGuard<'_, Board> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, Board> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything at one moment.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Board {
    pub directory: DirectoryView,
    /// By name; those that are no longer defined and of which the state knows something included.
    pub exports: BTreeMap<String, ExportView>,
    pub connections: BTreeMap<String, ConnectionView>,
}

/// The directory of definitions.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryView {
    pub root: String,
    /// Of the reading that is in force.
    pub digest: String,
    /// When the directory was last looked at, whether or not anything had changed.
    pub read_at: Option<DateTime<Utc>>,
    /// `events`, or `polling` where the system gives no events.
    pub watching: String,
    /// Why it is only polled.
    pub watching_why: Option<String>,
    /// The newest reading is not used until someone approves it, or the directory changes again.
    pub held: Option<HeldReading>,
    /// Why the directory cannot be read at all; the reading before goes on.
    pub unreadable: Option<String>,
    pub problems: Vec<Problem>,
}

/// A reading that lacks so much that a person must have meant it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldReading {
    /// To be approved by.
    pub digest: String,
    pub reason: String,
    /// Exports that it lacks.
    pub missing: Vec<String>,
}

/// Something to fix in a file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `error` or `warning`.
    pub severity: String,
    pub file: String,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub message: String,
    pub hint: Option<String>,
}

impl From<&Diagnostic> for Problem {
    fn from(diagnostic: &Diagnostic) -> Self {
        Self {
            severity: if diagnostic.severity == Severity::Error { "error" } else { "warning" }.to_owned(),
            file: diagnostic.file.display().to_string(),
            line: diagnostic.at.map(|at| at.line),
            column: diagnostic.at.map(|at| at.column),
            message: diagnostic.message.clone(),
            hint: diagnostic.hint.clone(),
        }
    }
}

/// One export.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportView {
    pub name: String,
    #[serde(flatten)]
    pub status: Status,
    /// Whether a definition of it is in force.
    pub defined: bool,
    /// Where, relative to the root.
    pub file: Option<String>,
    pub line: Option<u32>,
    pub connection: Option<String>,
    /// The connection's type.
    pub destination: Option<String>,
    pub digest: Option<String>,
    pub schedule: Option<ScheduleView>,
    pub next: Option<DateTime<Utc>>,
    /// A failed run is tried again then.
    pub retry_at: Option<DateTime<Utc>>,
    pub consecutive_failures: u32,
    pub last_run: Option<RunRecord>,
    pub last_success: Option<DateTime<Utc>>,
    /// What the run under way is doing.
    pub progress: Option<Progress>,
    /// Digest of the plan that waits for a person.
    pub held_plan: Option<String>,
    /// Why its lists, tags and fields could not be made yet.
    pub resources_failed: Option<String>,
    /// Why changed attributes take one call a contact at its audience for now, and until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk_updates_off: Option<String>,
    /// A document it depends on is broken: the last good text goes on, and nobody is taken out; why.
    pub broken: Option<String>,
}

impl ExportView {
    /// One of which nothing is known but its name.
    pub fn of(name: &Name) -> Self {
        Self {
            name: name.to_string(),
            status: Status::Now(Now::NeverRun),
            defined: false,
            file: None,
            line: None,
            connection: None,
            destination: None,
            digest: None,
            schedule: None,
            next: None,
            retry_at: None,
            consecutive_failures: 0,
            last_run: None,
            last_success: None,
            progress: None,
            held_plan: None,
            resources_failed: None,
            bulk_updates_off: None,
            broken: None,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleView {
    pub cron: String,
    pub time_zone: String,
}

/// How far the run under way is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    pub phase: String,
    pub done: u64,
    pub total: Option<u64>,
}

/// One account (C5).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    pub name: String,
    pub display_name: String,
    pub destination: String,
    /// `None`: not probed yet.
    pub connected: Option<bool>,
    pub probed_at: Option<DateTime<Utc>>,
    /// Why it is not connected.
    pub why: Option<String>,
    /// Of a connection that a person signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignInView>,
}

/// A sign-in that is kept; never its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignInView {
    /// Whose account it is, once that is known.
    pub account: Option<String>,
    /// It ends then if nobody uses it before.
    pub ends_unused: Option<DateTime<Utc>>,
}

impl SignInView {
    pub fn of(tokens: &Tokens) -> Self {
        Self { account: tokens.account.clone(), ends_unused: tokens.dies() }
    }
}
