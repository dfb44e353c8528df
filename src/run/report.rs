//! One run recorded from its beginning to its end, and how it ended in the words of E11.

use super::{Decision, Ending, Engine, Failure, FailureKind, Outcome, Prepared, Watch, lasting, patience::Patience};
use crate::{
    definition::{Export, Percentage},
    plan::{
        Counts, Plan,
        words::{counted, duration},
    },
    state::{End, RunId, RunStart, Trigger},
};
use chrono::{DateTime, Utc};
use std::{cell::RefCell, sync::Arc, time::Duration};

/// Why a run runs, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub trigger: Trigger,
    /// Who runs it: the system's user, or whoever asked.
    pub by: String,
    /// The scheduled time that it stands for.
    pub due: Option<DateTime<Utc>>,
}

impl From<Trigger> for Cause {
    fn from(trigger: Trigger) -> Self {
        Self { trigger, by: super::user(), due: None }
    }
}

/// A run that is over.
#[derive(Clone, Debug)]
pub struct Report {
    pub end: End,
    pub counts: Counts,
    /// In the history, if it got there.
    pub run: Option<RunId>,
    /// What was planned, if it came to that.
    pub plan: Option<Plan>,
    /// What to do about it, where something is to be done.
    pub hints: Vec<String>,
    /// Someone looked at the plan and said no.
    pub declined: bool,
    /// Trying again sooner than this is of no use (`Retry-After`, a quota's reset).
    pub not_before: Option<Duration>,
}

impl Report {
    /// A run that failed before it had a plan.
    pub fn failed(failure: Failure) -> Self {
        failed(failure, None)
    }

    /// The run found nothing to do.
    pub fn is_empty(&self) -> bool {
        matches!(self.end, End::Succeeded { .. }) && self.plan.as_ref().is_some_and(Plan::is_empty)
    }
}

impl Engine {
    /// Connects, runs, and records the run with its counts whatever happens.
    pub async fn recorded(
        &self,
        export: &Arc<Export>,
        cause: impl Into<Cause>,
        watch: Arc<dyn Watch>,
        now: DateTime<Utc>,
        decide: &dyn Fn(&Prepared) -> Decision,
    ) -> Report {
        let planned = RefCell::new(None);
        let run = match self.start(export, cause.into(), now).await {
            Ok(run) => run,
            Err(failure) => return failed(failure, None),
        };
        let noting = |prepared: &Prepared| {
            planned.replace(Some(prepared.plan.clone()));
            decide(prepared)
        };
        let result = self.patient(export, run, watch, now, &noting).await;
        let mut report = match result {
            Ok((plan, outcome)) => ended(export, plan, outcome),
            Err(failure) => failed(failure, planned.into_inner()),
        };
        report.run = Some(run);
        if let Err(failure) = self.finish(run, &report).await {
            unrecorded(&mut report, failure);
        }
        report
    }

    /// Tries again while the source is being refreshed, as long as there is patience.
    async fn patient(
        &self,
        export: &Arc<Export>,
        run: RunId,
        watch: Arc<dyn Watch>,
        now: DateTime<Utc>,
        decide: &dyn Fn(&Prepared) -> Decision,
    ) -> Result<(Plan, Outcome), Failure> {
        let mut patience = Patience::of(export);
        loop {
            let failure = match self.attempt(export, run, Arc::clone(&watch), now, decide).await {
                Err(failure) => failure,
                planned => return planned,
            };
            let failure = self.seen_before(export, run, failure, now);
            let why = failure.message.clone();
            let after = patience.after(failure)?;
            watch.note(&format!("waiting for the source: {why}"));
            watch.phase("waiting for the source", None);
            // A rehearsal's sources live as fast as its vendors.
            let rest = tokio::time::sleep(after / self.hub.speed());
            if self.cancel.run_until_cancelled(rest).await.is_none() {
                return Err(Failure::canceled());
            }
        }
    }

    /// What lasts from run to run is no refresh.
    fn seen_before(&self, export: &Export, run: RunId, failure: Failure, now: DateTime<Utc>) -> Failure {
        let runs = self.view(now).ok().flatten().and_then(|view| view.runs(Some(&export.name), lasting::RUNS + 1).ok());
        let before: Vec<_> = runs.unwrap_or_default().into_iter().filter(|other| other.id != run).collect();
        lasting::seen_before(failure, &before)
    }

