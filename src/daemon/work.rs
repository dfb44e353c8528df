//! Jobs carried out, each on a thread of its own: comparing a million members delays neither the clock nor another export.

use super::{
    board::{Progress, SharedBoard},
    queue::{Job, Work},
};
use crate::{
    definition::{Export, Name},
    plan::Plan,
    run::{Cause, Decision, Engine, Failure, FailureKind, Report, Watch},
};
use chrono::Utc;
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, sync::mpsc::UnboundedSender};

/// What jobs tell the controller.
pub enum Event {
    Planned {
        job: Job,
        plan: Box<Plan>,
    },
    Prepared {
        job: Job,
        result: Result<usize, Failure>,
    },
    Ended {
        job: Job,
        report: Box<Report>,
        took: Duration,
    },
    /// A job waits for another's turn at the audience to end; `None`: it goes on.
    Queued {
        export: Name,
        behind: Option<Name>,
    },
    /// The probe of a connection: its name, why it failed.
    Probed {
        connection: String,
        failed: Option<String>,
    },
    /// A sign-in was looked at; why only a person can mend it, if so.
    Renewed {
        connection: Name,
        lost: Option<String>,
    },
}

/// Begins a job. The engine is the job's own: cancelling it stops this job only.
pub fn begin(engine: Engine, export: Arc<Export>, job: Job, watch: Arc<dyn Watch>, tell: UnboundedSender<Event>) {
    let runtime = Handle::current();
    let name = job.export.to_string();
    let failed = (job.clone(), tell.clone());
    let work = move || match job.work.clone() {
        Work::Prepare { .. } => {
            let result = runtime.block_on(prepare(&engine, &export, watch));
            let _ = tell.send(Event::Prepared { job, result });
        }
        Work::Run(cause) | Work::Remove(cause) => {
            let began = Instant::now();
            let report = runtime.block_on(run(&engine, &export, cause, watch, &job, &tell));
            let _ = tell.send(Event::Ended { job, report: Box::new(report), took: began.elapsed() });
        }
    };
    if let Err(error) = thread::Builder::new().name(name).spawn(work) {
        let (job, tell) = failed;
        let failure = Failure::new(FailureKind::Retry { after: None }, format!("no thread could be started for it: {error}"));
        let _ = tell.send(match job.work {
            Work::Prepare { .. } => Event::Prepared { job, result: Err(failure) },
            Work::Run(_) | Work::Remove(_) => Event::Ended { job, report: Box::new(Report::failed(failure)), took: Duration::ZERO },
        });
    }
}

async fn prepare(engine: &Engine, export: &Arc<Export>, watch: Arc<dyn Watch>) -> Result<usize, Failure> {
    let context = engine.connect(export, watch, Utc::now()).await?;
    engine.create_resources(&engine.at_turn(context).await?).await
}

async fn run(
    engine: &Engine,
    export: &Arc<Export>,
    cause: Cause,
    watch: Arc<dyn Watch>,
    job: &Job,
    tell: &UnboundedSender<Event>,
) -> Report {
    let decide = |prepared: &crate::run::Prepared| {
        let _ = tell.send(Event::Planned { job: job.clone(), plan: Box::new(prepared.plan.clone()) });
        Decision::Go
    };
    engine.recorded(export, cause, watch, Utc::now(), &decide).await
}

/// Shows a run's progress on the board, and passes it on.
pub struct BoardWatch {
    pub export: Name,
    pub board: SharedBoard,
    pub tell: UnboundedSender<Event>,
    pub next: Arc<dyn Watch>,
}

impl BoardWatch {
    fn progress(&self, change: impl FnOnce(&mut Option<Progress>)) {
        if let Some(view) = self.board.write().exports.get_mut(self.export.as_str()) {
            change(&mut view.progress);
        }
    }
}

impl Watch for BoardWatch {
    fn phase(&self, label: &str, total: Option<u64>) {
        self.progress(|progress| *progress = Some(Progress { phase: label.to_owned(), done: 0, total }));
        self.next.phase(label, total);
    }

    fn advance(&self, by: u64) {
        self.progress(|progress| progress.iter_mut().for_each(|p| p.done += by));
        self.next.advance(by);
    }

    fn note(&self, text: &str) {
        self.next.note(text);
    }

    /// Told as a status, not as a phase of the run: it has not begun to work.
    fn queued(&self, behind: Option<&Name>) {
        let _ = self.tell.send(Event::Queued { export: self.export.clone(), behind: behind.cloned() });
    }
}

/// Of a landing only what it waits for is shown: it is no run.
pub struct LandingWatch(pub BoardWatch);

impl Watch for LandingWatch {
    fn phase(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}

    fn queued(&self, behind: Option<&Name>) {
        self.0.queued(behind);
    }
}
