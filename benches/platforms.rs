//! Each platform's stand-in, limits and all: a first load, a run without changes, a delta of 1 %, and then all four at once:
//! `cargo bench --bench platforms [-- --rows 100000 --only iterable]`
//!
//! The stand-ins run in a process of their own, ten times as fast as the vendors; times are the vendors', so that what Listkeeper
//! itself takes counts ten times. `--real-time` runs them as fast as the vendors are: minutes for a million, and without Constant
//! Contact, which one signs in to.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a measurement stops where it stands")]

#[path = "generate/mod.rs"]
mod customers;
mod watched;

use clap::Parser;
use serde_json::Value;
use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// That of a rehearsal (`--sandbox`).
const SPEED: f64 = 10.0;
const PLATFORMS: [&str; 4] = ["mailchimp", "omnisend", "constant-contact", "iterable"];

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 100_000)]
    rows: u64,
    /// Only this platform
    #[arg(long)]
    only: Option<String>,
    /// As fast as the vendors are
    #[arg(long)]
    real_time: bool,
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    println!("{} rows; times are the vendors'{}", args.rows, if args.real_time { "" } else { ", ten times the wall's" });
    let wanted = |platform: &&str| args.only.as_deref().is_none_or(|only| only == *platform);
    for platform in PLATFORMS.into_iter().filter(wanted).filter(|platform| !args.real_time || path_of(platform).is_some()) {
        let stage = Stage::new(&[platform], &args)?;
        stage.report("first load", &[platform])?;
        stage.report("without changes", &[platform])?;
        customers::Customers { changed: 0.01, gone: 0.005, new: 0.005, ..customers::Customers::new(args.rows) }.write(&stage.file())?;
        stage.report("1 % changed, 0.5 % gone and new", &[platform])?;
    }
    if args.only.is_none() && !args.real_time {
        let stage = Stage::new(&PLATFORMS, &args)?;
        stage.report("first load", &PLATFORMS)?;
    }
    Ok(())
}

/// Definitions, a state, and the stand-ins.
struct Stage {
    dir: tempfile::TempDir,
    sandbox: Child,
    page: String,
    real_time: bool,
}

/// Where its API is below the page; `None`: a key does not do.
fn path_of(platform: &str) -> Option<&'static str> {
    match platform {
        "mailchimp" => Some("mailchimp/3.0"),
        "omnisend" => Some("omnisend/api"),
        "iterable" => Some("iterable/api"),
        _ => None,
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.sandbox.kill();
        let _ = self.sandbox.wait();
    }
}

impl Stage {
    fn new(platforms: &[&str], args: &Args) -> Result<Self, Box<dyn Error>> {
        let dir = tempfile::tempdir()?;
        fs::create_dir(dir.path().join("lists"))?;
        let speed = if args.real_time { "1" } else { "10" };
        let mut sandbox = listkeeper(dir.path()).args(["sandbox", "--speed", speed, "--port", "0"]).stdout(Stdio::piped()).spawn()?;
        let mut told = BufReader::new(sandbox.stdout.take().ok_or("no output")?).lines().map_while(Result::ok);
        let line = told.find(|line| line.starts_with("What they received")).ok_or("no sandbox")?;
        told.take_while(|line| !line.starts_with("Ctrl-C")).for_each(drop);
        let page = line.split_whitespace().last().unwrap_or_default().to_owned();
        fs::write(dir.path().join("lists/lists.yaml"), definitions(platforms, args.real_time.then_some(&page)))?;
        let stage = Self { dir, sandbox, page, real_time: args.real_time };
        customers::Customers::new(args.rows).write(&stage.file())?;
        Ok(stage)
    }

    fn file(&self) -> std::path::PathBuf {
        self.dir.path().join("lists/customers.csv")
    }

    /// Runs the program once, and says what it took.
    fn report(&self, what: &str, platforms: &[&str]) -> Result<(), Box<dyn Error>> {
        let before = self.counts(platforms)?;
        let mut command = listkeeper(self.dir.path());
        command.args(["apply", "--yes"]).args((!self.real_time).then_some("--sandbox")).arg(self.dir.path().join("lists"));
        let ran = watched::run(command.env("NONE", "sandbox-us0"))?;
        let (seconds, peak_mb) = (ran.took.as_secs_f64() * if self.real_time { 1.0 } else { SPEED }, ran.peak_mb);
        let after = self.counts(platforms)?;
        let (calls, violations) = (after.0 - before.0, after.1 - before.1);
        println!("{:<44} {what:<32} {seconds:>8.0} s {calls:>7} calls {peak_mb:>6.0} MB {violations} violations", platforms.join(", "));
        Ok(())
    }

    /// Requests and violations so far.
    fn counts(&self, platforms: &[&str]) -> Result<(u64, u64), Box<dyn Error>> {
        let mut sum = (0, 0);
        for platform in platforms {
            let url = format!("{}_sandbox/{platform}/requests", self.page);
            let answer: Value = tokio::runtime::Runtime::new()?.block_on(async { reqwest::get(url).await?.json().await })?;
            sum.0 += answer["requests"].as_u64().unwrap_or(0);
            sum.1 += answer["violations"].as_u64().unwrap_or(0);
        }
        Ok(sum)
    }
}

fn listkeeper(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
    command.arg("--state").arg(dir.join("state"));
    command
}

/// `page`: that of stand-ins to be called where they are.
fn definitions(platforms: &[&str], page: Option<&String>) -> String {
    let mut yaml = String::from(
        "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {customers: customers.csv}
---
apiVersion: listkeeper/v1
kind: Segment
name: everyone
displayName: Everyone
source: crm
table: customers
",
    );
    for platform in platforms {
        let (credentials, target, fields, status) = match *platform {
            "mailchimp" => (
                "apiKey: {env: NONE}",
                AUDIENCE,
                "FNAME: FirstName, LTV: {column: LifetimeValue, type: number}",
                "newContacts: {status: subscribed}",
            ),
            "omnisend" => (
                "apiKey: {env: NONE}",
                "",
                "firstName: FirstName, ltv: {column: LifetimeValue, type: number}",
                "newContacts: {status: non-subscribed}",
            ),
            "iterable" => {
                ("apiKey: {env: NONE}", "", "firstName: {column: FirstName, type: text}, ltv: {column: LifetimeValue, type: number}", "")
            }
            _ => ("oauth: {clientId: bench}", "list: Everyone", "first_name: FirstName, ltv: {column: LifetimeValue, type: number}", ""),
        };
        let endpoint = page.zip(path_of(platform)).map(|(page, path)| format!("endpoint: {page}{path}\n")).unwrap_or_default();
        yaml.push_str(&format!(
            "---
apiVersion: listkeeper/v1
kind: Connection
name: {platform}
type: {platform}
{endpoint}credentials: {{{credentials}}}
privacy: {{acceptedBy: bench@example.com, acceptedOn: 2026-01-01}}
---
apiVersion: listkeeper/v1
kind: Export
name: to-{platform}
connection: {platform}
segments: [everyone]
target: {{{target}}}
match: {{email: EMailAddress}}
attributes: {{{fields}}}
{status}
guard: {{maxAdditions: none, maxMembers: 100000000}}
"
        ));
    }
    yaml
}

/// Made by the first run.
const AUDIENCE: &str = "audience: {name: Bench, create: {company: Bench, address1: 1 Main St, city: Paris, country: FR, \
                        permissionReminder: You signed up., fromName: Bench, fromEmail: news@contoso.test, language: en}}";