    async fn attempt(
        &self,
        export: &Arc<Export>,
        run: RunId,
        watch: Arc<dyn Watch>,
        now: DateTime<Utc>,
        decide: &dyn Fn(&Prepared) -> Decision,
    ) -> Result<(Plan, Outcome), Failure> {
        let mut context = self.connect(export, watch, now).await?;
        context.run = Some(run);
        // Its timeout is for its own work: it does not pass while others have their turn.
        let context = self.at_turn(context).await?;
        let limit = export.timeout.unwrap_or(context.capabilities.run_timeout);
        let stop = context.cancel.clone();
        let work = self.run(&context, decide);
        tokio::pin!(work);
        tokio::select! {
            result = &mut work => result,
            () = tokio::time::sleep(limit) => {
                stop.cancel();
                let told = |failure| if self.cancel.is_cancelled() { failure } else { timed_out(failure, limit) };
                match work.await {
                    Ok((plan, Outcome::Done(ending))) => {
                        let stopped = ending.stopped.map(told);
                        Ok((plan, Outcome::Done(Box::new(Ending { stopped, ..*ending }))))
                    }
                    result => result.map_err(told),
                }
            }
        }
    }

    async fn start(&self, export: &Arc<Export>, cause: Cause, now: DateTime<Utc>) -> Result<RunId, Failure> {
        let export = Arc::clone(export);
        let record = move |store: &mut crate::state::Store| {
            let export_user = export.connection.export_user.as_deref();
            let start = RunStart {
                export: &export.name,
                trigger: cause.trigger,
                definition_digest: &export.digest,
                plan_digest: None,
                user: &cause.by,
                export_user,
                due: cause.due,
            };
            store.start_run(&start, now)
        };
        self.recorder()?.record(record).await
    }

    /// Records how the run ended.
    pub(super) async fn finish(&self, run: RunId, report: &Report) -> Result<(), Failure> {
        let retention = self.retention;
        let (end, counts, digest) = (report.end.clone(), report.counts.clone(), report.plan.as_ref().map(|p| p.digest.0.clone()));
        self.recorder()?
            .record(move |store| {
                if let Some(digest) = digest {
                    store.set_run_plan(run, &digest)?;
                }
                store.finish_run(run, &end, &counts, Utc::now())?;
                store.purge(retention, Utc::now()).map(drop)
            })
            .await
    }
}

/// What is not on record is not called done, however well it went.
fn unrecorded(report: &mut Report, failure: Failure) {
    let why = format!("the end of the run could not be recorded: {failure}");
    match report.end {
        End::Succeeded { .. } | End::Partial { .. } | End::Skipped { .. } | End::Held { .. } => report.end = End::Stalled { reason: why },
        _ => report.hints.push(why),
    }
    report.hints.extend(failure.hints);
}

/// How a run came out, for a run that nobody had planned before.
#[cfg(test)]
pub(super) fn concluded(export: &Export, result: Result<(Plan, Outcome), Failure>) -> Report {
    result.map_or_else(|failure| failed(failure, None), |(plan, outcome)| ended(export, plan, outcome))
}

fn timed_out(failure: Failure, limit: Duration) -> Failure {
    match failure.kind {
        FailureKind::Canceled => {
            Failure::new(FailureKind::Retry { after: None }, format!("not done within its timeout of {}", duration(limit.as_secs())))
                .hint("the next run goes on from what was acknowledged; set `timeout` higher if the platform needs longer")
        }
        _ => failure,
    }
}

