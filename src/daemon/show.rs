//! The board kept up to date.

use super::{
    board::{ConnectionView, ExportView, HeldReading, Problem, ScheduleView},
    controller::Controller,
    queue::Job,
    watch::{Mode, Watcher},
};
use crate::{
    definition::{Catalog, Export, Name},
    run::Failure,
    state::{End, Now, RunRecord, Status},
};
use chrono::Utc;
use std::collections::BTreeSet;

impl Controller<'_> {
    /// What changes from moment to moment: who runs, who waits, when what is next.
    pub fn show(&mut self, watcher: &Watcher) {
        let mut queued = Vec::new();
        {
            let mut board = self.handle.board.write();
            for (name, view) in &mut board.exports {
                let Ok(name) = Name::new(name) else { continue };
                let export = self.desk.exports().get(&name);
                let status = self.status(&name, export.map(AsRef::as_ref), view);
                let changed = status != view.status;
                if let Status::Now(Now::Queued { waits_for }) = &status
                    && changed
                    && waits_for != name.as_str()
                {
                    queued.extend(export.cloned().map(|export| (export, waits_for.clone())));
                }
                view.status = status;
                view.next = self.desk.next(&name);
                (view.consecutive_failures, view.retry_at) = self.desk.retry(&name);
                if self.desk.queue().runs(&name).is_none() {
                    view.progress = None;
                }
            }
        }
        for (export, behind) in queued {
            self.listener.queued(&export, &behind);
        }
        self.show_mode(watcher);
    }

    fn status(&self, name: &Name, export: Option<&Export>, view: &ExportView) -> Status {
        let queue = self.desk.queue();
        let runs = queue.runs(name).is_some_and(Job::is_run);
        if let Some(active) = self.runs.get(name).filter(|_| runs && !queue.is_held_up(name)) {
            return Status::Now(Now::Running { since: active.since });
        }
        if runs || queue.waits_to_run(name) {
            let behind = queue.waits_for(name).map_or_else(|| name.to_string(), ToString::to_string);
            return Status::Now(Now::Queued { waits_for: behind });
        }
        if export.is_some_and(|export| export.suspend) {
            return Status::Now(Now::Suspended);
        }
        if let Some(why) = self.catalog.as_ref().and_then(|catalog| catalog.stalled.get(name)) {
            return Status::Ended(End::Stalled { reason: why.to_string() });
        }
        view.last_run.as_ref().and_then(|run| run.end.clone()).map_or(Status::Now(Now::NeverRun), Status::Ended)
    }

    fn show_mode(&mut self, watcher: &Watcher) {
        let why = match watcher.mode() {
            Mode::Events => None,
            Mode::Polling { why } => Some(why),
        };
        if self.told_mode != why {
            self.listener.watching(why.as_deref());
            self.told_mode.clone_from(&why);
        }
        let mut board = self.handle.board.write();
        board.directory.watching = if why.is_none() { "events" } else { "polling" }.to_owned();
        board.directory.watching_why = why;
    }

    /// After a reading was taken.
    pub fn show_definitions(&mut self) {
        let Some(catalog) = &self.catalog else { return };
        let orphans = self.view().and_then(|view| self.trouble(view.exports().map_err(Failure::from))).unwrap_or_default();
        let mut names: BTreeSet<Name> = orphans.into_keys().collect();
        names.extend(self.desk.exports().keys().chain(catalog.stalled.keys()).cloned());
        let mut board = self.handle.board.write();
        board.directory.root = catalog.root.display().to_string();
        board.directory.digest.clone_from(&catalog.digest);
        board.directory.held = None;
        board.directory.unreadable.clone_from(&catalog.unreadable);
        board.directory.problems = catalog.diagnostics.iter().map(Problem::from).collect();
        let gone: Vec<Name> = board.exports.keys().filter_map(|name| Name::new(name).ok()).filter(|name| !names.contains(name)).collect();
        gone.iter().for_each(|name| drop(board.exports.remove(name.as_str())));
        for name in &names {
            let view = board.exports.entry(name.to_string()).or_insert_with(|| ExportView::of(name));
            let defined = self.desk.exports().get(name).filter(|export| !export.removed);
            define(view, defined.map(AsRef::as_ref), catalog.stalled.contains_key(name));
        }
        let connections = self.desk.exports().values().map(|export| &export.connection);
        let mut kept = std::mem::take(&mut board.connections);
        for connection in connections {
            let name = connection.name.to_string();
            let view = kept.remove(&name).or_else(|| board.connections.remove(&name)).unwrap_or_else(|| ConnectionView {
                name: name.clone(),
                display_name: String::new(),
                destination: connection.kind.as_str().to_owned(),
                connected: None,
                probed_at: None,
                why: None,
                sign_in: None,
            });
            board.connections.insert(name, ConnectionView { display_name: connection.display_name.clone(), ..view });
        }
        drop(board);
        self.show_sign_ins();
        gone.iter().for_each(|name| self.handle.metrics.forget(name));
        if let Some(view) = self.view() {
            names.iter().for_each(|name| drop(self.refresh_from(&view, name)));
        }
    }

    pub fn show_held(&self, catalog: &Catalog, reason: &str, missing: Vec<String>) {
        let held = HeldReading { digest: catalog.digest.clone(), reason: reason.to_owned(), missing };
        self.handle.board.write().directory.held = Some(held);
    }

    pub fn show_run(&self, export: &Name, record: Option<RunRecord>, held: Option<String>, bulk_updates_off: Option<String>) {
        if let Some(view) = self.handle.board.write().exports.get_mut(export.as_str()) {
            if let Some(run) = &record
                && matches!(run.end, Some(End::Succeeded { .. }))
            {
                view.last_success = run.ended;
            }
            view.last_run = record;
            view.held_plan = held;
            view.bulk_updates_off = bulk_updates_off;
        }
    }

    pub fn show_resources(&self, export: &Name, failed: Option<String>) {
        if let Some(view) = self.handle.board.write().exports.get_mut(export.as_str()) {
            view.resources_failed = failed;
        }
    }

    pub fn show_probe(&self, connection: &str, failed: Option<String>) {
        self.listener.probed(connection, failed.as_deref());
        if let Some(view) = self.handle.board.write().connections.get_mut(connection) {
            view.connected = Some(failed.is_none());
            view.probed_at = Some(Utc::now());
            view.why = failed;
        }
    }
}

/// `stalled`: it is defined, and nothing of it can be used.
fn define(view: &mut ExportView, export: Option<&Export>, stalled: bool) {
    view.defined = export.is_some() || stalled;
    view.file = export.map(|export| export.file.display().to_string());
    view.line = export.map(|export| export.line);
    view.connection = export.map(|export| export.connection.name.to_string());
    view.destination = export.map(|export| export.connection.kind.as_str().to_owned());
    view.digest = export.map(|export| export.digest.clone());
    let schedule = export.and_then(|export| export.schedule.as_ref());
    view.schedule = schedule.map(|schedule| ScheduleView { cron: schedule.cron.clone(), time_zone: schedule.time_zone.to_string() });
    view.broken = export.and_then(|export| export.broken.as_deref().map(str::to_owned));
}
