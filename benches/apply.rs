//! A first load, a run without changes and a delta of 1 % of the whole program, against a vendor whose calls take a fixed time:
//! `cargo bench --bench apply [-- --rows 1000000 --latency-ms 100 --connections 8 --format csv]`
//!
//! The first load is compared with the bound that the vendor sets (calls × latency ÷ connections), the run without changes with
//! the time that SQLite takes to read the three columns from the same file through the virtual table.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a measurement stops where it stands")]

#[path = "generate/mod.rs"]
mod customers;
mod vendor;
mod watched;

use clap::Parser;
use listkeeper::{
    definition::{Files, Location, Name, Rows, Selection, Source, SourceKind, Table},
    source::{Access, SqlLimits, open},
};
use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};
use vendor::{Latency, Vendor};
use watched::Ran;

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    #[arg(long, default_value_t = 100)]
    latency_ms: u64,
    #[arg(long, default_value_t = 8)]
    connections: u64,
    /// csv or parquet
    #[arg(long, default_value = "csv")]
    format: String,
    /// Runs without changes; the fastest counts
    #[arg(long, default_value_t = 3)]
    repeat: u32,
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let dir = tempfile::tempdir()?;
    let file = dir.path().join(format!("customers.{}", args.format));
    customers::Customers::new(args.rows).write(&file)?;
    let latency = Latency { of_a_call: Duration::from_millis(args.latency_ms), ..Latency::default() };
    let (vendor, endpoint) = Vendor::start(latency)?;
    fs::write(dir.path().join("lists.yaml"), definitions(&endpoint, &args))?;
    println!("{} rows, {} MB of {}", args.rows, fs::metadata(&file)?.len() / 1_000_000, args.format);
    let stage = Stage { dir: dir.path(), vendor: &vendor, args: &args };

    stage.report("first load")?;
    stage.without_changes(&file)?;
    customers::Customers { changed: 0.01, gone: 0.01, new: 0.01, ..customers::Customers::new(args.rows) }.write(&file)?;
    stage.report("1 % changed, gone, new")?;
    customers::Customers { changed: 1.0, gone: 0.01, new: 0.01, ..customers::Customers::new(args.rows) }.write(&file)?;
    stage.report("all changed")?;
    println!("the vendor has {:?} (contacts, tagged, single updates), at most {} at once", vendor.holds(), vendor.most_at_once());
    Ok(())
}

/// Definitions, and the vendor that they name.
struct Stage<'a> {
    dir: &'a Path,
    vendor: &'a Vendor,
    args: &'a Args,
}

impl Stage<'_> {
    /// Runs the program once, and says what it took beside what the vendor's answers alone take.
    fn report(&self, what: &str) -> Result<(), Box<dyn Error>> {
        let before = (self.vendor.writes(), self.vendor.pages());
        let ran = apply(self.dir)?;
        let (writes, pages) = (self.vendor.writes() - before.0, self.vendor.pages() - before.1);
        let alone = |calls: u64| calls as f64 * self.args.latency_ms as f64 / 1000.0 / self.args.connections as f64;
        let (bound, took) = (alone(writes) + alone(pages), ran.took.as_secs_f64());
        println!(
            "{what:<24} {took:>8.1} s = {:.2} x the bound of {bound:.1} s ({writes} writes, {pages} pages of contacts)  {:.1} MB",
            took / bound,
            ran.peak_mb
        );
        Ok(())
    }

    fn without_changes(&self, file: &Path) -> Result<(), Box<dyn Error>> {
        let read = (0..self.args.repeat).map(|_| read_three(file)).collect::<Result<Vec<_>, _>>()?.into_iter().min().unwrap_or_default();
        // The first one also reads whom the load before has changed.
        self.report("without changes, first")?;
        let again = (0..self.args.repeat).map(|_| apply(self.dir)).collect::<Result<Vec<_>, _>>()?;
        let quiet = again.iter().min_by_key(|r| r.took).ok_or("no run")?;
        assert!(quiet.err.contains("nothing to do"), "{}", quiet.err);
        let took = quiet.took.as_secs_f64();
        let times = took / read.as_secs_f64();
        println!(
            "{:<24} {took:>8.2} s = {times:.2} x the read of three columns ({:.2} s)  {:.1} MB",
            "without changes",
            read.as_secs_f64(),
            quiet.peak_mb
        );
        Ok(())
    }
}

fn definitions(endpoint: &str, args: &Args) -> String {
    format!(
        r#"apiVersion: listkeeper/v1
kind: Settings
readLimits: {{rows: {rows_limit}, disk: 16GiB}}
---
apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {{customers: customers.{format}}}
---
apiVersion: listkeeper/v1
kind: Segment
name: everyone
displayName: Everyone
source: crm
table: customers
---
apiVersion: listkeeper/v1
kind: Connection
name: vendor
displayName: Vendor
type: mailchimp
endpoint: {endpoint}
credentials: {{apiKey: {{env: BENCH_KEY}}}}
privacy: {{acceptedBy: bench@example.com, acceptedOn: 2026-01-01}}
limits: {{connections: {connections}}}
---
apiVersion: listkeeper/v1
kind: Export
name: bench
connection: vendor
segments: [everyone]
target: {{audienceId: bench}}
match: {{email: EMailAddress}}
attributes: {{FNAME: FirstName, LTV: {{column: LifetimeValue, type: number}}}}
newContacts: {{status: subscribed}}
guard: {{maxAdditions: none, maxMembers: 100000000}}
"#,
        rows_limit = args.rows * 2,
        format = args.format,
        connections = args.connections,
    )
}

fn apply(dir: &Path) -> Result<Ran, Box<dyn Error>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
    command.args(["apply", "--yes", "--state"]).arg(dir.join("state")).arg(dir).env("BENCH_KEY", "bench-us1");
    watched::run(&mut command)
}

fn read_three(file: &Path) -> Result<Duration, Box<dyn Error>> {
    let location = Location::Local(PathBuf::from(file));
    let table = Table {
        pattern: "customers".into(),
        location,
        format: None,
        delimiter: None,
        encoding: None,
        columns: std::collections::BTreeMap::new(),
        skip_rows: 0,
        nulls: None,
        written: None,
    };
    let files = Files { tables: BTreeMap::from([("customers".into(), table)]), ..Files::default() };
    let source = Arc::new(Source { name: Name::new("crm")?, kind: SourceKind::Files(files), export_user: None });
    let select = Selection::Table("customers".into());
    let wanted = Rows { segment: Name::new("everyone")?, file: PathBuf::from("bench"), source, select, written: None };
    let began = Instant::now();
    let mut rows = 0;
    open(&wanted, &Access::local(SqlLimits::default(), Arc::default()))?.read(
        &["EMailAddress", "FirstName", "LifetimeValue"],
        &mut |batch| {
            rows += batch.len();
            Ok(())
        },
    )?;
    std::hint::black_box(rows);
    Ok(began.elapsed())
}
