//! `listkeeper plan`.

use super::{
    Globals, exit, look, remote,
    render::{self, Shown},
    session::{self, Access, Session, Target},
};
use crate::{
    plan::{self, Plan},
    run::{self, Failure, Prepared},
    state::View,
};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

pub(super) mod elsewhere;

/// Show what an apply would do: resources, members, calls, and whether the guard would hold it. Sends nothing
#[derive(clap::Args)]
#[command(after_help = "Examples:
  listkeeper plan                          every export below this directory
  listkeeper plan --export vip --members   one export, with every address
  listkeeper plan --markdown               for a pull request: no addresses
  listkeeper plan --out vip.plan           save it; `listkeeper apply vip.plan` carries out exactly that
  listkeeper plan --server https://lists.example.com --api-token env:TOKEN .
                                           by the daemon, against its state and sources: needs no secret here
  listkeeper plan --server URL --folder 'marketing/**' .
                                           the same, with no more rights than these folders have

Exit code with --detailed-exitcode: 0 nothing to do, 2 changes, 1 error.")]
pub struct Args {
    #[command(flatten)]
    pub target: Target,
    /// One JSON document on stdout
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Markdown on stdout, for a pull request
    #[arg(long)]
    pub markdown: bool,
    /// List every member with the full address
    #[arg(long)]
    pub members: bool,
    /// Save what was reviewed (digests and counts, no addresses) for `apply FILE`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit 0 when there is nothing to do, 2 when there is
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Let the daemon at this address plan the directory's definitions, against its own state and sources; it applies
    /// nothing, and takes connections, sources and settings from its own directory only; a file that differs from the
    /// daemon's own has no administrator's rights, wherever it is
    #[arg(long, value_name = "URL", conflicts_with_all = ["out", "sandbox"])]
    pub server: Option<String>,
    /// With --server: plan with the rights of these folders only, such as `marketing/**` (may be given several times)
    #[arg(long, value_name = "FOLDER", requires = "server")]
    pub folder: Vec<String>,
    #[command(flatten)]
    pub tls: remote::Tls,
    #[command(flatten)]
    pub access: remote::Access,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    session::block_on(work(args, globals)).unwrap_or_else(|code| code)
}

async fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    if let Some(address) = &args.server {
        return elsewhere::plan(args, address).await;
    }
    let session = Session::open(&args.target, globals, Access::Read).await?;
    session.stop_on_signal();
    let mut plans: Vec<Plan> = Vec::new();
    let mut failed = false;
    if args.json {
        print("{\"exports\": [\n")?;
    }
    for export in &session.exports {
        let now = Utc::now();
        let planned = async {
            let context = session.engine.connect(export, session::watch(), now).await?;
            let prepared = session.engine.plan(&context).await?;
            let view = session.engine.view(now)?;
            if args.json {
                show_json(args, &prepared, view.as_ref(), plans.is_empty())?;
            } else {
                show(args, &prepared, view.as_ref())?;
            }
            Ok::<Plan, Ended>(prepared.plan)
        };
        match planned.await {
            Ok(plan) => plans.push(plan),
            Err(Ended::Failed(failure)) => {
                failed = true;
                render::failure(export.name.as_str(), &failure);
            }
            Err(Ended::Unwritten(error)) => {
                session.close().await;
                return Err(look::stdout_failed(&error));
            }
        }
    }
    if args.json {
        print("\n]}\n")?;
    }
    if let Some(file) = &args.out
        && !failed
    {
        save(file, &session, &plans)?;
    }
    session.close().await;
    Ok(code(args, failed, plans.iter().any(|p| !p.is_empty())))
}

fn code(args: &Args, failed: bool, changes: bool) -> u8 {
    match (failed, args.detailed_exitcode && changes) {
        (true, _) => exit::FAILED,
        (false, true) => exit::CHANGES,
        (false, false) => exit::DONE,
    }
}

/// Why an export's plan is not shown.
enum Ended {
    /// There is none.
    Failed(Failure),
    /// stdout does not take it.
    Unwritten(io::Error),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Unwritten(error)
    }
}

fn show(args: &Args, prepared: &Prepared, view: Option<&View>) -> Result<(), Ended> {
    let mut out = io::BufWriter::new(render::out(Shown::Text));
    if args.markdown {
        writeln!(out, "{}", plan::markdown(&prepared.plan))?;
    } else {
        writeln!(out, "{}", render::painted(&plan::text(&prepared.plan)))?;
    }
    if args.members {
        run::lines(prepared, view, |line| Ok::<(), Ended>(writeln!(out, "{}", render::painted(&plan::text_member(&line)))?))?;
    }
    Ok(out.flush()?)
}

/// One export of the JSON document; `--members` adds every member, streamed.
fn show_json(args: &Args, prepared: &Prepared, view: Option<&View>, first: bool) -> Result<(), Ended> {
    let mut out = io::BufWriter::new(render::out(Shown::Json));
    let plan = plan::json(&prepared.plan, args.members).map_err(io::Error::from)?;
    write!(out, "{}{}", if first { "" } else { ",\n" }, plan.trim_end().trim_end_matches('}'))?;
    if args.members {
        write!(out, ",\n  \"memberChanges\": [")?;
        let mut comma = "";
        run::lines(prepared, view, |line| {
            write!(out, "{comma}\n    {}", serde_json::to_string(&line).map_err(io::Error::from)?)?;
            comma = ",";
            Ok::<(), Ended>(())
        })?;
        write!(out, "\n  ]")?;
    }
    write!(out, "\n}}")?;
    Ok(out.flush()?)
}

fn print(text: &str) -> Result<(), u8> {
    render::out(Shown::Json).write_all(text.as_bytes()).map_err(|error| look::stdout_failed(&error))
}

/// A plan as reviewed: what `apply FILE` is bound to.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Saved {
    pub version: u32,
    /// The directory it was made from, absolute.
    pub directory: PathBuf,
    pub sandbox: bool,
    pub exports: Vec<SavedExport>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedExport {
    pub export: String,
    pub digest: String,
    pub add: u64,
    pub update: u64,
    pub remove: u64,
}

fn save(file: &Path, session: &Session, plans: &[Plan]) -> Result<(), u8> {
    let saved = Saved {
        version: 1,
        directory: session.catalog.root.clone(),
        sandbox: session.sandbox.is_some(),
        exports: plans.iter().map(saved).collect(),
    };
    let write = || -> io::Result<()> {
        let mut out = aside(file)?;
        serde_json::to_writer_pretty(&mut out, &saved)?;
        out.write_all(b"\n")?;
        Ok(out.persist(file).map(drop)?)
    };
    write().map_err(|error| session::fail(&format!("{} cannot be written: {error}", file.display()), None))?;
    render::talk(&format!("saved to {0}; `listkeeper apply {0}` carries out exactly this, or refuses if the world moved", file.display()));
    Ok(())
}

/// A new file beside the one that is wanted, for this user alone, to be renamed to it: what stands there already, and may
/// be open to others or a link to elsewhere, is never written to.
fn aside(file: &Path) -> io::Result<tempfile::NamedTempFile> {
    match std::fs::symlink_metadata(file) {
        Ok(there) if !there.is_file() => return Err(io::Error::other("it is there, and not a regular file (a link is not followed)")),
        _ => {}
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new().prefix(".listkeeper-plan-").tempfile_in(folder)
}

fn saved(plan: &Plan) -> SavedExport {
    SavedExport {
        export: plan.export.clone(),
        digest: plan.digest.0.clone(),
        add: plan.members.new,
        update: plan.members.update,
        remove: plan.members.leave,
    }
}
