//! A new reading of the directory: judged, taken, recorded, and handed to the desk.

use super::{
    ReadingResult,
    controller::{Controller, Held},
    desk::{self, Act, Skip, Why},
    judge::{Judgement, judge},
    listener::Reading,
    queue::Work,
    records,
    timetable::Missed,
    work::Event,
};
use crate::{
    definition::{self, Catalog, Connection, DefinitionId, Export, Name, Snapshot},
    run::{Cause, Failure, FailureKind},
    state::{End, RunRecord, View},
};
use chrono::Utc;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

impl Controller<'_> {
    pub async fn reconcile(&mut self, snapshot: Snapshot) {
        self.listener.reloading();
        let first = self.catalog.is_none();
        if first {
            self.recall();
        }
        let snapshot = Arc::new(snapshot);
        let Some(catalog) = self.understand(&snapshot).await else { return };
        if let Some(why) = catalog.unreadable.clone().filter(|_| first) {
            return self.wait_for_the_directory(&catalog, why);
        }
        let deleting = self.deleting();
        match judge(&catalog, &self.kept, &deleting) {
            Judgement::Take => self.take(catalog, snapshot).await,
            Judgement::Hold { reason, missing } => self.hold(catalog, snapshot, &reason, missing, first).await,
        }
    }

    /// There is no directory at a start: perhaps it is not mounted yet, perhaps its path is wrong. Nothing is planned by
    /// what an earlier start read, and nobody is told that all is well (`/readyz`), until it is there.
    fn wait_for_the_directory(&self, catalog: &Catalog, why: String) {
        self.listener.reading(&Reading::Taken(catalog));
        self.handle.metrics.reading(ReadingResult::Unreadable);
        let mut board = self.handle.board.write();
        board.directory.root = catalog.root.display().to_string();
        board.directory.unreadable = Some(why);
    }

    async fn understand(&self, snapshot: &Arc<Snapshot>) -> Option<Catalog> {
        let (snapshot, kept) = (Arc::clone(snapshot), self.kept.clone());
        let understood = tokio::task::spawn_blocking(move || definition::understand(&snapshot, &kept)).await;
        let failure = |_| Failure::new(FailureKind::Stalled, "reading the definitions stopped unexpectedly");
        self.trouble(understood.map_err(failure))
    }

    /// What the state knows of the definitions, before the first reading.
    fn recall(&mut self) {
        if let Some(view) = self.view() {
            self.kept = self.trouble(view.documents().map_err(Failure::from)).unwrap_or_default();
        }
    }

    pub fn view(&self) -> Option<View> {
        self.trouble(self.engine.view(Utc::now())).flatten()
    }

    fn deleting(&self) -> BTreeSet<Name> {
        let deleting = self.view().map(|view| view.deleting().map_err(Failure::from));
        deleting.and_then(|deleting| self.trouble(deleting)).unwrap_or_default()
    }

    /// The reading is not used. At a start there is none before it: then the last good texts go on.
    async fn hold(&mut self, catalog: Catalog, snapshot: Arc<Snapshot>, reason: &str, missing: Vec<String>, first: bool) {
        self.listener.reading(&Reading::Held { catalog: &catalog, reason, missing: &missing });
        self.handle.metrics.reading(ReadingResult::Held);
        if first {
            let lost = Arc::new(Snapshot::lost(&catalog.root, reason));
            if let Some(before) = self.understand(&lost).await {
                self.take_over(before, lost).await;
            }
        }
        self.show_held(&catalog, reason, missing);
        self.held = Some(Held { catalog, snapshot });
    }

    async fn take(&mut self, catalog: Catalog, snapshot: Arc<Snapshot>) {
        self.listener.reading(&Reading::Taken(&catalog));
        let broken = catalog.has_errors() || catalog.unclear;
        let result = match (&catalog.unreadable, broken) {
            (Some(_), _) => ReadingResult::Unreadable,
            (None, true) => ReadingResult::Broken,
            (None, false) => ReadingResult::Accepted,
        };
        self.handle.metrics.reading(result);
        self.take_over(catalog, snapshot).await;
    }

    /// From now on this reading is in force.
    pub async fn take_over(&mut self, catalog: Catalog, snapshot: Arc<Snapshot>) {
        let now = Utc::now();
        let first = self.catalog.is_none();
        self.held = None;
        self.engine.retention = catalog.settings.retention;
        self.engine.exports = Arc::new(catalog.exports.clone());
        self.rename(&catalog).await;
        self.keep(&catalog).await;
        let exports = self.runnable(&catalog);
        let (marks, prepared) = self.followed();
        self.learn_what_ran(marks.values().map(|mark| mark.handled).min().map_or(now, |first| first.min(now)));
        self.desk.set_stalled(catalog.stalled.keys().cloned().collect());
        self.say_who_is_unknown(&catalog);
        for act in self.desk.define(exports, &marks, now) {
            self.one(act).await;
        }
        self.catalog = Some(catalog);
        self.snapshot = Some(snapshot);
        self.told = None;
        self.show_definitions();
        self.prepare_changed(&prepared);
        self.carry_out_removals().await;
        self.probe_changed();
        if first {
            self.go_on().await;
        }
    }

    /// Everything that can be run: what is defined, and what is to be removed.
    fn runnable(&self, catalog: &Catalog) -> BTreeMap<Name, Arc<Export>> {
        let chosen = |name: &Name| self.config.only.is_empty() || self.config.only.contains(name);
        let all = catalog.removed.iter().chain(&catalog.exports).filter(|(name, _)| chosen(name));
        all.map(|(name, export)| (name.clone(), (self.config.redirect)(Arc::clone(export)))).collect()
    }

    /// `--export` may name one that is not there, or not there yet.
    fn say_who_is_unknown(&self, catalog: &Catalog) {
        let known = |name: &Name| catalog.exports.contains_key(name) || catalog.stalled.contains_key(name);
        for name in self.config.only.iter().filter(|name| !known(name)) {
            let failure = Failure::new(FailureKind::Stalled, format!("there is no export named \"{name}\""));
            self.listener.trouble(&failure.hint("it is run as soon as it is defined"));
        }
    }

    fn followed(&self) -> (BTreeMap<Name, crate::state::Mark>, BTreeMap<Name, String>) {
        let Some(view) = self.view() else { return Default::default() };
        let marks = self.trouble(view.marks().map_err(Failure::from)).unwrap_or_default();
        let prepared = self.trouble(view.prepared().map_err(Failure::from)).unwrap_or_default();
        (marks, prepared)
    }

    /// A renamed export takes over what its earlier name had at once: its schedule, its history, its members (E17).
    async fn rename(&self, catalog: &Catalog) {
        let Some(known) = self.view().and_then(|view| self.trouble(view.exports().map_err(Failure::from))) else { return };
        for export in catalog.exports.values() {
            if let Some(before) = export.renamed_from.clone().filter(|before| known.contains_key(before))
                && !known.contains_key(&export.name)
            {
                let name = export.name.clone();
                self.record(move |store| store.ensure_export(&name, Some(&before))).await;
            }
        }
    }

    /// Records the good texts, who changed what, and forgets what was deleted.
    async fn keep(&mut self, catalog: &Catalog) {
        let changes = records::changes(&self.kept, catalog);
        self.audit_changes(&catalog.root, changes);
        let now = Utc::now();
        let deleted = records::deleted(catalog);
        let removed: Vec<_> = catalog.removed.keys().cloned().collect();
        let defined: Vec<_> = catalog.exports.keys().cloned().collect();
        let good = catalog.good.clone();
        let root = catalog.root.clone();
        // What is being removed needs its last texts, and those of what it names, until that is done.
        let done_with =
            |id: &&DefinitionId| removed.is_empty() || (id.kind == "Export" && removed.iter().all(|name| name.as_str() != id.name));
        let forget: Vec<_> = deleted.iter().filter(done_with).cloned().collect();
        let forgotten = forget.clone();
        self.record(move |store| {
            store.claim_directory(&root)?;
            store.keep_documents(&good, now)?;
            removed.iter().try_for_each(|name| store.set_deleting(name, true))?;
            defined.iter().try_for_each(|name| store.set_deleting(name, false))?;
            forgotten.iter().try_for_each(|id| store.forget_document(id))
        })
        .await;
        records::replace(&mut self.kept, &catalog.good, &forget);
    }

    /// Finding out who changed a file may take seconds, in which nothing else waits.
    fn audit_changes(&mut self, root: &Path, mut changes: Vec<records::Change>) {
        let deleted = |change: &records::Change| change.what == records::What::Deleted;
        changes.retain(|change| !deleted(change) || self.told_deleted.insert(change.id.clone()));
        changes.iter().filter(|change| !deleted(change)).for_each(|change| _ = self.told_deleted.remove(&change.id));
        let Some(recorder) = self.engine.recorder.clone().filter(|_| !changes.is_empty()) else { return };
        let (root, now) = (root.to_owned(), Utc::now());
        self.audits.spawn(async move {
            let lines = tokio::task::spawn_blocking(move || records::audit(&root, &changes, now)).await.unwrap_or_default();
            let recorded = recorder.record(move |store| lines.iter().try_for_each(|line| store.audit(line))).await;
            if let Err(failure) = recorded {
                tracing::error!(reason = failure.message, "who changed what is not on record");
            }
        });
    }

    /// New and changed exports get their lists, tags and fields at once (E5).
    fn prepare_changed(&mut self, prepared: &BTreeMap<Name, String>) {
        let exports: Vec<_> = self.desk.exports().values().cloned().collect();
        let view = self.view();
        for export in exports.iter().filter(|export| !export.suspend && !export.removed) {
            let landed = self.landed.insert(export.name.clone(), export.digest.clone());
            if prepared.get(&export.name) != Some(&export.digest) && landed.as_ref() != Some(&export.digest) {
                self.desk.push(&export.name, Work::Prepare { then_run: export.run_on_change });
            }
            view.iter().for_each(|view| self.learn_turn_from(view, &export.name));
        }
    }

    /// What deleted exports ask for is planned once, and held until someone approves it (E8).
    async fn carry_out_removals(&mut self) {
        let removed: BTreeSet<_> = self.desk.exports().values().filter(|export| export.removed).map(|export| export.name.clone()).collect();
        self.removing.retain(|name| removed.contains(name));
        for name in removed {
            if self.removing.insert(name.clone()) {
                self.desk.push(&name, Work::Remove(Cause::from(crate::state::Trigger::Change)));
            }
        }
    }

    /// After a removal's run: once the state has nothing of it any more, its definition is forgotten too.
    pub async fn removal_ended(&mut self, export: &Export) {
        let Some(view) = self.view() else { return };
        if !matches!(view.export(&export.name), Ok(None)) {
            return;
        }
        let name = export.name.clone();
        self.record(move |store| store.set_deleting(&name, false)).await;
        let id = DefinitionId { kind: "Export".into(), name: export.name.to_string() };
        let forgotten = id.clone();
        self.record(move |store| store.forget_document(&forgotten)).await;
        records::replace(&mut self.kept, &[], &[id]);
        if let Some(catalog) = &mut self.catalog {
            catalog.removed.remove(&export.name);
        }
        self.desk.remove(&export.name);
        self.removing.remove(&export.name);
        self.show_definitions();
    }

    /// Probes connections that are new or changed (C5).
    fn probe_changed(&mut self) {
        let exports: Vec<_> = self.desk.exports().values().filter(|export| !export.suspend).cloned().collect();
        let mut seen: BTreeSet<Name> = BTreeSet::new();
        for export in exports {
            let name = export.connection.name.clone();
            let digest = self.connection_digest(&export.connection);
            if seen.insert(name.clone()) && self.probed.insert(name.to_string(), digest.clone()) != Some(digest) {
                self.probe(&export);
            }
        }
    }

    fn connection_digest(&self, connection: &Connection) -> String {
        let kept = self.kept.iter().find(|kept| kept.id.kind == "Connection" && kept.id.name == connection.name.as_str());
        kept.map(|kept| kept.digest.clone()).unwrap_or_default()
    }

    fn probe(&self, export: &Arc<Export>) {
        let (connection, tell) = (export.connection.name.to_string(), self.events.clone());
        let (engine, export) = (self.engine.clone(), Arc::clone(export));
        tokio::spawn(async move {
            let failed = engine.probe(&export).await.err().map(|failure| failure.message);
            let _ = tell.send(Event::Probed { connection, failed });
        });
    }

    /// Runs that a stop or a crash interrupted, and those that were to be tried again, go on.
    async fn go_on(&mut self) {
        let names: Vec<_> = self.desk.exports().keys().cloned().collect();
        for name in names {
            let shown = self.handle.board.read().exports.get(name.as_str()).and_then(|view| view.last_run.clone());
            if let Some(record) = shown.filter(|record| matches!(record.end, Some(End::Failed { retrying: true, .. }))) {
                self.go_on_with(&name, record).await;
            }
        }
    }

    /// What was stopped or interrupted goes on whenever that is; what failed is tried again within its deadline.
    async fn go_on_with(&mut self, name: &Name, record: RunRecord) {
        let Some(export) = self.desk.exports().get(name).cloned() else { return };
        let failed_at = record.ended.unwrap_or(record.started);
        let late = (Utc::now() - failed_at).to_std().unwrap_or_default() > desk::deadline(&export);
        if late && !record.end.is_some_and(|end| end.is_cut_off()) {
            let at = record.due.unwrap_or(record.started);
            let skip = Skip { missed: Missed { times: 1, first: at, last: at }, why: Why::NotRetried };
            return self.one(Act::Miss { export: name.clone(), skip }).await;
        }
        self.desk.push(name, Work::Run(Cause { trigger: record.trigger, by: record.user, due: record.due }));
    }

    /// Which place an export writes to, once the state knows.
    pub fn learn_turn(&mut self, export: &Name) {
        if let Some(view) = self.view() {
            self.learn_turn_from(&view, export);
        }
    }

    fn learn_turn_from(&mut self, view: &View, export: &Name) {
        let state = self.trouble(view.export(export).map_err(Failure::from)).flatten();
        if let Some(place) = state.and_then(|state| state.place) {
            self.desk.set_turn(export, place.remote.0);
        }
    }
}
