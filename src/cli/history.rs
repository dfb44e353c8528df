//! `listkeeper history`.

use super::{
    Globals, exit,
    look::{self, Look},
    render::{self, table},
};
use crate::{
    definition::{Catalog, Name},
    plan::words::grouped,
    state::{Audit, RunRecord, Status},
};
use chrono::Utc;
use chrono_tz::Tz;
use std::path::PathBuf;

/// Show the runs of an export, or of all; or who changed and asked for what
///
/// The newest first: when and why each ran, how it ended, and where every row that was read ended up. Kept for
/// `Settings.retention` (90 days unless given).
#[derive(clap::Args)]
pub struct Args {
    /// Only this export's
    #[arg(value_name = "EXPORT")]
    export: Option<String>,
    /// How many at most
    #[arg(long, short = 'n', default_value_t = 20, value_name = "N")]
    limit: usize,
    /// Who changed definitions or asked for something, in place of runs
    #[arg(long)]
    audit: bool,
    /// The directory of definitions, for the exports' time zones
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// Print as JSON on stdout
    #[arg(long)]
    json: bool,
    /// Look at the sandbox's state
    #[arg(long)]
    sandbox: bool,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    work(args, globals).unwrap_or_else(|code| code)
}

fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    let look = Look::open(globals, args.sandbox, Utc::now())?;
    let export = args.export.as_deref().map(look::export_name).transpose()?;
    if args.audit {
        return audit(args, &look, export.as_ref()).map(|()| exit::DONE);
    }
    let runs = look.view.as_ref().map(|view| view.runs(export.as_ref(), args.limit)).transpose();
    let runs = runs.map_err(|error| look::state_failed(&error))?.unwrap_or_default();
    if args.json {
        let text = serde_json::json!({ "runs": runs });
        look::print_json(|out| writeln!(out, "{text:#}"))?;
    } else if runs.is_empty() {
        render::talk(&nothing(export.as_ref()));
    } else {
        let text = text(&runs, look::definitions(&args.dir).as_ref(), look.dir.is_written());
        look::print(|out| out.write_all(text.as_bytes()))?;
    }
    Ok(exit::DONE)
}

fn audit(args: &Args, look: &Look, export: Option<&Name>) -> Result<(), u8> {
    let subject = export.map(|name| format!("Export {name}"));
    let lines = look.view.as_ref().map(|view| view.audits(subject.as_deref(), args.limit)).transpose();
    let lines = lines.map_err(|error| look::state_failed(&error))?.unwrap_or_default();
    if args.json {
        let text = serde_json::json!({ "audit": lines });
        return look::print_json(|out| writeln!(out, "{text:#}"));
    }
    if lines.is_empty() {
        render::talk("nobody changed or asked for anything yet; the daemon (`listkeeper run`) keeps account of it");
        return Ok(());
    }
    let mut grid = table::Grid::new(&["WHEN", "WHO", "WHAT", "OF", "DIGEST", "DETAIL"]);
    for Audit { at, who, action, subject, digest, detail } in lines {
        let digest = table::short(digest.as_deref().unwrap_or_default()).to_owned();
        grid.row(vec![table::time(at, Tz::UTC), who, action, subject, digest, detail]);
    }
    look::print(|out| out.write_all(grid.text().as_bytes()))
}

fn nothing(export: Option<&Name>) -> String {
    match export {
        Some(name) => format!("no runs of {name} yet; `listkeeper apply --export {name}` runs it once"),
        None => "no runs yet; `listkeeper apply` runs every export once".to_owned(),
    }
}

fn text(runs: &[RunRecord], catalog: Option<&Catalog>, writing: bool) -> String {
    let heads =
        ["STARTED", "TOOK", "EXPORT", "TRIGGER", "BY", "STATUS", ">READ", ">ADDED", ">UPDATED", ">REMOVED", ">REFUSED", "PLAN", "WHY"];
    let mut grid = table::Grid::new(&heads);
    for run in runs {
        let (status, counts) = (run.status(writing), &run.counts);
        let why = if let Status::Ended(end) = &status { end.reason().unwrap_or_default().to_owned() } else { String::new() };
        grid.row(vec![
            table::time(run.started, look::zone(catalog, &run.export)),
            run.ended.map(|ended| table::took(ended - run.started)).unwrap_or_default(),
            run.export.to_string(),
            run.trigger.as_str().to_owned(),
            who(run),
            status.to_string(),
            grouped(counts.read),
            grouped(counts.added),
            grouped(counts.updated),
            grouped(counts.removed),
            grouped(counts.rejected),
            table::short(run.plan_digest.as_deref().unwrap_or_default()).to_owned(),
            why,
        ]);
    }
    grid.text()
}

/// Who ran it, and as whom.
fn who(run: &RunRecord) -> String {
    match &run.export_user {
        Some(identity) => format!("{} as {identity}", run.user),
        None => run.user.clone(),
    }
}
