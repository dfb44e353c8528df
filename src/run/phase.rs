//! One phase: batches out, outcomes in, what happened recorded and struck off the work.

use super::{
    Context, Failure, FailureKind, Recorder,
    batches::{Batches, Part, Planned},
    observe::Ready,
    outcomes::{self, Noted},
    prepare::Work,
};
use crate::{
    destination::{self, Batch, ErrorKind, JobId, JobState, Outcome, Submitted},
    member::Fingerprint,
    state::{Job, View},
};
use futures::{StreamExt, stream::FuturesUnordered};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{task::JoinHandle, time::Instant};

/// Batches made ahead of the connections, so that none waits for the next to be made.
const AHEAD: usize = 2;

/// Everything a phase works with.
pub struct Phase<'a> {
    pub context: &'a Context,
    pub recorder: &'a Recorder,
    pub view: &'a View,
    pub ready: &'a Ready,
    pub work: &'a mut Work,
    pub noted: &'a mut Noted,
}

type Answer = (Planned, Result<Submitted, destination::Error>, Duration);

impl Phase<'_> {
    /// Sends everything of one part. On a failure what is in flight is still awaited and recorded.
    pub async fn run(&mut self, part: &Part) -> Result<(), Failure> {
        let new_standing = self.context.export.new_contacts.status;
        let mut batches = Batches::new(part, self.view, self.ready.export, self.ready.row, new_standing);
        let mut again: VecDeque<Planned> = VecDeque::new();
        let mut rows = (self.context.destination.capabilities().batch_rows)(part.operation);
        let mut in_flight: FuturesUnordered<JoinHandle<Answer>> = FuturesUnordered::new();
        let mut failed = None;
        loop {
            while failed.is_none() && in_flight.len() < self.context.connections as usize + AHEAD {
                if self.context.cancel.is_cancelled() {
                    failed = Some(Failure::canceled());
                    break;
                }
                let next = match again.pop_front() {
                    Some(half) => Some(half),
                    None => batches.next(self.work, rows)?,
                };
                let Some(planned) = next else { break };
                if self.needs_no_call(part, &planned)? {
                    continue;
                }
                in_flight.push(self.submit(planned));
            }
            let Some(answer) = in_flight.next().await else { break };
            let (planned, result, took) =
                answer.map_err(|_| Failure::new(FailureKind::Retry { after: None }, "a worker stopped unexpectedly"))?;
            if took > self.context.destination.capabilities().slow_call {
                rows = (rows / 2).max(1);
            }
            match result {
                Ok(Submitted::Done(all)) => {
                    if let Err(failure) = self.take(part, &planned, &all) {
                        failed.get_or_insert(failure);
                    }
                }
                Ok(Submitted::Job(job)) => {
                    if let Err(failure) = self.await_job(part, &planned, &job).await {
                        failed.get_or_insert(failure);
                    }
                }
                Err(error) if error.kind == ErrorKind::TooLarge && planned.places.len() > 1 => {
                    rows = (planned.places.len() / 2).max(1);
                    self.context
                        .watch
                        .note(&format!("the platform took too long for {} rows; going on with {rows} a call", planned.places.len()));
                    again.extend(halve(planned));
                }
                Err(error) => drop(failed.get_or_insert(Failure::from(error))),
            }
        }
        self.recorder.flush().await?;
        failed.map_or(Ok(()), Err)
    }

    fn submit(&self, planned: Planned) -> JoinHandle<Answer> {
        let (destination, place) = (Arc::clone(&self.context.destination), self.ready.place.clone());
        tokio::spawn(async move {
            let begun = Instant::now();
            let result = destination.submit(&place, &planned.batch).await;
            (planned, result, begun.elapsed())
        })
    }

    /// Rows whose attributes say nothing are as good as told.
    fn needs_no_call(&mut self, part: &Part, planned: &Planned) -> Result<bool, Failure> {
        if part.operation != destination::Operation::Update || planned.batch.rows.iter().any(|r| !r.attributes.is_empty()) {
            return Ok(false);
        }
        self.take(part, planned, &vec![Outcome::Done { standing: None }; planned.places.len()])?;
        Ok(true)
    }

    fn take(&mut self, part: &Part, planned: &Planned, all: &[Outcome]) -> Result<(), Failure> {
        self.context.watch.advance(planned.places.len() as u64);
        outcomes::take(self, part, planned, all)?;
        match &self.noted.status_changed {
            None => Ok(()),
            Some(who) => Err(Failure::new(FailureKind::Stalled, format!("a bulk update changed a subscription status ({who})"))
                .hint("set limits.bulkUpdates: false on the connection, and tell the vendor: known contacts' statuses must not change")),
        }
    }

    /// An accepted job is recorded with its members before it is polled, so that a restart polls it and sends nothing again.
    async fn await_job(&mut self, part: &Part, planned: &Planned, job: &JobId) -> Result<(), Failure> {
        let Some(run) = self.context.run else { return Err(Failure::new(FailureKind::Stalled, "a job outside a run")) };
        let record = Job {
            run,
            remote: job.clone(),
            operation: part.operation,
            container: part.container.as_ref().map(|(_, id)| id.clone()),
            members: planned.batch.rows.iter().map(|r| (r.key, Fingerprint(0))).collect(),
            at: self.context.now,
        };
        let export = self.ready.export;
        let row = self.recorder.record(move |store| store.record_job(export, &record)).await?;
        let found = poll(self.context, job).await?;
        let outcome = |row: &destination::BatchRow| {
            let mine = found.iter().find(|(key, _)| *key == row.key);
            mine.map_or_else(|| Outcome::Unconfirmed("the job's results do not say".to_owned()), |(_, outcome)| outcome.clone())
        };
        let all: Vec<Outcome> = planned.batch.rows.iter().map(outcome).collect();
        self.take(part, planned, &all)?;
        self.recorder.record(move |store| store.remove_job(row)).await
    }
}

/// Asks until the job is finished.
pub async fn poll(context: &Context, job: &JobId) -> Result<Vec<(crate::member::Key, Outcome)>, Failure> {
    loop {
        match context.destination.poll(job).await? {
            JobState::Finished(outcomes) => return Ok(outcomes),
            JobState::Working { after } => {
                let cancelled = context.cancel.run_until_cancelled(tokio::time::sleep(after)).await.is_none();
                if cancelled {
                    return Err(Failure::canceled());
                }
            }
        }
    }
}

fn halve(mut planned: Planned) -> [Planned; 2] {
    let half = planned.places.len() / 2;
    let batch = Batch { rows: planned.batch.rows.split_off(half), ..planned.batch.clone() };
    let other = Planned { batch, places: planned.places.split_off(half), people: planned.people.split_off(half) };
    [planned, other]
}
