//! How an export stands (E11).

use crate::definition::Name;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a run ended. Reasons are one sentence, masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum End {
    /// `unverified`: accepted, not confirmable per row.
    Succeeded {
        unverified: u64,
    },
    /// New rejections, or more than the guard allows.
    Partial {
        reason: String,
    },
    /// Not begun: the source is stale, or the like.
    Skipped {
        reason: String,
    },
    /// Planned, not carried out, waiting for a person.
    Held {
        reason: String,
    },
    /// Cannot go on without a person.
    Stalled {
        reason: String,
    },
    /// `retrying`: a later run may succeed as things are.
    Failed {
        retrying: bool,
        reason: String,
    },
    Canceled {
        reason: String,
    },
}

/// How an export stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Status {
    /// Not a run's end.
    Now(Now),
    Ended(End),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Now {
    NeverRun,
    /// Due, waiting for another export of the same audience or account.
    Queued {
        waits_for: String,
    },
    Running {
        since: DateTime<Utc>,
    },
    Suspended,
}

impl Now {
    pub fn queued(behind: &Name) -> Self {
        Self::Queued { waits_for: behind.to_string() }
    }
}

impl End {
    /// Of a run whose process went away before it ended.
    pub fn interrupted() -> Self {
        Self::Failed { retrying: true, reason: "interrupted: the process that ran it ended before it did".into() }
    }

    /// Of a run that a daemon stopped when it was stopped itself.
    pub fn stopped() -> Self {
        Self::Failed { retrying: true, reason: "stopped with the daemon; it goes on at the next start".into() }
    }

    /// It did not fail: the process that ran it ended.
    pub fn is_cut_off(&self) -> bool {
        *self == Self::interrupted() || *self == Self::stopped()
    }

    /// Why, where there is something to say.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Succeeded { .. } => None,
            Self::Partial { reason }
            | Self::Skipped { reason }
            | Self::Held { reason }
            | Self::Stalled { reason }
            | Self::Failed { reason, .. }
            | Self::Canceled { reason } => Some(reason),
        }
    }
}

/// The word for tables; the reason is told apart.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Succeeded { unverified: 0 } => f.pad("Succeeded"),
            Self::Succeeded { unverified } => f.pad(&format!("Succeeded ({unverified} unverified)")),
            Self::Partial { .. } => f.pad("Partial"),
            Self::Skipped { .. } => f.pad("Skipped"),
            Self::Held { .. } => f.pad("Held"),
            Self::Stalled { .. } => f.pad("Stalled"),
            Self::Failed { retrying: true, .. } => f.pad("Failed (retrying)"),
            Self::Failed { retrying: false, .. } => f.pad("Failed (permanent)"),
            Self::Canceled { .. } => f.pad("Canceled"),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(end) => end.fmt(f),
            Self::Now(Now::NeverRun) => f.pad("NeverRun"),
            Self::Now(Now::Queued { waits_for }) => f.pad(&format!("Queued (behind {waits_for})")),
            Self::Now(Now::Running { .. }) => f.pad("Running"),
            Self::Now(Now::Suspended) => f.pad("Suspended"),
        }
    }
}
