//! What the desk says is done: marks recorded, jobs begun and stopped, their ends taken note of.

use super::{
    controller::{Active, Controller},
    desk::{self, Act, Ended, Skip, Why},
    queue::{Job, Kind, Work},
    work::{self, BoardWatch, Event, LandingWatch},
};
use crate::{
    definition::{Export, Name},
    plan::Plan,
    run::{Cause, Engine, Failure, FailureKind, Report, Silent, Watch},
    state::{End, Mark, RunRecord, RunStart, Trigger, View},
};
use chrono::{DateTime, Utc};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

impl Controller<'_> {
    /// Everything that is to be done now.
    pub async fn act(&mut self) {
        let now = self.look_at_the_clock();
        for act in self.desk.tick(now) {
            self.one(act).await;
        }
        self.say_what_is_next();
    }

    /// A clock that was set changes when everything is due (SPEC 5).
    fn look_at_the_clock(&mut self) -> DateTime<Utc> {
        let now = Utc::now();
        if let Some(by) = self.clock.moved(now, Instant::now()) {
            self.desk.clock_moved(by);
            self.listener.clock_moved(by);
        }
        if self.desk.is_ahead(now) {
            self.learn_what_ran(now);
        }
        now
    }

    /// Which due times after this have run, so that they do not run again.
    pub fn learn_what_ran(&mut self, after: DateTime<Utc>) {
        let ran = self.view().and_then(|view| self.trouble(view.began_after(after).map_err(Failure::from)));
        self.desk.set_ran(ran.unwrap_or_default());
    }

    pub async fn one(&mut self, act: Act) {
        match act {
            Act::Deal { export, mark, skips } => self.deal(export, Some(mark), skips).await,
            Act::Miss { export, skip } => self.deal(export, None, vec![skip]).await,
            Act::Unmark(export) => {
                self.record(move |store| store.unmark(&export)).await;
            }
            Act::Begin(job) => self.begin(job),
            Act::Stop(export) => self.stop_run(&export),
        }
    }

    /// A write whose failure is told; the daemon goes on.
    pub async fn record<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut crate::state::Store) -> Result<T, crate::state::StateError> + Send + 'static,
    ) -> Option<T> {
        let recorder = self.trouble(self.engine.recorder())?;
        self.trouble(recorder.record(write).await)
    }

    /// Durable before a run starts: the due time was dealt with, and what was skipped is on record.
    async fn deal(&mut self, name: Name, mark: Option<Mark>, skips: Vec<Skip>) {
        let Some(export) = self.desk.exports().get(&name).cloned() else { return };
        let reasons: Vec<_> = skips.iter().map(|skip| (skip.missed.last, reason(skip, &export))).collect();
        for (skip, (_, reason)) in skips.iter().zip(&reasons) {
            self.handle.metrics.missed(&name, skip.missed.times);
            self.listener.skipped(&export, reason);
        }
        let skipped = !reasons.is_empty();
        let recorded = export.clone();
        self.record(move |store| {
            for (due, reason) in reasons {
                store.skip_run(&start(&recorded, &scheduled(due)), reason, Utc::now())?;
            }
            mark.map_or(Ok(()), |mark| store.mark(&recorded.name, &mark))
        })
        .await;
        if skipped {
            self.refresh(&name);
        }
    }

    fn begin(&mut self, job: Job) {
        let Some(export) = self.desk.exports().get(&job.export).cloned() else { return self.desk.forget(&job) };
        let cancel = self.engine.cancel.child_token();
        let engine = Engine { hub: self.engine.hub.stopped_by(cancel.clone()), cancel: cancel.clone(), ..self.engine.clone() };
        self.runs.insert(job.export.clone(), Active { stop: cancel, since: Utc::now() });
        let board = |next| BoardWatch { export: job.export.clone(), board: self.handle.board.clone(), tell: self.events.clone(), next };
        let watch: Arc<dyn Watch> = match &job.work {
            Work::Prepare { .. } => Arc::new(LandingWatch(board(Arc::new(Silent)))),
            Work::Run(cause) | Work::Remove(cause) => {
                self.heard.insert(job.export.clone(), self.asked.remove(&job.export).unwrap_or_default());
                self.say_late(&export, cause);
                Arc::new(board(self.listener.starts(&export)))
            }
        };
        work::begin(engine, export, job, watch, self.events.clone());
    }

    fn say_late(&self, export: &Export, cause: &Cause) {
        if let Some(late) = cause.due.and_then(|due| (Utc::now() - due).to_std().ok()) {
            self.handle.metrics.lag(&export.name, late);
        }
    }

    pub fn stop_run(&mut self, export: &Name) {
        if let Some(run) = self.runs.get(export) {
            run.stop.cancel();
        }
    }

    pub async fn happened(&mut self, event: Event) {
        match event {
            Event::Planned { job, plan } => self.planned(&job, &plan),
            Event::Prepared { job, result } => self.prepared(job, result).await,
            Event::Ended { job, report, took } => self.run_ended(job, *report, took).await,
            Event::Queued { export, behind } => self.queued(&export, behind),
            Event::Probed { connection, failed } => self.show_probe(&connection, failed),
            Event::Renewed { connection, lost } => self.renewed(&connection, lost),
        }
    }

    /// A job waits for its turn at the audience; or has it, from when on it is at work.
    fn queued(&mut self, export: &Name, behind: Option<Name>) {
        if let Some(run) = self.runs.get_mut(export).filter(|_| behind.is_none()) {
            run.since = Utc::now();
        }
        self.desk.hold_up(export, behind);
    }

    fn planned(&self, job: &Job, plan: &Plan) {
        if let Some(export) = self.desk.exports().get(&job.export) {
            self.listener.planned(export, plan);
        }
    }

    async fn prepared(&mut self, job: Job, result: Result<usize, Failure>) {
        self.runs.remove(&job.export);
        let ended = match &result {
            Err(Failure { kind: FailureKind::Retry { after }, .. }) => Ended::Failed { not_before: *after },
            _ => Ended::Done,
        };
        let chance = self.dice.f64();
        self.desk.ended(&job, &ended, Utc::now(), chance);
        let Some(export) = self.desk.exports().get(&job.export).cloned() else { return };
        if matches!(&result, Err(failure) if failure.kind == FailureKind::Canceled) {
            return;
        }
        if result.is_err() {
            // The next reading may have mended it.
            self.landed.remove(&job.export);
        }
        self.listener.prepared(&export, &result);
        self.show_resources(&job.export, result.as_ref().err().map(|failure| failure.message.clone()));
        self.learn_turn(&job.export);
        match (result, &job.work) {
            (Ok(_), Work::Prepare { then_run: true }) => {
                let cause = Cause { trigger: Trigger::Change, ..Trigger::Change.into() };
                self.desk.push(&export.name, Work::Run(cause));
            }
            (Ok(_), _) => self.remember_prepared(&export).await,
            (Err(_), _) => {}
        }
    }

    async fn remember_prepared(&self, export: &Export) {
        let (name, digest) = (export.name.clone(), export.digest.clone());
        self.record(move |store| store.set_prepared(&name, &digest)).await;
    }

    async fn run_ended(&mut self, job: Job, report: Report, took: Duration) {
        self.runs.remove(&job.export);
        let ended = match &report.end {
            End::Failed { retrying: true, .. } => Ended::Failed { not_before: report.not_before },
            _ => Ended::Done,
        };
        let chance = self.dice.f64();
        self.desk.ended(&job, &ended, Utc::now(), chance);
        let record = self.refresh(&job.export);
        for heard in self.heard.remove(&job.export).unwrap_or_default() {
            // Who asked may be gone.
            if let Some(record) = record.clone() {
                let _ = heard.send(record);
            }
        }
        let Some(export) = self.desk.exports().get(&job.export).cloned() else { return };
        self.learn_turn(&job.export);
        self.handle.metrics.run_ended(&export, &report, took);
        self.listener.ended(&export, &report, self.desk.again_at(&job));
        let made = matches!(report.end, End::Succeeded { .. } | End::Partial { .. });
        let change = matches!(&job.work, Work::Run(cause) if cause.trigger == Trigger::Change);
        if job.work.kind() == Kind::Removal {
            self.removal_ended(&export).await;
        } else if made || change {
            self.remember_prepared(&export).await;
        }
    }

    /// While stopping. A run that was stopped with the daemon goes on at the next start.
    pub async fn stopped(&mut self, event: Event) {
        if let Event::Ended { job, report, .. } = &event
            && let (End::Canceled { .. }, Some(run)) = (&report.end, report.run)
        {
            let (counts, name) = (report.counts.clone(), job.export.clone());
            self.record(move |store| store.finish_run(run, &End::stopped(), &counts, Utc::now())).await;
            self.runs.remove(&name);
            return;
        }
        // A probe that was stopped says nothing of the connection.
        if !matches!(event, Event::Probed { .. } | Event::Renewed { .. }) {
            self.happened(event).await;
        }
    }

    /// The newest run of an export, shown on the board.
    pub fn refresh(&self, export: &Name) -> Option<RunRecord> {
        let view = self.view()?;
        self.refresh_from(&view, export)
    }

    /// The same of many, by one view.
    pub fn refresh_from(&self, view: &View, export: &Name) -> Option<RunRecord> {
        let record = self.trouble(view.last_run(export).map_err(Failure::from))?;
        let held = self.trouble(view.held(Some(export)).map_err(Failure::from)).unwrap_or_default();
        let held = held.into_iter().find(|plan| plan.approved.is_none()).map(|plan| plan.digest);
        let off = self.trouble(view.bulk_updates_off(export, Utc::now()).map_err(Failure::from)).flatten();
        self.show_run(export, record.clone(), held, off);
        record
    }

    fn say_what_is_next(&mut self) {
        let next = self.desk.wake();
        if self.runs.is_empty() && self.catalog.is_some() && self.told != Some(next) {
            self.listener.waiting(next);
            self.told = Some(next);
        }
    }
}

