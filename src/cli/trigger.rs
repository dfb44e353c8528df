//! `listkeeper trigger`.

use super::{
    Globals, exit, look,
    remote::{Access, Elsewhere, Remote},
    render, session,
};
use crate::{
    run::Report,
    server::api::{Triggered, TriggeredAll},
    state::{End, RunRecord},
};

/// Run an export now, by the daemon
///
/// The daemon queues it and runs it as soon as nothing is in its way; the guard holds as ever. With --wait this command
/// ends when the run has ended, with the exit code that `apply` would give.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  listkeeper trigger vip-newsletter --wait   and say how it went
  listkeeper trigger --all                   every export that has an active schedule

Without a daemon: listkeeper apply --export vip-newsletter runs it once.
Exit code with --wait: 0 done, 1 failed, 3 partial, 4 held.")]
pub struct Args {
    #[arg(value_name = "EXPORT", required_unless_present = "all", conflicts_with = "all")]
    export: Option<String>,
    /// Every export that has an active schedule
    #[arg(long, conflicts_with = "wait")]
    all: bool,
    /// Wait until it has ended, and say how
    #[arg(long)]
    wait: bool,
    /// Ask the daemon that runs with --sandbox
    #[arg(long, conflicts_with = "server")]
    sandbox: bool,
    #[command(flatten)]
    elsewhere: Elsewhere,
    #[command(flatten)]
    access: Access,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    session::block_on(work(args, globals)).unwrap_or_else(|code| code)
}

async fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    let once =
        args.export.as_ref().map_or_else(|| "`listkeeper apply DIR`".to_owned(), |name| format!("`listkeeper apply DIR --export {name}`"));
    let remote = Remote::reach(globals, args.sandbox, &args.elsewhere, &args.access, &format!("{once} runs it once now")).await?;
    let Some(export) = &args.export else {
        let queued: TriggeredAll = remote.post("/v1/runs").await?;
        render::talk(&all(&queued));
        return Ok(exit::DONE);
    };
    let name = look::export_name(export)?;
    if args.wait {
        let run: RunRecord = remote.post(&format!("/v1/exports/{name}/runs?wait=true")).await?;
        return Ok(tell(&run));
    }
    let queued: Triggered = remote.post(&format!("/v1/exports/{name}/runs")).await?;
    let before = if queued.already { " already" } else { "" };
    render::talk(&format!("{name} is queued{before}; `listkeeper status` shows how it goes"));
    Ok(exit::DONE)
}

fn all(queued: &TriggeredAll) -> String {
    let names: Vec<_> = queued.exports.iter().map(ToString::to_string).collect();
    match names.len() {
        0 => "no export has an active schedule, so nothing is queued; name one to run it".to_owned(),
        _ => format!("queued: {}", names.join(", ")),
    }
}

/// Says how a run ended, as `apply` does; gives the exit code.
pub fn tell(run: &RunRecord) -> u8 {
    let end = run.end.clone().unwrap_or_else(End::interrupted);
    let hints = match (&end, &run.plan_digest) {
        (End::Held { .. }, Some(digest)) => vec![format!("to let it through: listkeeper approve {}", render::table::short(digest))],
        _ => Vec::new(),
    };
    let report = Report { end, counts: run.counts.clone(), run: Some(run.id), plan: None, hints, declined: false, not_before: None };
    render::report(run.export.as_str(), &report);
    render::exit_code(&report)
}
