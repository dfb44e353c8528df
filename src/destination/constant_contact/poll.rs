//! What became of accepted activities.
//!
//! The vendor tells no outcome of a row, only counts. Where they agree with what was sent, the rows are done and unverified;
//! where they do not, the contacts are read back. That reading is made once for all jobs that need it, when no other is under
//! way: jobs that were accepted together concern the same stretch of changes.

use super::{
    super::{Error, JobOutcomes, Jobs, Outcome, Polled},
    activities::{self, Activity, State},
    api::Api,
    job::{Job, Work},
    read_back::{self, Import},
};
use crate::member::Key;
use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(30);

/// How often jobs were asked for without all of them being done: the more often, the longer until the next time.
#[derive(Debug, Default)]
pub(super) struct Patience(AtomicU32);

impl Patience {
    fn next(&self, working: bool) -> Duration {
        let asked = if working { self.0.fetch_add(1, Relaxed) } else { self.0.swap(0, Relaxed) };
        SHORTEST.saturating_mul(1 << asked.min(4)).min(LONGEST)
    }
}

/// Without `reads_back` the counts are left as they are, and everyone is unverified.
/// `phones`: the rows carry phone numbers.
pub(super) async fn poll(api: &Api, reads_back: bool, phones: bool, patience: &Patience, jobs: &Jobs<'_>) -> Result<Polled, Error> {
    let asked = jobs.ids.iter().map(|id| Ok((id.clone(), Job::read(id)?))).collect::<Result<Vec<_>, Error>>()?;
    let activities: Vec<_> = asked.iter().map(|(_, job)| job.activity.as_str()).collect();
    let mut seen = activities::look(api, &activities).await?;
    let (mut finished, mut doubtful, mut working) = (Vec::new(), Vec::new(), false);
    for (id, job) in asked {
        let activity = seen.remove(&job.activity);
        match ended(job, activity, reads_back, || (jobs.rows)(&id)) {
            Ended::NotYet => working = true,
            Ended::Known(outcomes) => finished.push((id, outcomes)),
            Ended::Doubtful(import) => doubtful.push((id, import)),
        }
    }
    if !working && !doubtful.is_empty() {
        finished.extend(read_back::settle(api, phones, doubtful).await?);
    }
    Ok(Polled { finished, after: patience.next(working), ..Polled::default() })
}

enum Ended {
    NotYet,
    Known(JobOutcomes),
    /// An import that did not take everyone.
    Doubtful(Import),
}

fn ended(job: Job, activity: Option<Activity>, reads_back: bool, rows: impl Fn() -> Vec<Key>) -> Ended {
    let Some(activity) = activity else {
        let forgotten = Outcome::Unconfirmed("Constant Contact does not know the activity any more".to_owned());
        return Ended::Known(job.outcomes(Vec::new(), forgotten));
    };
    match (activity.state(), job.work) {
        (State::Working, _) => Ended::NotYet,
        (State::Stopped, _) => {
            tracing::warn!(activity = activity.id, why = activity.reasons(), "Constant Contact did not carry out an activity");
            Ended::Known(job.outcomes(Vec::new(), Outcome::NotDone))
        }
        (State::Completed, Work::Removal) => Ended::Known(job.outcomes(Vec::new(), removed(&activity))),
        (State::Completed, Work::Import) => {
            let import = Import::new(job, activity, rows());
            if reads_back && import.refused > 0 { Ended::Doubtful(import) } else { Ended::Known(import.unverified()) }
        }
    }
}

/// Whoever is not on the list is off it as well, so a lower count means nothing bad; but what it means is not documented.
fn removed(activity: &Activity) -> Outcome {
    let counts = activity.status;
    if counts.items_completed_count == counts.items_total_count { Outcome::Done { standing: None } } else { Outcome::Unverified }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::{ContainerId, constant_contact::tests::row};
    use rstest::rstest;
    use serde_json::json;

    /// What 87 rows, of which two were left out, came to.
    fn told(work: Work, state: &str, status: serde_json::Value, reads_back: bool) -> String {
        let left_out = ["a@example.com", "b@example.com"].map(|address| row(address).key).to_vec();
        let job = Job { work, activity: "86b9".into(), list: ContainerId("l1".into()), left_out };
        let activity = serde_json::from_value(json!({"activity_id": "86b9", "state": state, "status": status})).unwrap();
        let rows = || (0..85).map(|n| row(&format!("{n}@example.com")).key).chain(job.left_out.clone()).collect();
        match ended(job.clone(), Some(activity), reads_back, rows) {
            Ended::NotYet => "not yet".into(),
            Ended::Doubtful(_) => "doubtful".into(),
            Ended::Known(JobOutcomes { rows, others }) => {
                assert_eq!(rows.len(), 2);
                format!("{others:?}")
            }
        }
    }

    #[rstest]
    #[case("initialized", json!({}), true, "not yet")]
    #[case("processing", json!({}), true, "not yet")]
    #[case("quite_new", json!({}), true, "not yet")]
    #[case("failed", json!({}), true, "NotDone")]
    #[case("cancelled", json!({}), true, "NotDone")]
    #[case("timed_out", json!({}), true, "NotDone")]
    #[case("completed", json!({"items_total_count": 86, "person_count": 85}), true, "Unverified")]
    #[case("completed", json!({"items_total_count": 85, "person_count": 20}), true, "Unverified")]
    #[case("completed", json!({"items_total_count": 86, "person_count": 85, "error_count": 1}), true, "doubtful")]
    #[case("completed", json!({"items_total_count": 86, "person_count": 85, "correctable_count": 1}), true, "doubtful")]
    #[case("completed", json!({"items_total_count": 86, "person_count": 85, "cannot_add_to_list_count": 1}), true, "doubtful")]
    #[case("completed", json!({"items_total_count": 84, "person_count": 84}), true, "doubtful")]
    #[case("completed", json!({"items_total_count": 85, "error_count": 1}), false, "Unverified")]
    fn imports_by_state_and_counts(
        #[case] state: &str,
        #[case] status: serde_json::Value,
        #[case] reads_back: bool,
        #[case] expected: &str,
    ) {
        assert_eq!(told(Work::Import, state, status, reads_back), expected);
    }

    #[rstest]
    #[case(85, 85, "Done { standing: None }")]
    #[case(85, 84, "Unverified")]
    fn removals_by_counts(#[case] total: u64, #[case] completed: u64, #[case] expected: &str) {
        let status = json!({"items_total_count": total, "items_completed_count": completed});
        assert_eq!(told(Work::Removal, "completed", status, true), expected);
    }

    #[test]
    fn the_longer_it_takes_the_longer_the_pause() {
        let patience = Patience::default();
        let pauses: Vec<_> = (0..5).map(|_| patience.next(true).as_secs()).collect();
        assert_eq!(pauses, [5, 10, 20, 30, 30]);
        patience.next(false);
        assert_eq!(patience.next(true), SHORTEST);
    }
}
