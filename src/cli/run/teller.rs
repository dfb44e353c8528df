//! What a person at a terminal sees of the daemon.

use super::systemd::Systemd;
use crate::{
    cli::{render, session},
    daemon::{Listener, Reading},
    definition::{Catalog, Export},
    plan::{self, Plan, words::counted},
    run::{Failure, Report, Watch},
};
use chrono::{DateTime, Local, TimeDelta, Utc};
use std::{cell::Cell, path::Path, sync::Arc};

pub struct Teller {
    systemd: Systemd,
    directory: String,
    sandbox: Option<String>,
    empty_runs: Cell<u32>,
    readings: Cell<u32>,
}

impl Teller {
    /// Says what is about to be served.
    pub fn greeting(systemd: Systemd, directory: &Path, state: &Path, sandbox: Option<String>) -> Self {
        render::talk(&format!("listkeeper {}: {}", env!("CARGO_PKG_VERSION"), directory.display()));
        render::talk(&format!("state: {}", state.display()));
        if let Some(page) = &sandbox {
            render::talk(&format!("sandbox: nothing leaves this machine; see what it received at {page}"));
        }
        let directory = directory.display().to_string();
        Self { systemd, directory, sandbox, empty_runs: Cell::new(0), readings: Cell::new(0) }
    }
}

impl Listener for Teller {
    fn reloading(&self) {
        self.systemd.reloading();
    }

    fn reading(&self, reading: &Reading<'_>) {
        let readings = self.readings.replace(self.readings.get() + 1);
        match reading {
            Reading::Same => {
                say("the directory was looked at: nothing has changed");
                self.systemd.ready("nothing has changed");
            }
            Reading::Taken(catalog) => {
                render::diagnostics::eprint(catalog);
                let what = served(catalog);
                say(&if readings == 0 { what.clone() } else { format!("the directory changed: {what}") });
                self.systemd.ready(&what);
            }
            Reading::Held { catalog, reason, missing } => {
                let gone = if missing.is_empty() { String::new() } else { format!(": {}", missing.join(", ")) };
                render::error(
                    &format!("the directory is held: {reason}{gone}; what was there before goes on"),
                    &["put back what is gone, or, if it is meant:", &format!("listkeeper approve {}", short(&catalog.digest))],
                );
                self.systemd.ready(&format!("held: {reason}"));
            }
        }
    }

    fn watching(&self, polling: Option<&str>) {
        match polling {
            Some(why) => say(&format!("the directory is only looked at from time to time: {why}")),
            None => say("the directory is watched"),
        }
    }

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
            Some(at) => say(&format!("next run at {}", local(at))),
            None => say("no export has a schedule; `listkeeper trigger EXPORT` runs one"),
        }
    }

    fn queued(&self, export: &Export, behind: &str) {
        say(&format!("{}: waits for {behind}", export.name));
    }

    fn starts(&self, export: &Export) -> Arc<dyn Watch> {
        say(&format!("{}: run begins", export.name));
        session::watch()
    }

    fn planned(&self, _: &Export, plan: &Plan) {
        if !plan.is_empty() || !plan.verdict.passes() {
            render::tell(&plan::text(plan));
        }
    }

    fn ended(&self, export: &Export, report: &Report, again: Option<DateTime<Utc>>) {
        render::report(export.name.as_str(), report);
        if let Some(at) = again {
            say(&format!("{}: tried again at {}", export.name, local(at)));
        }
        if report.is_empty() {
            self.empty_runs.set(self.empty_runs.get() + 1);
            if self.empty_runs.get() == 1 {
                self.what_next(export);
            }
        }
    }

    fn skipped(&self, export: &Export, reason: &str) {
        say(&format!("{}: {reason}", export.name));
    }

    fn probed(&self, connection: &str, failed: Option<&str>) {
        if let Some(why) = failed {
            render::error(&format!("connection {connection}: {why}"), &[]);
        }
    }

    fn clock_moved(&self, by: TimeDelta) {
        let way = if by > TimeDelta::zero() { "forward" } else { "back" };
        let by = plan::words::duration(by.num_seconds().unsigned_abs());
        say(&format!("the system clock moved {way} by {by}: next runs are computed again"));
    }

    fn trouble(&self, failure: &Failure) {
        render::failure("the daemon itself", failure);
    }

    fn alive(&self) {
        self.systemd.alive();
    }

    fn stopping(&self, _: usize) {
        self.systemd.stopping();
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
  * change a definition in {dir}: it is taken up as soon as you save
  * in another terminal, what would happen now, what did, and a run at once:
      listkeeper plan {dir} --sandbox --members
      listkeeper status {dir} --sandbox
      listkeeper trigger {} --sandbox
  * read {dir}/*.yaml: every line is explained; `listkeeper init my-lists` writes a start of your own
Ctrl-C stops.
",
            export.name
        ));
    }
}

fn served(catalog: &Catalog) -> String {
    let exports = counted(catalog.exports.len() as u64, "export", "exports");
    match catalog.stalled.len() {
        0 => exports,
        stalled => format!("{exports}, {stalled} more stalled until their definitions are fixed"),
    }
}

fn short(digest: &str) -> &str {
    render::table::short(digest)
}

fn local(at: DateTime<Utc>) -> String {
    at.with_timezone(&Local).format("%F %T %Z").to_string()
}

fn say(text: &str) {
    render::talk(&format!("{}  {text}", Local::now().format("%T")));
}
