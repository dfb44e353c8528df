//! `apply` while a daemon holds the state: it plans, and runs its own definitions.

use super::{
    super::{
        exit, look,
        plan::elsewhere,
        remote::Remote,
        render,
        session::{self, Target},
        trigger,
    },
    Args, asks, worse,
};
use crate::{
    daemon::{DirectoryView, ExportView},
    definition::Name,
    run::Watch,
    server::api::{Exports, PlanView, PlannedExport},
    state::{Now, RunRecord, Status},
};
use std::{fs, path::Path, time::Duration};

/// How often the daemon is asked how far it is.
const LOOK: Duration = Duration::from_secs(1);

pub async fn apply(args: &Args, target: &Target, saved: bool, remote: &Remote) -> Result<u8, u8> {
    if saved {
        let hint = "stop it first, or let it run its own definitions: listkeeper apply DIR";
        return Err(session::fail("a saved plan cannot be carried out while a daemon holds the state", Some(hint)));
    }
    same_directory(&target.dir, remote).await?;
    let mut worst = exit::DONE;
    for view in chosen(target, remote).await? {
        if matches!(view.status, Status::Now(Now::Suspended)) {
            render::talk(&format!("{}: suspended, so it is not run; take `suspend: true` out to run it", view.name));
            continue;
        }
        let name = look::export_name(&view.name)?;
        worst = worse(worst, one(args, target, remote, &name).await?);
    }
    Ok(worst)
}

/// It runs what it reads itself, so nothing else can be meant.
async fn same_directory(dir: &Path, remote: &Remote) -> Result<(), u8> {
    let directory: DirectoryView = remote.get("/v1/directory").await?;
    let real = |path: &Path| fs::canonicalize(path).ok();
    if real(dir).is_some() && real(dir) == real(Path::new(&directory.root)) {
        return Ok(());
    }
    let hint = format!("listkeeper apply {} runs its definitions; --state DIR names another state for others", directory.root);
    Err(session::fail(&format!("a daemon holds this state, and its directory is {}, not {}", directory.root, dir.display()), Some(&hint)))
}

async fn chosen(target: &Target, remote: &Remote) -> Result<Vec<ExportView>, u8> {
    if target.exports.is_empty() {
        let Exports { exports } = remote.get("/v1/exports").await?;
        return Ok(exports.into_iter().filter(|view| view.defined).collect());
    }
    let mut views = Vec::new();
    for name in &target.exports {
        views.push(remote.get(&format!("/v1/exports/{}", look::export_name(name)?)).await?);
    }
    Ok(views)
}

/// Shows the daemon's plan, asks, has it run, says how it went.
async fn one(args: &Args, target: &Target, remote: &Remote, name: &Name) -> Result<u8, u8> {
    let planned = elsewhere::ask(remote, &target.dir, elsewhere::Asked { exports: vec![name.clone()], ..Default::default() }).await?;
    match planned.exports.into_iter().next() {
        Some(PlannedExport { plan: Some(plan), .. }) => {
            render::tell(&plan.text);
            if asks(args) && !plan.nothing_to_do && !agreed(&plan) {
                render::talk(&format!("{name}: left as it is; nothing was sent"));
                return Ok(exit::FAILED);
            }
        }
        Some(PlannedExport { failure: Some(why), .. }) => {
            let hints: Vec<&str> = why.hints.iter().map(String::as_str).collect();
            render::error(&format!("{name}: {}", why.message), &hints);
            return Ok(exit::FAILED);
        }
        _ => return Err(session::fail(&format!("the daemon made no plan of {name}"), None)),
    }
    let run = run(remote, name).await?;
    Ok(trigger::tell(&run))
}

fn agreed(plan: &PlanView) -> bool {
    render::agrees(&format!("Let the daemon carry out plan {}?", render::table::short(&plan.digest)))
}

/// Has it run, and shows how far it is until it has ended.
async fn run(remote: &Remote, name: &Name) -> Result<RunRecord, u8> {
    let path = format!("/v1/exports/{name}/runs?wait=true");
    let ends = remote.post(&path);
    tokio::pin!(ends);
    let mut shown = Shown { watch: render::Progress::new(), phase: String::new(), done: 0 };
    loop {
        tokio::select! {
            run = &mut ends => return run,
            () = tokio::time::sleep(LOOK) => shown.look(&remote.get(&format!("/v1/exports/{name}")).await?),
        }
    }
}

/// What the bars show by now.
struct Shown {
    watch: render::Progress,
    phase: String,
    done: u64,
}

impl Shown {
    fn look(&mut self, view: &ExportView) {
        let Some(progress) = &view.progress else { return };
        if progress.phase != self.phase {
            Watch::phase(&self.watch, &progress.phase, progress.total);
            (self.phase, self.done) = (progress.phase.clone(), 0);
        }
        self.watch.advance(progress.done.saturating_sub(self.done));
        self.done = progress.done.max(self.done);
    }
}
