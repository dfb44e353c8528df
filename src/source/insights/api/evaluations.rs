//! Which evaluation each segment was read of, during a run. A segment is what its last evaluation made it, so those that are still
//! of the same after the last reading are all of that moment.

use super::{
    super::super::{Access, SourceError},
    instance::Instance,
    segments::{self, Ready},
    unchanged,
};
use crate::definition::InsightsApi;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// One instance during a run.
pub struct Evaluations {
    pub at: InsightsApi,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    readings: u64,
    /// By the name that the segment was asked for.
    segments: BTreeMap<String, Ready>,
}

impl Evaluations {
    pub fn new(at: InsightsApi) -> Self {
        Self { at, seen: Mutex::default() }
    }

    /// A segment was read. Fails if it was read before in this run, of another evaluation.
    pub fn read(&self, segment: &str, of: Ready) -> Result<(), SourceError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.readings += 1;
        match seen.segments.get(segment) {
            Some(before) => unchanged(before, &of),
            None => {
                seen.segments.insert(segment.to_owned(), of);
                Ok(())
            }
        }
    }

    /// Fails if any of the segments was evaluated since it was read.
    pub fn finish(&self, access: &Access) -> Result<(), SourceError> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.readings < 2 {
            return Ok(());
        }
        let now = segments::all(&mut Instance::open(&self.at, access)?)?;
        for (name, before) in &seen.segments {
            let segment = now[segments::find(&now, name)?].clone();
            unchanged(before, &segment.ready()?)?;
        }
        Ok(())
    }
}
