//! Jobs of one part that the platform is working on: little is kept of them, since there may be ten thousand.

use crate::destination::{JobId, Look};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// The first question comes soon: many a job is done at once.
const FIRST: Duration = Duration::from_millis(500);

/// Jobs by name, each with the places of its rows in the work.
#[derive(Default)]
pub struct UnderWay {
    jobs: BTreeMap<JobId, Vec<u32>>,
    /// The last look at those who were looked at in vain.
    looks: BTreeMap<JobId, Look>,
    due: Option<Instant>,
}

impl UnderWay {
    pub fn add(&mut self, id: JobId, places: Vec<usize>) {
        self.due.get_or_insert_with(|| Instant::now() + FIRST);
        // An export has at most 100 million members.
        self.jobs.insert(id, places.into_iter().filter_map(|at| u32::try_from(at).ok()).collect());
    }

    pub fn extend(&mut self, jobs: impl IntoIterator<Item = (JobId, Vec<usize>)>) {
        jobs.into_iter().for_each(|(id, places)| self.add(id, places));
    }

    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    pub fn ids(&self) -> Vec<JobId> {
        self.jobs.keys().cloned().collect()
    }

    /// Empty if it is none of these.
    pub fn places(&self, id: &JobId) -> Vec<usize> {
        self.jobs.get(id).into_iter().flatten().map(|at| *at as usize).collect()
    }

    pub fn looked(&mut self, id: JobId, look: Look) {
        self.looks.insert(id, look);
    }

    pub fn look(&self, id: &JobId) -> Option<Look> {
        self.looks.get(id).copied()
    }

    pub fn remove(&mut self, id: &JobId) -> Vec<usize> {
        self.looks.remove(id);
        let places = self.places(id);
        self.jobs.remove(id);
        places
    }

    /// When to ask; `None` while there is nothing to ask for.
    pub fn due(&self) -> Option<Instant> {
        self.due.filter(|_| !self.jobs.is_empty())
    }

    /// They were asked for; the next time after so long.
    pub fn asked(&mut self, after: Duration) {
        self.due = (!self.jobs.is_empty()).then(|| Instant::now() + after);
    }
}
