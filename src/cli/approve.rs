//! `listkeeper approve`.

use super::{
    Globals, exit,
    look::{self, Look},
    remote::{Access, Remote},
    render::{self, table},
    session,
};
use crate::{
    daemon::{DirectoryView, HeldReading},
    run,
    server::api::ApprovedNow,
    state::{self, HeldPlan},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::io::{self, IsTerminal};

/// Approve a held plan
///
/// Shows the plan, asks, and records who approved it and when. Within 24 hours one run may then make these changes, besides what
/// needs no approval: a plan with too many other people, another target or other reasons is held again. The run that needed an
/// approval uses it up. Several approvals count together. While `listkeeper run` is at work it queues the export at once, and a
/// held reading of its directory is approved in the same way; else nothing is sent by approving. Without a name it lists
/// what is held.
#[derive(clap::Args)]
pub struct Args {
    /// The plan's digest or its beginning, or the export's name
    #[arg(value_name = "DIGEST|EXPORT")]
    which: Option<String>,
    /// Approve without asking
    #[arg(long, requires = "which")]
    yes: bool,
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
    let now = Utc::now();
    let look = Look::open(globals, args.sandbox, now)?;
    let held = look.view.as_ref().map_or(Ok(Vec::new()), |view| view.held(None)).map_err(|error| look::state_failed(&error))?;
    let remote = Remote::find(globals, args.sandbox, &args.access).await?;
    let reading = reading(remote.as_ref()).await?;
    let Some(which) = &args.which else {
        reading.iter().for_each(|reading| render::talk(&held_reading(reading)));
        return list(&held, now).map(|()| exit::DONE);
    };
    if let (Some(remote), Some(reading)) = (&remote, reading.filter(|reading| which.len() >= 4 && reading.digest.starts_with(which))) {
        return approve_reading(args, remote, &reading).await;
    }
    let plan = match &chosen(&held, which)[..] {
        [plan] => *plan,
        [] => return Err(none(&held, which)),
        several => {
            render::error(&format!("\"{which}\" is several held plans"), &["give more of the digest"]);
            list(several.iter().copied(), now)?;
            return Err(exit::FAILED);
        }
    };
    if plan.approved.as_ref().is_some_and(|approved| approved.holds(now)) {
        render::talk(&format!("the plan {} of {} is approved already", table::short(&plan.digest), plan.export));
        return Ok(exit::DONE);
    }
    look::print(|out| writeln!(out, "{}", render::painted(&plan.text)))?;
    let question = format!("Held: {}\nApprove this plan of {} for the next 24 hours?", plan.reason, plan.export);
    if !(args.yes || ask(&question)?) {
        render::talk("left as it is: held");
        return Ok(exit::HELD);
    }
    match &remote {
        Some(remote) => tell(remote, &plan.digest).await?,
        None => approve(&look, plan, now)?,
    }
    Ok(exit::DONE)
}

/// By a digest's beginning, or by the name of an export: then what nobody approved yet.
fn chosen<'h>(held: &'h [HeldPlan], which: &str) -> Vec<&'h HeldPlan> {
    let by_name: Vec<_> = held.iter().filter(|plan| plan.export == which && plan.approved.is_none()).collect();
    if !by_name.is_empty() {
        return by_name;
    }
    let named = |plan: &&HeldPlan| !which.is_empty() && plan.digest.starts_with(which);
    let waiting: Vec<_> = held.iter().filter(|plan| plan.approved.is_none()).filter(named).collect();
    if waiting.is_empty() { held.iter().filter(named).take(1).collect() } else { waiting }
}

fn none(held: &[HeldPlan], which: &str) -> u8 {
    let hint = match held {
        [] => "nothing is held".to_owned(),
        held => {
            format!("held: {}", held.iter().map(|p| format!("{} ({})", table::short(&p.digest), p.export)).collect::<Vec<_>>().join(", "))
        }
    };
    session::fail(&format!("no held plan is called \"{which}\""), Some(&hint))
}

/// A reading of its directory that a daemon holds.
async fn reading(remote: Option<&Remote>) -> Result<Option<HeldReading>, u8> {
    let Some(remote) = remote else { return Ok(None) };
    Ok(remote.get::<DirectoryView>("/v1/directory").await?.held)
}

fn held_reading(reading: &HeldReading) -> String {
    let missing = if reading.missing.is_empty() { String::new() } else { format!(" (gone: {})", reading.missing.join(", ")) };
    format!("the newest reading of the directory, {}, is held: {}{missing}", table::short(&reading.digest), reading.reason)
}

async fn approve_reading(args: &Args, remote: &Remote, reading: &HeldReading) -> Result<u8, u8> {
    render::talk(&held_reading(reading));
    if !(args.yes || ask("Take this reading as it is?")?) {
        render::talk("left as it is: held");
        return Ok(exit::HELD);
    }
    tell(remote, &reading.digest).await.map(|()| exit::DONE)
}

/// The daemon approves it, and goes on at once.
async fn tell(remote: &Remote, digest: &str) -> Result<(), u8> {
    let approved: ApprovedNow = remote.post(&format!("/v1/plans/{digest}/approve")).await?;
    render::talk(&format!("approved: {}", approved.message));
    Ok(())
}

fn ask(question: &str) -> Result<bool, u8> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(session::fail("nobody is there to ask", Some("look at it above, then approve it with --yes")));
    }
    Ok(render::agrees(question))
}

fn approve(look: &Look, plan: &HeldPlan, now: DateTime<Utc>) -> Result<(), u8> {
    let by = run::user();
    state::approve(&look.dir, &plan.digest, &by, now).map_err(|error| look::state_failed(&error))?;
    let export = &plan.export;
    render::talk(&format!(
        "approved by {by}; the next run of {export} within 24 hours may go through (at once: listkeeper apply --export {export})"
    ));
    Ok(())
}

fn list<'h>(held: impl IntoIterator<Item = &'h HeldPlan>, now: DateTime<Utc>) -> Result<(), u8> {
    let mut grid = table::Grid::new(&["PLAN", "EXPORT", "MADE", "STATE", "WHY"]);
    let mut any = false;
    for plan in held {
        any = true;
        let state = match &plan.approved {
            Some(approved) if approved.holds(now) => format!("approved by {}", approved.by),
            Some(approved) => format!("approval by {} ran out", approved.by),
            None => "held".to_owned(),
        };
        let made = table::time(plan.made, Tz::UTC);
        grid.row(vec![table::short(&plan.digest).to_owned(), plan.export.clone(), made, state, plan.reason.clone()]);
    }
    if !any {
        render::talk("no plan is held");
        return Ok(());
    }
    look::print(|out| out.write_all(grid.text().as_bytes()))
}
