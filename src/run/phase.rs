//! One phase: batches out, outcomes in, what happened recorded and struck off the work.

use super::{
    Context, Failure, FailureKind, Recorder,
    batches::{Batches, Planned},
    bulk::{self, Bulk},
    observe::Ready,
    outcomes::{self, Noted},
    part::Part,
    poll,
    prepare::Work,
    under_way::UnderWay,
};
use crate::{
    destination::{self, Batch, BulkDone, ErrorKind, JobId, Jobs, Outcome, Submitted},
    member::RemainingEntry,
    state::View,
};
use futures::{StreamExt, stream::FuturesUnordered};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{task::JoinHandle, time::Instant};

/// Batches made ahead of the connections, so that none waits for the next to be made.
const AHEAD: usize = 2;

/// Rows on their way at one time, where more than one call is: so many that a platform's calls of a few hundred rows are not held up,
/// and so few that calls of tens of thousands do not lie in memory beside each other.
const ROWS_IN_FLIGHT: usize = 50_000;
/// Outcomes of more rows than these are on record before those of the next call are looked at.
const MANY: usize = 5_000;
/// Calls divided to find a row at fault, without any part being taken: after so many the call is at fault, not a row. Eight bad rows
/// that are spread over a call take fewer.
const DIVISIONS: u32 = 32;

/// Everything a phase works with.
pub struct Phase<'a> {
    pub context: &'a Context,
    pub recorder: &'a Recorder,
    pub view: &'a View,
    pub ready: &'a Ready,
    pub work: &'a mut Work,
    /// What remains to be done, in the order of the work's changes.
    pub remaining: Vec<RemainingEntry>,
    pub noted: &'a mut Noted,
    pub bulk: Bulk,
}

struct Answer {
    planned: Planned,
    result: Result<Sent, destination::Error>,
    /// The name under which it was recorded before it was sent.
    job: Option<JobId>,
    took: Duration,
}

enum Sent {
    As(Submitted),
    InBulk(BulkDone),
}

/// One part under way.
struct Sending<'p> {
    part: &'p Part,
    batches: Batches<'p>,
    /// To be sent before the next new batch.
    again: VecDeque<Planned>,
    /// Rows of the next batch at most.
    rows: usize,
    in_flight: FuturesUnordered<JoinHandle<Answer>>,
    rows_in_flight: usize,
    jobs: UnderWay,
    failed: Option<Failure>,
    /// Calls that may still be divided to find a row at fault.
    divisions: u32,
    /// Rows that the next run has to look for.
    unsettled: usize,
}

