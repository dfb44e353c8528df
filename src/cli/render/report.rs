//! What is said after a run: how it ended, where every row went, how to go on.

use super::tell;
use crate::{
    cli::exit,
    plan::{
        Counts,
        words::{grouped, merged, plain, rejected, sum},
    },
    run::Report,
    state::End,
};

/// Says how a run ended, with counts that add up, and how to go on.
pub fn report(export: &str, report: &Report) {
    tell(text(export, report).trim_end());
}

/// The exit code of `apply` for one export (X3).
pub fn exit_code(report: &Report) -> u8 {
    match &report.end {
        End::Succeeded { .. } | End::Skipped { .. } => exit::DONE,
        End::Partial { .. } => exit::PARTIAL,
        End::Held { .. } => exit::HELD,
        End::Stalled { .. } | End::Failed { .. } | End::Canceled { .. } => exit::FAILED,
    }
}

fn text(export: &str, report: &Report) -> String {
    let mut lines = vec![format!("{}{export}: {}", sign(&report.end), status(report))];
    lines.extend(reasons(report));
    if report.counts.read > 0 {
        lines.push(format!("  {}", sum(&report.counts, "not carried out")));
        lines.extend(merged(&report.counts).map(|line| format!("  {line}")));
    }
    lines.extend(refused(export, report));
    lines.extend(report.hints.iter().map(|hint| format!("  hint: {}", plain(hint))));
    lines.extend(how_to_go_on(report).map(|line| format!("  {line}")));
    lines.join("\n") + "\n"
}

/// Endings that someone must look at are marked.
fn sign(end: &End) -> &'static str {
    match end {
        End::Succeeded { .. } | End::Skipped { .. } | End::Canceled { .. } => "",
        End::Partial { .. } | End::Held { .. } | End::Stalled { .. } | End::Failed { .. } => "! ",
    }
}

fn status(report: &Report) -> String {
    let changed = what_changed(&report.counts);
    match &report.end {
        End::Succeeded { .. } if report.is_empty() => "nothing to do".to_owned(),
        End::Succeeded { .. } => format!("succeeded, {changed}"),
        End::Partial { reason } => format!("partial, {changed}: {}", plain(reason)),
        End::Held { .. } => "held; nothing was sent".to_owned(),
        End::Stalled { reason } => format!("stalled: {}", lines_of(reason)),
        End::Failed { reason, retrying: true } => format!("failed, a later run tries again: {}", lines_of(reason)),
        End::Failed { reason, retrying: false } => format!("failed: {}", lines_of(reason)),
        End::Canceled { reason } => format!("canceled: {}", plain(reason)),
        End::Skipped { reason } => format!("skipped: {}", plain(reason)),
    }
}

/// Several problems come a line each.
fn lines_of(reason: &str) -> String {
    reason.lines().map(plain).collect::<Vec<_>>().join("\n  ")
}

fn what_changed(counts: &Counts) -> String {
    let parts = [
        (counts.added, "added"),
        (counts.kept_status, "known already, keeping their status"),
        (counts.updated, "updated"),
        (counts.removed, "taken out"),
        (counts.unverified, "unverified"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", grouped(*n))).collect();
    match (parts.is_empty(), counts.synced) {
        (true, 0) => "no member changed".to_owned(),
        (true, moved) => format!("{} moved between segments", grouped(moved)),
        (false, _) => parts.join(", "),
    }
}

/// Why it is held, a line each.
fn reasons(report: &Report) -> Vec<String> {
    let held = matches!(report.end, End::Held { .. });
    let verdict = report.plan.as_ref().map(|plan| &plan.verdict).filter(|_| held);
    verdict.into_iter().flat_map(|v| &v.held).map(|reason| format!("  ! {}", plain(&reason.to_string()))).collect()
}

/// The reasons are those known before sending; what the platform refused on the way is in the list.
fn refused(export: &str, report: &Report) -> Vec<String> {
    let total = report.counts.rejected;
    if total == 0 {
        return Vec::new();
    }
    let by_code = report.plan.as_ref().map(|plan| &plan.rejected).filter(|by_code| by_code.values().sum::<u64>() == total);
    let line = by_code.and_then(rejected).unwrap_or_else(|| format!("{} rejected", grouped(total)));
    vec![format!("  ! {line}"), format!("    each with its reason: listkeeper rejected {export}")]
}

fn how_to_go_on(report: &Report) -> Option<&'static str> {
    let tried = !report.declined && report.plan.as_ref().is_some_and(|plan| !plan.is_empty());
    match &report.end {
        End::Canceled { .. } if tried => Some("to go on: the same command again; what was sent is recorded"),
        End::Stalled { .. } => Some("nothing more is sent until this is fixed; then the same command goes on from what was recorded"),
        End::Failed { retrying: false, .. } => Some("to go on: the same command again; what was sent is recorded"),
        _ => None,
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
