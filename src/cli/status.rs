//! `listkeeper status`.

use super::{
    Globals, exit,
    look::{self, Look},
    remote::{Access, Remote},
    render, session,
};
use crate::{
    daemon::{self, DirectoryView, ExportView, ScheduleView, SignInView},
    definition::{Catalog, Name, Schedule},
    server::api::{Connections, Exports},
    state::{Now, StateError, Status, View},
};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, path::PathBuf};

mod sign_ins;
mod text;

/// Show every export: when it ran, how it went, when it runs next
///
/// While `listkeeper run` is at work it says how everything stands: what runs and how far it is, what waits for whom, when
/// a failed run is tried again, what is broken and why. Without it, it reads the state and the definitions; then it needs
/// no network. Without valid definitions it shows what the state knows.
#[derive(clap::Args)]
pub struct Args {
    /// The directory of definitions, where no daemon runs
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// Print as JSON on stdout
    #[arg(long)]
    json: bool,
    /// Look at the sandbox's state
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    access: Access,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    session::block_on(work(args, globals)).unwrap_or_else(|code| code)
}

async fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    match Remote::find(globals, args.sandbox, &args.access).await? {
        Some(remote) => live(args, &remote).await?,
        None => recorded(args, globals)?,
    }
    Ok(exit::DONE)
}

/// As the daemon sees it.
async fn live(args: &Args, remote: &Remote) -> Result<(), u8> {
    let Exports { exports } = remote.get("/v1/exports").await?;
    let Connections { connections } = remote.get("/v1/connections").await?;
    let directory: DirectoryView = remote.get("/v1/directory").await?;
    if args.json {
        let text = serde_json::json!({ "exports": exports, "connections": connections, "directory": directory });
        return look::print_json(|out| writeln!(out, "{text:#}"));
    }
    let table = text::exports(&exports, true);
    look::print(|out| out.write_all(table.as_bytes()))?;
    text::attention(&exports, &connections, &directory).iter().for_each(|line| render::talk(line));
    let signed_in: Vec<_> = connections.into_iter().filter_map(|connection| Some((connection.name, connection.sign_in?))).collect();
    sign_ins::lines(&signed_in, Utc::now()).iter().for_each(|line| render::talk(line));
    Ok(())
}

/// As the state and the directory say.
fn recorded(args: &Args, globals: &Globals) -> Result<(), u8> {
    let now = Utc::now();
    let look = Look::open(globals, args.sandbox, now)?;
    let catalog = look::definitions(&args.dir);
    let exports = exports(&look, catalog.as_ref(), now).map_err(|error| look::state_failed(&error))?;
    let signed_in = signed_in(&look).map_err(|error| look::state_failed(&error))?;
    if args.json {
        let connections: Vec<_> = signed_in.iter().map(|(name, view)| serde_json::json!({"name": name, "signIn": view})).collect();
        let text = serde_json::json!({ "exports": exports, "connections": connections });
        look::print_json(|out| writeln!(out, "{text:#}"))?;
    } else if exports.is_empty() {
        render::talk(&format!("no exports in {} and no runs yet; `listkeeper init` writes a first definition", args.dir.display()));
    } else {
        let text = text::exports(&exports, catalog.is_some());
        look::print(|out| out.write_all(text.as_bytes()))?;
        text::bulk_updates_off(&exports).iter().for_each(|line| render::talk(line));
        sign_ins::lines(&signed_in, now).iter().for_each(|line| render::talk(line));
    }
    say_what_is_missing(args, catalog.as_ref());
    Ok(())
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

/// Connections that a person signed in.
fn signed_in(look: &Look) -> Result<Vec<(String, SignInView)>, StateError> {
    let sign_ins = look.view.as_ref().map(View::sign_ins).transpose()?.unwrap_or_default();
    Ok(sign_ins.iter().map(|(name, tokens)| (name.to_string(), SignInView::of(tokens))).collect())
}

/// Every export that is defined, or that the state knows.
fn exports(look: &Look, catalog: Option<&Catalog>, now: DateTime<Utc>) -> Result<Vec<ExportView>, StateError> {
    let mut names: BTreeSet<Name> = catalog.into_iter().flat_map(|catalog| catalog.exports.keys().cloned()).collect();
    if let Some(view) = &look.view {
        names.extend(view.exports()?.into_keys());
        names.extend(view.exports_with_runs()?);
    }
    let writing = look.dir.is_written();
    names.iter().map(|name| export(look, catalog, name, writing, now)).collect()
}

fn export(look: &Look, catalog: Option<&Catalog>, name: &Name, writing: bool, now: DateTime<Utc>) -> Result<ExportView, StateError> {
    let last_run = look.view.as_ref().map(|view| view.last_run(name)).transpose()?.flatten();
    let export = catalog.and_then(|catalog| catalog.exports.get(name));
    let running = last_run.as_ref().map(|run| run.status(writing));
    let status = match running {
        Some(running @ Status::Now(Now::Running { .. })) => running,
        _ if export.is_some_and(|export| export.suspend) => Status::Now(Now::Suspended),
        Some(ended) => ended,
        None => Status::Now(Now::NeverRun),
    };
    Ok(ExportView {
        name: name.to_string(),
        status,
        defined: export.is_some(),
        file: None,
        line: None,
        connection: export.map(|export| export.connection.name.to_string()),
        destination: None,
        digest: export.map(|export| export.digest.clone()),
        schedule: export.and_then(|export| export.schedule.as_ref()).map(schedule),
        next: export.and_then(|export| daemon::next_run(export, now)),
        retry_at: None,
        consecutive_failures: 0,
        last_run,
        last_success: None,
        progress: None,
        held_plan: None,
        resources_failed: None,
        bulk_updates_off: look.view.as_ref().map(|view| view.bulk_updates_off(name, now)).transpose()?.flatten(),
        broken: None,
    })
}

fn schedule(schedule: &Schedule) -> ScheduleView {
    ScheduleView { cron: schedule.cron.clone(), time_zone: schedule.time_zone.to_string() }
}