impl Phase<'_> {
    /// Sends everything of one part. On a failure what is in flight is still awaited and recorded; jobs under way are the next
    /// run's to ask for.
    pub async fn run(&mut self, part: &Part) -> Result<(), Failure> {
        self.send(part, Batches::new(part, self.view, self.ready, self.context)).await
    }

    /// The same for one of what remains.
    pub async fn run_only(&mut self, part: &Part, at: usize) -> Result<(), Failure> {
        self.send(part, Batches::new(part, self.view, self.ready, self.context).only(at)).await
    }

    async fn send<'p>(&mut self, part: &'p Part, batches: Batches<'p>) -> Result<(), Failure> {
        let mut sending = Sending {
            part,
            batches: batches.by(self.bulk.permit().cloned()),
            again: VecDeque::new(),
            rows: part.task.call.rows,
            in_flight: FuturesUnordered::new(),
            rows_in_flight: 0,
            jobs: UnderWay::default(),
            failed: None,
            divisions: DIVISIONS,
            unsettled: 0,
        };
        loop {
            if let Err(failure) = self.fill(&mut sending) {
                sending.failed.get_or_insert(failure);
            }
            let due = sending.jobs.due().filter(|_| sending.failed.is_none());
            tokio::select! {
                Some(answer) = sending.in_flight.next() => {
                    let lost = |_| Failure::new(FailureKind::Retry { after: None }, "a worker stopped unexpectedly");
                    let many = answer.as_ref().is_ok_and(|answer| answer.planned.places.len() > MANY);
                    if let Err(failure) = answer.map_err(lost).and_then(|answer| self.answered(&mut sending, answer)) {
                        sending.failed.get_or_insert(failure);
                    }
                    if many && let Err(failure) = self.recorder.flush().await {
                        sending.failed.get_or_insert(failure);
                    }
                }
                stopped = wait(due, self.context), if due.is_some() => match stopped {
                    Ok(()) => {
                        if let Err(failure) = self.ask(&mut sending).await {
                            sending.failed.get_or_insert(failure);
                        }
                    }
                    Err(canceled) => _ = sending.failed.get_or_insert(canceled),
                },
                else => break,
            }
        }
        self.recorder.flush().await?;
        if part.task.bulk {
            let strays = std::mem::take(&mut sending.batches.strays);
            bulk::leave_out(self, strays);
            bulk::close(self);
        }
        match sending.failed {
            None if sending.unsettled > 0 => Err(poll::unsettled(self.context, sending.unsettled)),
            None => Ok(()),
            Some(failure) => Err(failure),
        }
    }

    /// As many batches on their way as there may be.
    fn fill(&mut self, sending: &mut Sending<'_>) -> Result<(), Failure> {
        let jobs_max = sending.part.task.call.jobs;
        while sending.failed.is_none()
            && (!sending.part.task.bulk || self.bulk.goes_on())
            && sending.in_flight.len() < self.context.connections as usize + AHEAD
            && sending.jobs.len() + sending.in_flight.len() < jobs_max
            && is_room(sending.rows_in_flight, sending.rows)
        {
            if self.context.cancel.is_cancelled() {
                sending.failed = Some(Failure::canceled());
                break;
            }
            // What cannot be recorded is not sent (G4).
            self.recorder.check()?;
            let next = match sending.again.pop_front() {
                Some(batch) => Some(batch),
                None => sending.batches.next(self.work, &self.remaining, sending.rows)?,
            };
            let Some(planned) = next else { break };
            if !self.needs_no_call(sending.part, &planned)? {
                sending.rows_in_flight += planned.places.len();
                let submitted = self.submit(sending.part, planned)?;
                sending.in_flight.push(submitted);
            }
        }
        Ok(())
    }

    /// Where repeating a call could trigger something, it is on record before it is sent.
    fn submit(&self, part: &Part, planned: Planned) -> Result<JoinHandle<Answer>, Failure> {
        let (destination, place) = (Arc::clone(&self.context.destination), self.ready.place.clone());
        let job = if part.task.call.looks_up { destination.job_of(&planned.batch) } else { None };
        if let Some(id) = &job {
            self.record_job(&planned, id)?;
        }
        let recorder = self.recorder.clone();
        let permit = self.bulk.permit().filter(|_| part.task.bulk).cloned();
        Ok(tokio::spawn(async move {
            let begun = Instant::now();
            let recorded = if job.is_some() { recorder.flush().await } else { Ok(()) };
            let result = match (recorded, permit) {
                (Err(failure), _) => Err(destination::Error::stall(failure.message)),
                (Ok(()), Some(permit)) => destination.update_in_bulk(&place, &planned.batch.rows, &permit).await.map(Sent::InBulk),
                (Ok(()), None) => destination.submit(&place, &planned.batch).await.map(Sent::As),
            };
            Answer { planned, result, job, took: begun.elapsed() }
        }))
    }

    fn record_job(&self, planned: &Planned, id: &JobId) -> Result<(), Failure> {
        let Some(run) = self.context.run else { return Err(Failure::new(FailureKind::Stalled, "a job outside a run")) };
        let job = planned.job(run, id.clone(), self.context.now);
        let export = self.ready.export;
        self.recorder.write(move |store| store.record_job(export, &job))
    }

    fn answered(&mut self, sending: &mut Sending<'_>, answer: Answer) -> Result<(), Failure> {
        let Answer { planned, result, job, took } = answer;
        sending.rows_in_flight -= planned.places.len();
        if took > sending.part.task.call.slow {
            sending.rows = (sending.rows / 2).max(1);
        }
        match result {
            Ok(Sent::As(Submitted::Done(all))) => {
                self.forget(job)?;
                if all.iter().any(|outcome| !matches!(outcome, Outcome::Rejected(_) | Outcome::NotDone)) {
                    sending.divisions = DIVISIONS;
                }
                self.settle(sending, planned, all)?;
            }
            Ok(Sent::InBulk(done)) => {
                bulk::heard(self, done.stop, done.notes)?;
                self.settle(sending, planned, done.outcomes)?;
            }
            Ok(Sent::As(Submitted::Job(id))) => {
                self.forget(job)?;
                self.record_job(&planned, &id)?;
                sending.divisions = DIVISIONS;
                sending.jobs.add(id, planned.places);
            }
            // It may have been done: looked up, in time.
            Err(destination::Error { kind: ErrorKind::Retry { unknown: true, .. }, .. }) if job.is_some() => {
                sending.jobs.extend(job.map(|id| (id, planned.places)));
            }
            Err(error) if error.kind == ErrorKind::TooLarge && planned.places.len() > 1 => {
                self.forget(job)?;
                sending.rows = (planned.places.len() / 2).max(1);
                let (all, rows) = (planned.places.len(), sending.rows);
                self.context.watch.note(&format!("the platform did not take {all} rows in one call; going on with {rows} a call"));
                sending.again.extend(halve(planned));
            }
            Err(error) if error.kind == ErrorKind::Divide && planned.places.len() > 1 && sending.divisions > 0 => {
                self.forget(job)?;
                sending.divisions -= 1;
                sending.again.extend(halve(planned));
            }
            Err(error) => {
                self.forget(job)?;
                sending.failed.get_or_insert(Failure::from(error));
            }
        }
        Ok(())
    }

    /// The outcome is known, so nothing has to be looked up.
    fn forget(&self, job: Option<JobId>) -> Result<(), Failure> {
        let (Some(id), export) = (job, self.ready.export) else { return Ok(()) };
        self.recorder.write(move |store| store.remove_job(export, &id))
    }

    /// Asks for the jobs under way. They are on record before that, so that a restart asks again and sends nothing.
    async fn ask(&mut self, sending: &mut Sending<'_>) -> Result<(), Failure> {
        self.recorder.flush().await?;
        let ids = sending.jobs.ids();
        let (work, remaining, jobs) = (&*self.work, &self.remaining, &sending.jobs);
        let removes = sending.part.operation.removes();
        let key = |at: &usize| if removes { work.leavers[*at].key } else { remaining[*at].key() };
        let rows = |id: &JobId| jobs.places(id).iter().map(key).collect();
        let looks = |id: &JobId| jobs.look(id);
        let polled = match poll::ask(self.context, &self.ready.place, &Jobs { ids: &ids, rows: &rows, looks: &looks }).await {
            Ok(polled) => polled,
            Err(failure) => {
                sending.failed.get_or_insert(failure);
                return Ok(());
            }
        };
        for (id, outcomes) in polled.finished {
            let places = sending.jobs.remove(&id);
            let planned = sending.batches.sent(self.work, &self.remaining, places)?;
            let all = planned.outcomes(&outcomes);
            let many = planned.places.len() > MANY;
            self.settle(sending, planned, all)?;
            self.forget(Some(id))?;
            if many {
                self.recorder.flush().await?;
            }
        }
        let export = self.ready.export;
        for (id, look) in polled.looked {
            sending.jobs.looked(id.clone(), look);
            self.recorder.write(move |store| store.record_look(export, &id, &look))?;
        }
        sending.unsettled += polled.left.iter().map(|id| sending.jobs.remove(id).len()).sum::<usize>();
        sending.jobs.asked(polled.after / self.context.hub.speed());
        Ok(())
    }

    /// One outcome a row. What was certainly not done is sent again, a few times.
    fn settle(&mut self, sending: &mut Sending<'_>, planned: Planned, all: Vec<Outcome>) -> Result<(), Failure> {
        if let Err(failure) = self.take(sending.part, &planned, &all) {
            sending.failed.get_or_insert(failure);
        }
        let places: Vec<_> = planned.places.iter().zip(&all).filter(|(_, o)| **o == Outcome::NotDone).map(|(at, _)| *at).collect();
        if sending.part.task.bulk {
            bulk::leave_out(self, places);
        } else if !places.is_empty() && planned.is_sent_again(&Outcome::NotDone) {
            // Who finds out which row is at fault comes nearer to the end with each.
            let rejects = all.iter().any(|outcome| matches!(outcome, Outcome::Rejected(_)));
            let again =
                Planned { attempt: planned.attempt + u32::from(!rejects), ..sending.batches.rebuilt(self.work, &self.remaining, places)? };
            sending.again.push_back(again);
        }
        Ok(())
    }

    /// Rows whose attributes say nothing are as good as sent.
    fn needs_no_call(&mut self, part: &Part, planned: &Planned) -> Result<bool, Failure> {
        if !part.task.quiet {
            return Ok(false);
        }
        self.take(part, planned, &vec![Outcome::Done { standing: None }; planned.places.len()])?;
        Ok(true)
    }

    pub(super) fn take(&mut self, part: &Part, planned: &Planned, all: &[Outcome]) -> Result<(), Failure> {
        self.context.watch.advance(all.iter().filter(|outcome| !planned.is_sent_again(outcome)).count() as u64);
        let answered = all.iter().filter(|outcome| **outcome != Outcome::NotDone).count() as u64;
        if let Some((_, rows, _)) = self.noted.answered.last_mut().filter(|_| !part.task.quiet) {
            *rows += answered;
        }
        outcomes::take(self, part, planned, all)
    }
}

