//! `listkeeper status`.

use super::{
    Globals, exit,
    look::{self, Look},
    render::{self, table},
};
use crate::{
    daemon,
    definition::{Catalog, Name},
    plan::words::grouped,
    state::{Now, RunRecord, StateError, Status},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::{collections::BTreeSet, path::PathBuf};

/// Show every export: when it ran, how it went, when it runs next
///
/// Reads the state and the definitions; needs no network, and works while `listkeeper run` is at work. Without valid
/// definitions it shows what the state knows.
#[derive(clap::Args)]
pub struct Args {
    /// The directory of definitions
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// Print as JSON on stdout
    #[arg(long)]
    json: bool,
    /// Look at the sandbox's state
    #[arg(long)]
    sandbox: bool,
}

/// One export as it stands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    export: String,
    #[serde(flatten)]
    status: Status,
    /// Whether there is a definition of it.
    defined: bool,
    /// When it runs next by its schedule.
    next: Option<DateTime<Utc>>,
    last_run: Option<RunRecord>,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    work(args, globals).unwrap_or_else(|code| code)
}

fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    let now = Utc::now();
    let look = Look::open(globals, args.sandbox, now)?;
    let catalog = look::definitions(&args.dir);
    let lines = lines(&look, catalog.as_ref(), now).map_err(|error| look::state_failed(&error))?;
    if args.json {
        let text = serde_json::json!({ "exports": lines });
        look::print(|out| writeln!(out, "{text:#}"))?;
    } else if lines.is_empty() {
        render::talk(&format!("no exports in {} and no runs yet; `listkeeper init` writes a first definition", args.dir.display()));
    } else {
        let text = text(&lines, catalog.as_ref());
        look::print(|out| out.write_all(text.as_bytes()))?;
    }
    say_what_is_missing(args, catalog.as_ref());
    Ok(exit::DONE)
}

fn say_what_is_missing(args: &Args, catalog: Option<&Catalog>) {
    match catalog {
        None => render::talk(&format!("no exports are defined in {}: shown is what the state knows", args.dir.display())),
        Some(catalog) if catalog.has_errors() => {
            render::talk(&format!("some definitions have errors and are not counted in: see `listkeeper validate {}`", args.dir.display()));
        }
        Some(_) => {}
    }
}

/// Every export that is defined, or that the state knows.
fn lines(look: &Look, catalog: Option<&Catalog>, now: DateTime<Utc>) -> Result<Vec<Line>, StateError> {
    let mut names: BTreeSet<Name> = catalog.into_iter().flat_map(|catalog| catalog.exports.keys().cloned()).collect();
    if let Some(view) = &look.view {
        names.extend(view.exports()?.into_keys());
        names.extend(view.exports_with_runs()?);
    }
    let writing = look.dir.is_written();
    names.iter().map(|name| line(look, catalog, name, writing, now)).collect()
}

fn line(look: &Look, catalog: Option<&Catalog>, name: &Name, writing: bool, now: DateTime<Utc>) -> Result<Line, StateError> {
    let last_run = look.view.as_ref().map(|view| view.last_run(name)).transpose()?.flatten();
    let export = catalog.and_then(|catalog| catalog.exports.get(name));
    let running = last_run.as_ref().map(|run| run.status(writing));
    let status = match running {
        Some(running @ Status::Now(Now::Running { .. })) => running,
        _ if export.is_some_and(|export| export.suspend) => Status::Now(Now::Suspended),
        Some(ended) => ended,
        None => Status::Now(Now::NeverRun),
    };
    let next = export.and_then(|export| daemon::next_run(export, now));
    Ok(Line { export: name.to_string(), status, defined: export.is_some(), next, last_run })
}

fn text(lines: &[Line], catalog: Option<&Catalog>) -> String {
    let mut grid = table::Grid::new(&["EXPORT", "STATUS", "LAST RUN", ">READ", ">SENT", ">REFUSED", "NEXT", "WHY"]);
    for line in lines {
        let zone = Name::new(&line.export).map_or(chrono_tz::Tz::UTC, |name| look::zone(catalog, &name));
        let run = line.last_run.as_ref();
        let count = |pick: fn(&RunRecord) -> u64| run.map(|run| grouped(pick(run))).unwrap_or_default();
        grid.row(vec![
            line.export.clone(),
            line.status.to_string(),
            run.map(|run| table::time(run.started, zone)).unwrap_or_default(),
            count(|run| run.counts.read),
            count(|run| run.counts.synced),
            count(|run| run.counts.rejected),
            next(line, catalog.is_some(), zone),
            why(line),
        ]);
    }
    grid.text()
}

fn next(line: &Line, defined: bool, zone: chrono_tz::Tz) -> String {
    match (line.next, line.defined, defined) {
        (Some(at), ..) => table::time(at, zone),
        (None, true, _) if matches!(line.status, Status::Now(Now::Suspended)) => "never: suspended".into(),
        (None, true, _) => "on demand".into(),
        (None, false, true) => "never: not defined".into(),
        (None, false, false) => "unknown".into(),
    }
}

fn why(line: &Line) -> String {
    match &line.status {
        Status::Ended(end) => end.reason().unwrap_or_default().to_owned(),
        Status::Now(_) => String::new(),
    }
}
