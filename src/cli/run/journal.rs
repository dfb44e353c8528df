//! What the daemon does as log lines: for servers, one JSON object each. Counts and names only, never an address.

use super::systemd::Systemd;
use crate::{
    daemon::{Listener, Reading},
    definition::{Diagnostic, Export, Severity},
    plan::Plan,
    run::{Failure, Report, Silent, Watch},
    state::End,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{path::Path, sync::Arc};
use tracing::{error, info, warn};

pub struct Journal {
    systemd: Systemd,
}

impl Journal {
    pub fn new(systemd: Systemd, state: &Path) -> Self {
        info!(version = env!("CARGO_PKG_VERSION"), state = %state.display(), "starting");
        Self { systemd }
    }
}

impl Listener for Journal {
    fn reloading(&self) {
        self.systemd.reloading();
    }

    fn reading(&self, reading: &Reading<'_>) {
        match reading {
            Reading::Same => {
                info!("definitions unchanged");
                self.systemd.ready("nothing has changed");
            }
            Reading::Taken(catalog) => {
                catalog.diagnostics.iter().for_each(problem);
                let (exports, stalled) = (catalog.exports.len(), catalog.stalled.len());
                info!(root = %catalog.root.display(), digest = catalog.digest, exports, stalled, "definitions taken");
                self.systemd.ready(&format!("{exports} exports"));
            }
            Reading::Held { catalog, reason, missing } => {
                error!(root = %catalog.root.display(), digest = catalog.digest, reason, missing = missing.join(","), "definitions held");
                self.systemd.ready(&format!("held: {reason}"));
            }
        }
    }

    fn watching(&self, polling: Option<&str>) {
        match polling {
            Some(why) => warn!(why, "the directory is only polled"),
            None => info!("the directory is watched"),
        }
    }

    fn prepared(&self, export: &Export, result: &Result<usize, Failure>) {
        match result {
            Ok(made) => info!(export = %export.name, made, "lists, tags and fields are ready"),
            Err(failure) => error!(export = %export.name, reason = failure.message, "lists, tags and fields are not ready"),
        }
    }

    fn waiting(&self, next: Option<DateTime<Utc>>) {
        info!(next = next.map(|at| at.to_rfc3339()), "waiting");
    }

    fn queued(&self, export: &Export, behind: &str) {
        info!(export = %export.name, behind, "queued");
    }

    fn starts(&self, export: &Export) -> Arc<dyn Watch> {
        info!(export = %export.name, connection = %export.connection.name, "run begins");
        Arc::new(Silent)
    }

    fn planned(&self, export: &Export, plan: &Plan) {
        let held: Vec<_> = plan.verdict.held.iter().map(ToString::to_string).collect();
        let members = &plan.members;
        info!(
            export = %export.name, plan = plan.digest.0, join = members.new, update = members.update, leave = members.leave,
            held = held.join("; "), "planned"
        );
    }

    fn ended(&self, export: &Export, report: &Report, again: Option<DateTime<Utc>>) {
        let (status, reason, counts) = (report.end.to_string(), report.end.reason(), &report.counts);
        let again = again.map(|at| at.to_rfc3339());
        let (read, synced, added, updated) = (counts.read, counts.synced, counts.added, counts.updated);
        let (removed, rejected, pending) = (counts.removed, counts.rejected, counts.pending);
        let export = export.name.as_str();
        match report.end {
            End::Succeeded { .. } | End::Skipped { .. } => {
                info!(export, status, read, synced, added, updated, removed, rejected, "run ended");
            }
            _ => warn!(export, status, reason, read, synced, added, updated, removed, rejected, pending, again, "run ended"),
        }
    }

    fn skipped(&self, export: &Export, reason: &str) {
        warn!(export = %export.name, reason, "skipped");
    }

    fn probed(&self, connection: &str, failed: Option<&str>) {
        match failed {
            Some(reason) => error!(connection, reason, "not connected"),
            None => info!(connection, "connected"),
        }
    }

    fn clock_moved(&self, by: TimeDelta) {
        warn!(by_s = by.num_seconds(), "the system clock changed; next runs are computed again");
    }

    fn trouble(&self, failure: &Failure) {
        error!(reason = failure.message, "the daemon itself has trouble");
    }

    fn alive(&self) {
        self.systemd.alive();
    }

    fn stopping(&self, running: usize) {
        info!(running, "stopping");
        self.systemd.stopping();
    }
}

fn problem(diagnostic: &Diagnostic) {
    let (line, column) = (diagnostic.at.map(|at| at.line), diagnostic.at.map(|at| at.column));
    let (file, problem, hint) = (diagnostic.file.display(), &diagnostic.message, diagnostic.hint.as_deref());
    match diagnostic.severity {
        Severity::Error => error!(%file, line, column, problem, hint, "definition"),
        Severity::Warning => warn!(%file, line, column, problem, hint, "definition"),
    }
}
