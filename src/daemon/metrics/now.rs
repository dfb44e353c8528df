//! What is measured at the moment somebody asks.

use super::{
    super::{Board, ExportView},
    text::Metric,
    word,
};
use crate::{
    http::Hub,
    state::{End, Now, Status},
};
use chrono::{DateTime, Utc};

/// How everything stands.
pub(super) fn board(board: &Board) -> Vec<Metric> {
    let mut metrics = exports(board);
    let mut up = Metric::gauge("connection_up", "1: the last probe of the connection succeeded; 0: it failed");
    for view in board.connections.values() {
        if let Some(connected) = view.connected {
            up.set(vec![("connection", view.name.clone()), ("destination", view.destination.clone())], flag(connected));
        }
    }
    let mut build = Metric::gauge("build_info", "1, with the version");
    build.set(vec![("version", env!("CARGO_PKG_VERSION").to_owned())], 1.0);
    metrics.extend([up, build]);
    metrics.extend(directory(board));
    metrics
}

fn directory(board: &Board) -> Vec<Metric> {
    let of = &board.directory;
    let mut problems = Metric::gauge("definition_problems", "Things to fix in the definitions, by severity");
    for severity in ["error", "warning"] {
        let n = of.problems.iter().filter(|problem| problem.severity == severity).count();
        problems.set(vec![("severity", severity.to_owned())], n as f64);
    }
    let mut held = Metric::gauge("directory_held", "1: the newest reading of the directory waits for a person");
    held.set(Vec::new(), flag(of.held.is_some()));
    let mut unreadable = Metric::gauge("directory_unreadable", "1: the directory cannot be read; the reading before goes on");
    unreadable.set(Vec::new(), flag(of.unreadable.is_some()));
    let mut read = Metric::gauge("last_reading_timestamp_seconds", "When the directory was last looked at");
    if let Some(at) = of.read_at {
        read.set(Vec::new(), seconds(at));
    }
    vec![problems, held, unreadable, read]
}

fn exports(board: &Board) -> Vec<Metric> {
    let mut info = Metric::gauge("export_info", "1, with what an export is");
    let mut condition = Metric::gauge("export_condition", "1 for the status that each condition of an export has");
    let mut failures = Metric::gauge("consecutive_failures", "Runs that failed since the last that did not");
    let mut attempt = Metric::gauge("last_attempt_timestamp_seconds", "When the last run began");
    let mut success = Metric::gauge("last_success_timestamp_seconds", "When the last run that succeeded ended");
    let mut next = Metric::gauge("next_run_timestamp_seconds", "When the next run is due");
    let mut recorded = Metric::gauge("members_recorded", "Members that the platform has, by the last run that was whole");
    let mut rejected = Metric::gauge("members_rejected", "Rows that were refused, by the last run");
    for view in board.exports.values() {
        let labels = || vec![("export", view.name.clone())];
        info.set(about(view), 1.0);
        for (kind, status, reason) in conditions(view) {
            let of = [("type", kind.to_owned()), ("status", status.to_owned()), ("reason", reason.to_owned())];
            condition.set([labels(), of.to_vec()].concat(), 1.0);
        }
        failures.set(labels(), f64::from(view.consecutive_failures));
        view.last_success.iter().for_each(|at| success.set(labels(), seconds(*at)));
        view.next.iter().for_each(|at| next.set(labels(), seconds(*at)));
        let Some(run) = &view.last_run else { continue };
        attempt.set(labels(), seconds(run.started));
        rejected.set(labels(), run.counts.rejected as f64);
        if let Some(End::Succeeded { .. } | End::Partial { .. }) = run.end {
            recorded.set(labels(), (run.counts.synced + run.counts.unchanged + run.counts.unverified) as f64);
        }
    }
    vec![info, condition, failures, attempt, success, next, recorded, rejected]
}

fn about(view: &ExportView) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    vec![
        ("export", view.name.clone()),
        ("destination", text(&view.destination)),
        ("connection", text(&view.connection)),
        ("digest", text(&view.digest)),
    ]
}

/// Type, status, reason of each.
fn conditions(view: &ExportView) -> [(&'static str, &'static str, &'static str); 2] {
    let (ready, reason) = match &view.status {
        Status::Now(Now::NeverRun) => ("unknown", "never-run"),
        Status::Now(Now::Queued { .. }) => ("unknown", "queued"),
        Status::Now(Now::Running { .. }) => ("unknown", "running"),
        Status::Now(Now::Suspended) => ("false", "suspended"),
        Status::Ended(end @ (End::Succeeded { .. } | End::Partial { .. } | End::Skipped { .. })) => ("true", word(end)),
        Status::Ended(end) => ("false", word(end)),
    };
    let defined = match (view.defined, &view.broken) {
        (false, _) => ("defined", "false", "not-defined"),
        (true, Some(_)) => ("defined", "false", "broken"),
        (true, None) => ("defined", "true", "valid"),
    };
    [("ready", ready, reason), defined]
}

/// What was asked of the platforms.
pub(super) fn calls(hub: &Hub) -> Vec<Metric> {
    let mut requests = Metric::counter("requests", "Calls of platforms, retries included, by class of answer");
    let mut took = Metric::spread("request_duration_seconds", "How long calls of platforms took");
    for (platform, calls) in hub.calls() {
        let label = ("destination", platform.to_owned());
        calls.by_class.iter().for_each(|(class, n)| requests.count(vec![label.clone(), ("code_class", (*class).to_owned())], *n));
        took.took(vec![label], &calls.took);
    }
    let counters = hub.counters();
    let mut retries = Metric::counter("retries", "Calls of platforms that were tried again");
    retries.count(Vec::new(), counters.retries);
    let mut limited = Metric::counter("rate_limited", "Answers of platforms that said: too much at once");
    limited.count(Vec::new(), counters.throttled);
    let mut in_flight = Metric::gauge("in_flight", "Calls of platforms that wait for their answer");
    in_flight.set(Vec::new(), counters.in_flight as f64);
    vec![requests, took, retries, limited, in_flight]
}

fn flag(on: bool) -> f64 {
    f64::from(u8::from(on))
}

fn seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1000.0
}
