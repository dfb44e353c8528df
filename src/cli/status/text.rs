//! Exports as a table, and below it what someone should look at.

use super::super::render::table;
use crate::{
    daemon::{ConnectionView, DirectoryView, ExportView},
    plan::words::{counted, grouped, plain},
    state::{Now, RunRecord, Status},
};
use chrono_tz::Tz;

/// A row an export. `defined`: the definitions are known.
pub fn exports(exports: &[ExportView], defined: bool) -> String {
    let mut grid = table::Grid::new(&["EXPORT", "STATUS", "LAST RUN", ">READ", ">SENT", ">REFUSED", "NEXT", "WHY"]);
    for view in exports {
        let zone = zone(view);
        let run = view.last_run.as_ref();
        let count = |pick: fn(&RunRecord) -> u64| run.map(|run| grouped(pick(run))).unwrap_or_default();
        grid.row(vec![
            view.name.clone(),
            view.status.to_string(),
            run.map(|run| table::time(run.started, zone)).unwrap_or_default(),
            count(|run| run.counts.read),
            count(|run| run.counts.synced),
            count(|run| run.counts.rejected),
            next(view, defined, zone),
            why(view),
        ]);
    }
    grid.text()
}

/// In which its times are shown: that of its schedule, else UTC.
fn zone(view: &ExportView) -> Tz {
    view.schedule.as_ref().and_then(|schedule| schedule.time_zone.parse().ok()).unwrap_or(Tz::UTC)
}

fn next(view: &ExportView, defined: bool, zone: Tz) -> String {
    match (view.retry_at, view.next, view.defined) {
        (Some(at), ..) => format!("{} (again)", table::time(at, zone)),
        (None, Some(at), _) => table::time(at, zone),
        (None, None, true) if matches!(view.status, Status::Now(Now::Suspended)) => "never: suspended".into(),
        (None, None, true) => "on demand".into(),
        (None, None, false) if defined => "never: not defined".into(),
        (None, None, false) => "unknown".into(),
    }
}

/// How far it is, or why it stands so.
fn why(view: &ExportView) -> String {
    match (&view.progress, &view.status) {
        (Some(progress), Status::Now(Now::Running { .. })) => match progress.total {
            Some(total) => format!("{}: {} of {}", progress.phase, grouped(progress.done), grouped(total)),
            None => format!("{}: {}", progress.phase, grouped(progress.done)),
        },
        (_, Status::Ended(end)) => end.reason().unwrap_or_default().to_owned(),
        (_, Status::Now(_)) => String::new(),
    }
}

/// What a daemon knows besides: each a line, with what to do.
pub fn attention(exports: &[ExportView], connections: &[ConnectionView], directory: &DirectoryView) -> Vec<String> {
    let mut lines = Vec::new();
    for view in exports {
        lines.extend(view.broken.iter().map(|why| format!("! {}: its last good text goes on, and nobody is taken out: {why}", view.name)));
        lines
            .extend(view.resources_failed.iter().map(|why| format!("! {}: its lists, tags and fields are not made yet: {why}", view.name)));
        let held = view.held_plan.iter().map(|digest| table::short(digest));
        lines.extend(held.map(|digest| format!("! {}: a plan is held; to look at it: listkeeper approve {digest}", view.name)));
    }
    lines.extend(bulk_updates_off(exports));
    let lost = connections.iter().filter(|connection| connection.connected == Some(false));
    lines.extend(lost.map(|connection| {
        format!("! connection {} is not connected: {}", connection.name, connection.why.as_deref().unwrap_or("the reason is not known"))
    }));
    lines.extend(of_directory(directory));
    lines
}

/// Audiences that take one call a contact for now.
pub fn bulk_updates_off(exports: &[ExportView]) -> Vec<String> {
    exports.iter().filter_map(|view| Some(format!("! {}: {}", view.name, plain(view.bulk_updates_off.as_ref()?)))).collect()
}

fn of_directory(directory: &DirectoryView) -> Vec<String> {
    let root = &directory.root;
    let mut lines = Vec::new();
    lines.extend(directory.unreadable.iter().map(|why| format!("! {root} cannot be read, the reading before goes on: {why}")));
    lines.extend(directory.held.iter().map(|held| {
        let digest = table::short(&held.digest);
        format!("! the newest reading of {root} is held: {}; to look at it: listkeeper approve {digest}", held.reason)
    }));
    let errors = directory.problems.iter().filter(|problem| problem.severity == "error").count();
    if errors > 0 {
        lines.push(format!("! {} to fix in the definitions: listkeeper validate {root}", counted(errors as u64, "thing", "things")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        daemon::{HeldReading, Problem, Progress, ScheduleView},
        state::End,
    };
    use chrono::DateTime;

    fn view(name: &str, status: Status) -> ExportView {
        ExportView {
            name: name.into(),
            status,
            defined: true,
            schedule: Some(ScheduleView { cron: "0 6 * * *".into(), time_zone: "Europe/Amsterdam".into() }),
            next: DateTime::from_timestamp(1_795_327_200, 0),
            ..ExportView::of(&crate::definition::Name::new(name).unwrap())
        }
    }

    #[test]
    fn a_daemon_says_what_runs_what_waits_and_what_to_look_at() {
        let since = DateTime::from_timestamp(1_795_320_000, 0).unwrap();
        let progress = Progress { phase: "Creating".into(), done: 1200, total: Some(5000) };
        let failed = Status::Ended(End::Failed { retrying: true, reason: "no answer".into() });
        let views = [
            ExportView { progress: Some(progress), ..view("news", Status::Now(Now::Running { since })) },
            view("offers", Status::Now(Now::Queued { waits_for: "news".into() })),
            ExportView { retry_at: DateTime::from_timestamp(1_795_323_600, 0), broken: Some("a.yaml:3".into()), ..view("vip", failed) },
        ];
        insta::assert_snapshot!(exports(&views, true), @r"
        EXPORT  STATUS                LAST RUN  READ  SENT  REFUSED  NEXT                          WHY
        news    Running                                              2026-11-22 07:00 CET          Creating: 1,200 of 5,000
        offers  Queued (behind news)                                 2026-11-22 07:00 CET
        vip     Failed (retrying)                                    2026-11-22 06:00 CET (again)  no answer
        ");
        let problem =
            Problem { severity: "error".into(), file: "a.yaml".into(), line: Some(3), column: None, message: "x".into(), hint: None };
        let held = HeldReading { digest: "0123456789abcdef".into(), reason: "3 exports are gone".into(), missing: Vec::new() };
        let directory = DirectoryView { root: "/lists".into(), held: Some(held), problems: vec![problem], ..DirectoryView::default() };
        insta::assert_snapshot!(attention(&views, &[], &directory).join("\n"), @r"
        ! vip: its last good text goes on, and nobody is taken out: a.yaml:3
        ! the newest reading of /lists is held: 3 exports are gone; to look at it: listkeeper approve 0123456789ab
        ! 1 thing to fix in the definitions: listkeeper validate /lists
        ");
    }
}