fn ended(export: &Export, plan: Plan, outcome: Outcome) -> Report {
    let mut report = Report {
        end: End::Succeeded { unverified: 0 },
        counts: plan.counts.clone(),
        hints: Vec::new(),
        run: None,
        plan: None,
        declined: false,
        not_before: None,
    };
    match outcome {
        Outcome::NothingToDo { new_rejected } => report.end = rejected(new_rejected).unwrap_or(report.end),
        Outcome::Stale => {
            report.end = End::Skipped { reason: reasons(&plan) };
            report.hints.push("once the source is fresh the next run goes on; nothing was sent or taken out".to_owned());
        }
        Outcome::Held => {
            report.end = End::Held { reason: reasons(&plan) };
            report.hints.push(if plan.verdict.can_be_approved() {
                format!("to let exactly this through: listkeeper approve {}", plan.digest.short())
            } else {
                "change the definition: approving is not enough".to_owned()
            });
        }
        Outcome::Declined => {
            report.end = End::Canceled { reason: "the plan was declined; nothing was sent".to_owned() };
            report.declined = true;
        }
        Outcome::Done(ending) => {
            report.end = match &ending.stopped {
                Some(failure) => {
                    report.not_before = failure.after();
                    end_of(failure)
                }
                None => rejected(ending.new_rejected).unwrap_or_else(|| completed(export.guard.max_rejected, &plan.counts, &ending.counts)),
            };
            report.hints = ending.stopped.map(|f| f.hints).unwrap_or_default();
            report.hints.extend(ending.notes);
            report.counts = ending.counts;
        }
    }
    if let Some(waiting) = plan.waiting.as_ref().filter(|_| matches!(report.end, End::Succeeded { .. })) {
        let why = waiting.held.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        report.end = match plan.is_empty() {
            true => End::Held { reason: why },
            false => End::Partial { reason: format!("a part of the plan waits for approval: {why}") },
        };
        report.hints.push(format!("to let exactly this through: listkeeper approve {}", waiting.digest.short()));
    }
    report.plan = Some(plan);
    report
}

fn reasons(plan: &Plan) -> String {
    plan.verdict.held.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Partial: a row is rejected, by us or by the platform, that was not listed for this reason before (E11).
fn rejected(new: u64) -> Option<End> {
    (new > 0).then(|| End::Partial { reason: format!("{} newly rejected", counted(new, "row is", "rows are")) })
}

/// Partial: too many rows are rejected, or something or somebody is left.
fn completed(max_rejected: Percentage, planned: &Counts, counts: &Counts) -> End {
    if counts.pending > 0 {
        return End::Partial { reason: format!("{} members could not be confirmed; the next run settles them", counts.pending) };
    }
    let still_in = planned.removed.saturating_sub(counts.removed);
    if still_in > 0 {
        return End::Partial { reason: format!("{still_in} people could not be confirmed as taken out; the next run settles them") };
    }
    if counts.read > 0 && counts.rejected * 100 > counts.read * u64::from(max_rejected.0) {
        return End::Partial {
            reason: format!("{} of {} rows are refused, more than guard.maxRejected ({} %)", counts.rejected, counts.read, max_rejected.0),
        };
    }
    End::Succeeded { unverified: counts.unverified }
}

fn failed(failure: Failure, plan: Option<Plan>) -> Report {
    let counts = plan.as_ref().map(|p| p.counts.clone()).unwrap_or_default();
    Report { end: end_of(&failure), counts, run: None, plan, not_before: failure.after(), hints: failure.hints, declined: false }
}

fn end_of(failure: &Failure) -> End {
    let reason = failure.message.clone();
    match failure.kind {
        FailureKind::Retry { .. } => End::Failed { retrying: true, reason },
        FailureKind::Source | FailureKind::Waiting { .. } => End::Failed { retrying: true, reason },
        FailureKind::Unfit => End::Skipped { reason },
        FailureKind::Stalled => End::Stalled { reason },
        FailureKind::Canceled => End::Canceled { reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::all_done(Counts { removed: 5, ..Counts::default() }, None)]
    #[case::somebody_is_still_in(Counts { removed: 3, ..Counts::default() }, Some("2 people could not be confirmed as taken out"))]
    #[case::somebody_is_pending(Counts { removed: 5, pending: 1, ..Counts::default() }, Some("1 members could not be confirmed"))]
    fn what_is_left_is_never_called_success(#[case] counts: Counts, #[case] partial: Option<&str>) {
        let planned = Counts { removed: 5, ..Counts::default() };
        match (completed(Percentage(5), &planned, &counts), partial) {
            (End::Succeeded { .. }, None) => {}
            (End::Partial { reason }, Some(expected)) => assert!(reason.starts_with(expected), "{reason}"),
            (end, _) => panic!("{end:?}"),
        }
    }

    #[rstest]
    #[case(0, None)]
    #[case(1, Some("1 row is newly rejected"))]
    #[case(2000, Some("2,000 rows are newly rejected"))]
    fn a_new_rejection_makes_a_run_partial(#[case] new: u64, #[case] partial: Option<&str>) {
        assert_eq!(rejected(new), partial.map(|reason| End::Partial { reason: reason.to_owned() }));
    }
}
