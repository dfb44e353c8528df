//! `listkeeper run`.

use super::{
    Globals, exit, render,
    session::{self, Access, Session, Target},
};
use crate::{
    daemon::{self, Listener},
    definition::Export,
    plan::{self, Plan, words::counted},
    run::{Failure, Report, Watch},
};
use chrono::{DateTime, Local, Utc};
use std::{cell::Cell, rc::Rc, sync::Arc};

/// Keep the lists equal: create what is missing, then sync each export at its times until stopped
#[derive(clap::Args)]
#[command(after_help = "Examples:
  listkeeper run examples/quickstart --sandbox   the whole product in two minutes, nothing leaves this machine
  listkeeper run /etc/listkeeper                 the real thing

Ctrl-C finishes what is in flight; the next start goes on from there.")]
pub struct Args {
    #[command(flatten)]
    pub target: Target,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    session::block_on(work(args, globals)).unwrap_or_else(|code| code)
}

async fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    let session = Session::open(&args.target, globals, Access::Write).await?;
    session.stop_on_signal();
    greet(&session);
    let sandbox = session.sandbox.as_ref().map(|s| s.page().to_string());
    let teller: Rc<dyn Listener> = Rc::new(Teller { directory: args.target.dir.display().to_string(), sandbox, empty_runs: Cell::new(0) });
    tokio::task::LocalSet::new().run_until(daemon::serve(&session.engine, &session.exports, &teller)).await;
    session.close().await;
    render::talk("stopped; everything acknowledged is recorded");
    Ok(exit::DONE)
}

fn greet(session: &Session) {
    let exports = counted(session.exports.len() as u64, "export", "exports");
    render::talk(&format!("listkeeper {}: {exports} from {}", env!("CARGO_PKG_VERSION"), session.catalog.root.display()));
    render::talk(&format!("state: {}", session.engine.state.path().display()));
    if let Some(sandbox) = &session.sandbox {
        render::talk(&format!("sandbox: nothing leaves this machine; see what it received at {}", sandbox.page()));
    }
}

/// Tells a terminal or a log what the daemon does.
struct Teller {
    directory: String,
    sandbox: Option<String>,
    empty_runs: Cell<u32>,
}

impl Listener for Teller {
    fn prepared(&self, export: &Export, result: &Result<usize, Failure>) {
        match result {
            Ok(0) => say(&format!("{}: connected to {}", export.name, export.connection.display_name)),
            Ok(made) => say(&format!(
                "{}: connected to {}; {made} lists, tags and fields created or taken over",
                export.name, export.connection.display_name
            )),
            Err(failure) => render::failure(export.name.as_str(), failure),
        }
    }

    fn waiting(&self, next: Option<DateTime<Utc>>) {
        match next {
            Some(at) => say(&format!("next run at {}", at.with_timezone(&Local).format("%F %T %Z"))),
            None => say("no export has a schedule; `listkeeper apply` runs them on demand"),
        }
    }

    fn starts(&self, export: &Export) -> Arc<dyn Watch> {
        say(&format!("{}: run begins", export.name));
        session::watch()
    }

    fn planned(&self, _: &Export, plan: &Plan) {
        if !plan.is_empty() || !plan.verdict.passes() {
            render::talk(&render::painted(&plan::text(plan)));
        }
    }

    fn ended(&self, export: &Export, report: &Report) {
        render::report(export.name.as_str(), report);
        if report.is_empty() {
            self.empty_runs.set(self.empty_runs.get() + 1);
            if self.empty_runs.get() == 1 {
                self.what_next(export);
            }
        }
    }
}

impl Teller {
    /// Once, after the first run that had nothing to do.
    fn what_next(&self, export: &Export) {
        let Some(page) = &self.sandbox else { return };
        let dir = &self.directory;
        render::talk(&format!(
            "
The lists are equal to what the files say, and stay so. What to try next:
  * look at what the stand-in received: {page}
  * change, add or delete a row in the data below {dir} and wait for the next minute: exactly that is sent
  * in another terminal, what would happen now, and what did:
      listkeeper plan {dir} --sandbox --members
      listkeeper history {} --sandbox
      listkeeper rejected {} --sandbox
  * read {dir}/*.yaml: every line is explained; `listkeeper init my-lists` writes a start of your own
Ctrl-C stops.
",
            export.name, export.name
        ));
    }
}

fn say(text: &str) {
    render::talk(&format!("{}  {text}", Local::now().format("%T")));
}