/// A scheduled run's cause.
fn scheduled(due: DateTime<Utc>) -> Cause {
    Cause { due: Some(due), ..Trigger::Schedule.into() }
}

fn start<'a>(export: &'a Export, cause: &'a Cause) -> RunStart<'a> {
    RunStart {
        export: &export.name,
        trigger: cause.trigger,
        definition_digest: &export.digest,
        plan_digest: None,
        user: &cause.by,
        export_user: export.connection.export_user.as_deref(),
        due: cause.due,
    }
}

/// Why due times were not run, in the zone of the schedule.
fn reason(skip: &Skip, export: &Export) -> String {
    let zone = export.schedule.as_ref().map_or(chrono_tz::Tz::UTC, |schedule| schedule.time_zone);
    let time = |at: DateTime<Utc>| at.with_timezone(&zone).format("%F %H:%M %Z").to_string();
    let what = match skip.missed.times {
        1 => format!("the run due at {}", time(skip.missed.last)),
        times => format!("{times} runs due from {} to {}", time(skip.missed.first), time(skip.missed.last)),
    };
    match skip.why {
        Why::Away => {
            let deadline = export.schedule.as_ref().map(|schedule| schedule.deadline).unwrap_or_default();
            let deadline = crate::plan::words::duration(deadline.as_secs());
            format!("missed {what}: nothing ran then, and a missed run is caught up only once, within {deadline}")
        }
        Why::NotRetried => {
            let deadline = crate::plan::words::duration(desk::deadline(export).as_secs());
            format!("did not retry {what}: it could not be retried within {deadline}, so the next run takes its place")
        }
        Why::Busy => format!("skipped {what}: the run before was still under way or waiting"),
    }
}
