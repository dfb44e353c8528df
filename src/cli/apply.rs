//! `listkeeper apply`.

use super::{
    Globals, exit,
    plan::Saved,
    remote::{self, Remote},
    render,
    session::{self, Access, Session, Target},
};
use crate::{
    definition::Export,
    plan::{self, Plan},
    run::{Decision, Prepared, Watch},
    state::Trigger,
};
use chrono::Utc;
use std::{collections::BTreeMap, io::IsTerminal, path::Path, sync::Arc};

mod through;

/// Carry the plan out, once: show it, ask on a terminal, send, say what happened
#[derive(clap::Args)]
#[command(after_help = "Examples:
  listkeeper apply --sandbox               a rehearsal against the local stand-in
  listkeeper apply --export vip --yes      one export, without asking
  listkeeper apply vip.plan                exactly what `plan --out vip.plan` showed, or nothing

Ctrl-C finishes what is in flight; running it again goes on from there. While `listkeeper run` is at work on the same
state, the daemon carries out its own definitions: DIR must be its directory.
Exit code: 0 done, 1 failed, 3 partial, 4 held, 78 invalid definitions.")]
pub struct Args {
    #[command(flatten)]
    pub target: Target,
    /// Send without asking; a plan that the guard holds still waits for `listkeeper approve`
    #[arg(long, short = 'y')]
    pub yes: bool,
    #[command(flatten)]
    pub access: remote::Access,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    session::block_on(work(args, globals)).unwrap_or_else(|code| code)
}

async fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    let (target, saved) = from_file(&args.target)?;
    if let Some(remote) = Remote::find(globals, target.sandbox, &args.access).await? {
        return through::apply(args, &target, saved.is_some(), &remote).await;
    }
    let session = Session::open(&target, globals, Access::Write).await?;
    session.stop_on_signal();
    let groups = by_connection(&session.exports);
    let code = match asks(args) || groups.len() == 1 {
        true => in_turn(&session, &session.exports, args, saved.as_ref(), &|_| session::watch()).await,
        false => tokio::task::block_in_place(|| at_once(&session, &groups, args, saved.as_ref())),
    };
    session.close().await;
    Ok(code)
}

/// Exports of one connection spend one budget; those of others need not wait for them.
fn by_connection(exports: &[Arc<Export>]) -> Vec<Vec<Arc<Export>>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    exports.iter().for_each(|export| groups.entry(export.connection.name.clone()).or_default().push(Arc::clone(export)));
    groups.into_values().collect()
}

type Watching<'a> = dyn Fn(&Export) -> Arc<dyn Watch> + Sync + 'a;

/// A thread for each connection: comparing the members of one export must not delay another.
fn at_once(session: &Session, groups: &[Vec<Arc<Export>>], args: &Args, saved: Option<&Saved>) -> u8 {
    let (runtime, progress) = (tokio::runtime::Handle::current(), render::Progress::new());
    let watching = |export: &Export| -> Arc<dyn Watch> { Arc::new(progress.beside(export.name.as_str())) };
    std::thread::scope(|scope| {
        let work = |group| runtime.block_on(in_turn(session, group, args, saved, &watching));
        let threads: Vec<_> = groups.iter().map(|group| scope.spawn(move || work(group))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(exit::FAILED)).fold(exit::DONE, worse)
    })
}

async fn in_turn(session: &Session, exports: &[Arc<Export>], args: &Args, saved: Option<&Saved>, watching: &Watching<'_>) -> u8 {
    let mut worst = exit::DONE;
    for export in exports {
        if session.engine.cancel.is_cancelled() {
            break;
        }
        if export.suspend {
            render::talk(&format!("{}: suspended, so it is not run; take `suspend: true` out to run it", export.name));
            continue;
        }
        let decide = |prepared: &Prepared| decide(args, saved, prepared);
        worst = worse(worst, one(session, export, watching(export), &decide).await);
    }
    worst
}

async fn one(session: &Session, export: &Arc<Export>, watch: Arc<dyn Watch>, decide: &dyn Fn(&Prepared) -> Decision) -> u8 {
    let report = session.engine.recorded(export, Trigger::OnDemand, watch, Utc::now(), decide).await;
    render::report(export.name.as_str(), &report);
    render::exit_code(&report)
}

/// `apply FILE`: the directory and the exports are those of the saved plan.
fn from_file(target: &Target) -> Result<(Target, Option<Saved>), u8> {
    if !target.dir.is_file() {
        return Ok((target.clone(), None));
    }
    let saved = read(&target.dir)?;
    let exports = saved.exports.iter().map(|e| e.export.clone()).collect();
    let target = Target { dir: saved.directory.clone(), exports, sandbox: saved.sandbox, adopt_state: target.adopt_state };
    Ok((target, Some(saved)))
}

fn read(file: &Path) -> Result<Saved, u8> {
    let hint = Some("make one with `listkeeper plan --out FILE`");
    let text = std::fs::read_to_string(file).map_err(|e| session::fail(&format!("{} cannot be read: {e}", file.display()), None))?;
    let saved: Saved =
        serde_json::from_str(&text).map_err(|e| session::fail(&format!("{} is not a saved plan: {e}", file.display()), hint))?;
    if saved.version != 1 {
        return Err(session::fail(&format!("{} was saved by another version of listkeeper", file.display()), hint));
    }
    Ok(saved)
}

fn decide(args: &Args, saved: Option<&Saved>, prepared: &Prepared) -> Decision {
    let plan = &prepared.plan;
    render::tell(&plan::text(plan));
    if let Some(saved) = saved {
        let reviewed = saved.exports.iter().find(|e| e.export == plan.export);
        if reviewed.is_some_and(|e| e.digest == plan.digest.0) {
            return Decision::Go;
        }
        render::error(
            &format!("{}: the world moved since this plan was saved: it is {} now", plan.export, plan.digest.short()),
            &["look at the plan above, and save it again with `listkeeper plan --out FILE`"],
        );
        return Decision::Decline;
    }
    match (asks(args), plan.verdict.passes()) {
        (false, _) => Decision::Go,
        (true, true) if render::agrees(&format!("Send this to {}?", plan.vendor)) => Decision::Go,
        (true, false) if plan.verdict.can_be_approved() && ask_held(plan) => Decision::Approve { by: crate::run::user() },
        (true, false) => Decision::Go,
        (true, true) => Decision::Decline,
    }
}

/// Somebody is there to be asked, and wants to be.
fn asks(args: &Args) -> bool {
    !args.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Approving what the guard holds takes more than a key pressed by habit.
fn ask_held(plan: &Plan) -> bool {
    let word = &plan.digest.short()[..4];
    render::ask(&format!("The guard holds this plan. To approve it, type {word} (anything else leaves it held):")) == *word
}

/// Of several exports the worst counts: failed, then held, then partial.
fn worse(one: u8, other: u8) -> u8 {
    let rank = |code: u8| match code {
        exit::DONE => 0,
        exit::PARTIAL => 1,
        exit::HELD => 2,
        _ => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_export_decides_the_exit_code() {
        let all = [exit::DONE, exit::HELD, exit::PARTIAL, exit::FAILED, exit::DONE];
        assert_eq!(all.into_iter().fold(exit::DONE, worse), exit::FAILED);
        assert_eq!(worse(exit::HELD, exit::PARTIAL), exit::HELD);
    }
}
