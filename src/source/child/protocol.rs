//! What goes between a process and its child: JSON to it, and from it frames of a kind, a length and a body.

use super::super::{Ends, Notices, QueryPlace, Report, SourceError, SourceErrorKind};
use crate::definition::{Name, ReadLimits, Selection, Source};
use serde::{Deserialize, Serialize};
use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// The first thing a child is told.
#[derive(Serialize, Deserialize)]
pub struct Begin {
    pub source: Source,
    pub limits: ReadLimits,
    /// Its folder for temporary files.
    pub home: PathBuf,
}

/// What it is told afterwards, one after the other.
#[derive(Serialize, Deserialize)]
pub enum Order {
    /// The columns wanted, by name.
    Columns(Take, Vec<String>),
    /// The query alone.
    Check(Take),
    /// The columns wanted, by name.
    Read(Take, Vec<String>),
    /// All was read: was it of one moment?
    Finish,
}

/// What a segment takes of the source.
#[derive(Serialize, Deserialize)]
pub struct Take {
    pub segment: Name,
    pub file: PathBuf,
    pub select: Selection,
    /// Columns that no file may lack.
    pub vital: Vec<String>,
}

/// What a frame from a child is; one of the first three ends an order, and so does an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Columns,
    Report,
    Finished,
    Error,
    Rows,
}

impl Kind {
    pub fn byte(self) -> u8 {
        match self {
            Self::Columns => b'c',
            Self::Report => b'r',
            Self::Finished => b'f',
            Self::Error => b'e',
            Self::Rows => b'b',
        }
    }

    pub fn of(byte: u8) -> Option<Self> {
        [Self::Columns, Self::Report, Self::Finished, Self::Error, Self::Rows].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// [`Report`] as JSON. The epoch may be later than a file.
#[derive(Serialize, Deserialize)]
pub struct Told {
    rows: u64,
    newest: Option<(bool, Duration)>,
    notices: Notices,
    ends: Ends,
}

impl From<Report> for Told {
    fn from(report: Report) -> Self {
        let newest = report.newest.map(|time| match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => (true, after),
            Err(before) => (false, before.duration()),
        });
        Self { rows: report.rows, newest, notices: report.notices, ends: report.ends }
    }
}

impl From<Told> for Report {
    fn from(told: Told) -> Self {
        let epoch = SystemTime::UNIX_EPOCH;
        let newest = told.newest.and_then(|(after, by)| if after { epoch.checked_add(by) } else { epoch.checked_sub(by) });
        Self { rows: told.rows, newest, notices: told.notices.checked(), ends: told.ends.checked() }
    }
}

/// [`SourceError`] as JSON.
#[derive(Serialize, Deserialize)]
pub struct Failed {
    message: String,
    hint: Option<String>,
    kind: FailedKind,
    query: Option<QueryPlace>,
}

#[derive(Serialize, Deserialize)]
enum FailedKind {
    Broken,
    UnderWay(Option<Duration>),
    Unfit,
    Unreachable(Option<Duration>),
}

impl From<SourceError> for Failed {
    fn from(error: SourceError) -> Self {
        let kind = match error.kind {
            SourceErrorKind::Broken => FailedKind::Broken,
            SourceErrorKind::UnderWay { after } => FailedKind::UnderWay(after),
            SourceErrorKind::Unfit => FailedKind::Unfit,
            SourceErrorKind::Unreachable { after } => FailedKind::Unreachable(after),
        };
        Self { message: error.message, hint: error.hint, kind, query: error.query }
    }
}

impl From<Failed> for SourceError {
    fn from(failed: Failed) -> Self {
        let kind = match failed.kind {
            FailedKind::Broken => SourceErrorKind::Broken,
            FailedKind::UnderWay(after) => SourceErrorKind::UnderWay { after },
            FailedKind::Unfit => SourceErrorKind::Unfit,
            FailedKind::Unreachable(after) => SourceErrorKind::Unreachable { after },
        };
        Self { kind, message: failed.message, hint: failed.hint, query: failed.query, lasting: None }
    }
}
