//! How a run ended, for people.

use super::{error, painted, talk};
use crate::{
    cli::exit,
    plan::{Counts, words},
    run::Report,
    state::End,
};

/// Says how a run ended, with counts that add up, and how to go on.
pub fn report(export: &str, report: &Report) {
    if let End::Stalled { reason } | End::Failed { reason, .. } = &report.end {
        let hints: Vec<&str> = report.hints.iter().map(String::as_str).collect();
        error(&format!("{export}: {reason}"), &hints);
        if report.counts.synced > 0 {
            talk(&painted(&format!("{export}: {}. {}", report.end, sent(&report.counts))));
        }
        return;
    }
    talk(&painted(&text(export, report)));
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
    let counts = &report.counts;
    let mut lines = Vec::new();
    if report.is_empty() {
        lines.push(format!(
            "{export}: nothing to do; {} unchanged, of {} rows read",
            words::grouped(counts.unchanged),
            words::grouped(counts.read)
        ));
    } else {
        let why = report.end.reason().map(|r| format!(": {r}")).unwrap_or_default();
        lines.push(format!("{export}: {}{why}", report.end));
        lines.push(format!("  {}", sent(counts)));
        lines.push(format!("  {}", words::sum(counts, "not sent")));
    }
    if counts.rejected > 0 {
        lines.push(format!("  the {} refused rows, with reasons: listkeeper rejected {export}", words::grouped(counts.rejected)));
    }
    lines.extend(report.hints.iter().map(|hint| format!("  hint: {hint}")));
    lines.join("\n")
}

fn sent(counts: &Counts) -> String {
    let n = words::grouped;
    format!("{} added, {} updated, {} taken out, {} unchanged", n(counts.added), n(counts.updated), n(counts.removed), n(counts.unchanged))
}