/// Whether a call of so many rows may go beside those on their way.
fn is_room(rows_in_flight: usize, next: usize) -> bool {
    rows_in_flight == 0 || rows_in_flight + next <= ROWS_IN_FLIGHT
}

/// Until jobs are to be asked for.
async fn wait(due: Option<Instant>, context: &Context) -> Result<(), Failure> {
    let Some(due) = due else { return Ok(()) };
    context.cancel.run_until_cancelled(tokio::time::sleep_until(due)).await.ok_or_else(Failure::canceled)
}

fn halve(mut planned: Planned) -> [Planned; 2] {
    let half = planned.places.len() / 2;
    let batch = Batch { rows: planned.batch.rows.split_off(half), ..planned.batch.clone() };
    let (places, people, told) = (planned.places.split_off(half), planned.people.split_off(half), planned.told.split_off(half));
    let other = Planned { batch, places, people, told, attempt: planned.attempt };
    [planned, other]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nothing_is_on_its_way(0, 100_000, true)]
    #[case::small_calls_beside_each_other(4_500, 500, true)]
    #[case::one_large_import_at_a_time(39_999, 39_999, false)]
    #[case::two_of_half_the_rows(25_000, 25_000, true)]
    fn large_calls_do_not_lie_in_memory_beside_each_other(#[case] on_their_way: usize, #[case] next: usize, #[case] room: bool) {
        assert_eq!(is_room(on_their_way, next), room);
    }
}
