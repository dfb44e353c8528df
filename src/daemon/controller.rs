//! The loop: create what is missing, then run each export at its times.

use super::due::Due;
use crate::{
    definition::{Export, Name},
    run::{Engine, Failure, Report, Silent, Watch},
    state::Trigger,
};
use chrono::{DateTime, Utc};
use std::{collections::BTreeMap, rc::Rc, sync::Arc, time::Duration};
use tokio::{sync::Mutex, task::JoinSet};

/// Who hears what happens.
pub trait Listener {
    /// Lists, tags and fields of an export were made (how many), or could not be.
    fn prepared(&self, export: &Export, result: &Result<usize, Failure>);
    /// Nothing is under way; this is the next time that something is due.
    fn waiting(&self, next: Option<DateTime<Utc>>);
    /// A run begins; who watches it.
    fn starts(&self, export: &Export) -> Arc<dyn Watch>;
    /// A run has a plan.
    fn planned(&self, export: &Export, plan: &crate::plan::Plan);
    /// A run has ended.
    fn ended(&self, export: &Export, report: &Report);
}

/// Longest sleep: the clock may be set, the machine may sleep.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Serves the exports until the engine is cancelled; runs under way are awaited. Must run inside a `LocalSet`.
pub async fn serve(engine: &Engine, exports: &[Arc<Export>], listener: &Rc<dyn Listener>) {
    for export in exports.iter().filter(|e| !e.suspend) {
        if engine.cancel.is_cancelled() {
            return;
        }
        let result = prepare(engine, export).await;
        listener.prepared(export, &result);
    }
    let by_name: BTreeMap<Name, Arc<Export>> = exports.iter().map(|e| (e.name.clone(), Arc::clone(e))).collect();
    let mut due = Due::new(exports.iter(), Utc::now());
    let mut runs = Runs::default();
    let mut told = None;
    loop {
        let next = due.earliest();
        if runs.idle() && told != Some(next) {
            listener.waiting(next);
            told = Some(next);
        }
        tokio::select! {
            () = engine.cancel.cancelled() => break,
            () = until(next) => {}
            () = runs.one_ends(), if !runs.idle() => {}
        }
        for export in due.take(&by_name, Utc::now()) {
            runs.start(engine, export, listener);
        }
    }
    runs.all_end().await;
}

async fn prepare(engine: &Engine, export: &Arc<Export>) -> Result<usize, Failure> {
    let context = engine.connect(export, Arc::new(Silent), Utc::now()).await?;
    engine.create_resources(&context).await
}

async fn until(next: Option<DateTime<Utc>>) {
    let wait = next.and_then(|at| (at - Utc::now()).to_std().ok());
    tokio::time::sleep(if next.is_some() { wait.unwrap_or_default().min(LOOK_AGAIN) } else { LOOK_AGAIN }).await;
}

/// Runs under way: never two of one export, and one at a time on a connection, whose budget they share.
#[derive(Default)]
struct Runs {
    running: JoinSet<Name>,
    names: Vec<Name>,
    turns: BTreeMap<Name, Arc<Mutex<()>>>,
}

impl Runs {
    fn idle(&self) -> bool {
        self.running.is_empty()
    }

    fn start(&mut self, engine: &Engine, export: Arc<Export>, listener: &Rc<dyn Listener>) {
        if self.names.contains(&export.name) {
            return;
        }
        self.names.push(export.name.clone());
        let turn = Arc::clone(self.turns.entry(export.connection.name.clone()).or_default());
        let (engine, listener) = (engine.clone(), Rc::clone(listener));
        self.running.spawn_local(async move {
            let _turn = turn.lock().await;
            run(&engine, &export, &listener).await;
            export.name.clone()
        });
    }

    async fn one_ends(&mut self) {
        if let Some(Ok(name)) = self.running.join_next().await {
            self.names.retain(|n| *n != name);
        }
    }

    async fn all_end(&mut self) {
        while !self.idle() {
            self.one_ends().await;
        }
    }
}

async fn run(engine: &Engine, export: &Arc<Export>, listener: &Rc<dyn Listener>) {
    if engine.cancel.is_cancelled() {
        return;
    }
    let watch = listener.starts(export);
    let decide = |prepared: &crate::run::Prepared| {
        listener.planned(export, &prepared.plan);
        crate::run::Decision::Go
    };
    let report = engine.recorded(export, Trigger::Schedule, watch, Utc::now(), &decide).await;
    listener.ended(export, &report);
}
