//! Each source at one moment: what its segments share while one run reads them (E20).
//!
//! | source | why all readings of a run are of one moment |
//! |---|---|
//! | files, exported folder | found once; compared with what is there after the last reading |
//! | Dataverse | where changes are tracked: none between the first reading and the last |
//! | REST API | every segment is of the evaluation that it was of when it was read |
//! | database | one transaction, where the engine's show one state |
//!
//! For all others [`Access::finish`] says so, and who is in no segment has to be read for again.

use super::{Access, SourceError, adbc, child, files, insights, sql};
use crate::definition::{Name, Source, SourceKind};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What a run has begun to read, by the source's name.
#[derive(Clone, Default)]
pub struct Snapshot(Arc<Mutex<BTreeMap<Name, Held>>>);

/// One source being read.
#[derive(Clone)]
pub enum Held {
    Tables(Arc<sql::Pinned>),
    Dataverse(Arc<insights::Tracking>),
    Api(Arc<insights::Evaluations>),
    Database(Arc<adbc::Line>),
    /// Any of these that may hold a stranger's SQL, file or driver, in a process that can be stopped.
    Apart(Arc<child::Line>),
}

impl Snapshot {
    /// The source as this run reads it; nothing is asked yet.
    pub fn of(&self, source: &Source, access: &Access) -> Held {
        self.sources().entry(source.name.clone()).or_insert_with(|| Held::begin(source, access)).clone()
    }

    /// After the last reading: the sources whose readings may be of several moments. Fails where a source changed.
    pub fn finish(&self, access: &Access) -> Result<Vec<Name>, SourceError> {
        let mut several = Vec::new();
        for (name, held) in self.sources().iter() {
            if !held.finish(access)? {
                several.push(name.clone());
            }
        }
        Ok(several)
    }

    fn sources(&self) -> MutexGuard<'_, BTreeMap<Name, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn begin(source: &Source, access: &Access) -> Self {
        if let (Some(apart), SourceKind::Files(_) | SourceKind::Folder(_) | SourceKind::Adbc(_)) = (&access.apart, &source.kind) {
            return Self::Apart(Arc::new(child::Line::new(source, apart.clone())));
        }
        match &source.kind {
            SourceKind::Files(files) => Self::Tables(Arc::new(sql::Pinned::new(files::Listed::new(files, access)))),
            SourceKind::Folder(folder) => Self::Tables(Arc::new(sql::Pinned::new(insights::Exported::new(folder, access)))),
            SourceKind::Dataverse(at) => Self::Dataverse(Arc::new(insights::Tracking::new(at.clone()))),
            SourceKind::InsightsApi(at) => Self::Api(Arc::new(insights::Evaluations::new(at.clone()))),
            SourceKind::Adbc(definition) => Self::Database(Arc::new(adbc::Line::new(definition.clone()))),
        }
    }

    /// `true`: all that was read is of one moment.
    fn finish(&self, access: &Access) -> Result<bool, SourceError> {
        match self {
            Self::Tables(tables) => tables.finish().map(|()| true),
            Self::Dataverse(tracking) => tracking.finish(access),
            Self::Api(evaluations) => evaluations.finish(access).map(|()| true),
            Self::Database(line) => line.finish(access),
            Self::Apart(line) => line.finish(access),
        }
    }
}
