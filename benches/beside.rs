//! A first load beside what people do without Listkeeper: a script that sends 500 rows a call, tags and all, with eight threads
//! (the vendor's guide), and a tool that sends one such call after the other:
//! `cargo bench --bench beside [-- --rows 20000 --latency-ms 100 --row-latency-ms 1]`
//!
//! Neither of the others asks whom the vendor knows, or records anything.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a measurement stops where it stands")]

#[path = "generate/mod.rs"]
mod customers;
mod vendor;
mod watched;

use clap::Parser;
use serde_json::{Value, json};
use std::{
    error::Error,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use vendor::{Latency, Vendor};

const ROWS_A_CALL: usize = 500;

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 20_000)]
    rows: u64,
    #[arg(long, default_value_t = 100)]
    latency_ms: u64,
    #[arg(long, default_value_t = 1)]
    row_latency_ms: u64,
    /// Runs of each; the fastest counts
    #[arg(long, default_value_t = 3)]
    repeat: u32,
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("customers.csv");
    customers::Customers::new(args.rows).write(&file)?;
    println!("{} rows, {} ms a call and {} ms a row", args.rows, args.latency_ms, args.row_latency_ms);
    let ours = fastest(&args, |endpoint| listkeeper(dir.path(), endpoint))?;
    println!("listkeeper apply               {:>6.2} s", ours.as_secs_f64());
    for (name, threads) in [("a script with 8 threads", 8), ("one call after the other", 1)] {
        let theirs = fastest(&args, |endpoint| script(&file, endpoint, threads))?;
        println!("{name:<30} {:>6.2} s = {:.2} x", theirs.as_secs_f64(), theirs.as_secs_f64() / ours.as_secs_f64());
    }
    Ok(())
}

/// Each run against an empty vendor; all of them must end with everyone tagged.
fn fastest(args: &Args, load: impl Fn(&str) -> Result<Duration, Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let mut fastest = Duration::MAX;
    for _ in 0..args.repeat {
        let ms = Duration::from_millis;
        let (vendor, endpoint) = Vendor::start(Latency { of_a_call: ms(args.latency_ms), of_a_row: ms(args.row_latency_ms) })?;
        fastest = fastest.min(load(&endpoint)?);
        let (contacts, tagged, _) = vendor.holds();
        assert_eq!((contacts as u64, tagged as u64), (args.rows, args.rows));
    }
    Ok(fastest)
}

fn listkeeper(dir: &Path, endpoint: &str) -> Result<Duration, Box<dyn Error>> {
    fs::write(dir.join("lists.yaml"), definitions(endpoint))?;
    let state = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
    command.args(["apply", "--yes", "--state"]).arg(state.path()).arg(dir).env("BENCH_KEY", "bench-us1");
    Ok(watched::run(&mut command)?.took)
}

fn definitions(endpoint: &str) -> String {
    format!(
        r#"apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {{customers: customers.csv}}
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
type: mailchimp
endpoint: {endpoint}
credentials: {{apiKey: {{env: BENCH_KEY}}}}
privacy: {{acceptedBy: bench@example.com, acceptedOn: 2026-01-01}}
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
guard: {{maxAdditions: none}}
"#
    )
}

/// Reads the file, sends it in pieces, takes whatever is answered.
fn script(file: &Path, endpoint: &str, threads: usize) -> Result<Duration, Box<dyn Error>> {
    let began = Instant::now();
    let calls = calls(file)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let (client, url) = (reqwest::Client::new(), format!("{endpoint}/lists/bench"));
    let send = |call: Value| {
        let request = client.post(&url).basic_auth("any", Some("bench-us1")).json(&call).send();
        async move { request.await?.error_for_status()?.json::<Value>().await }
    };
    runtime.block_on(async {
        use futures::{StreamExt as _, TryStreamExt as _};
        client.post(format!("{url}/segments")).json(&json!({"name": "Everyone", "static_segment": []})).send().await?;
        futures::stream::iter(calls).map(send).buffer_unordered(threads).try_collect::<Vec<_>>().await
    })?;
    Ok(began.elapsed())
}

fn calls(file: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(file)?;
    let headers = reader.headers()?.clone();
    let rows = reader.deserialize::<Vec<String>>().collect::<Result<Vec<_>, _>>()?;
    let cell = |row: &[String], name: &str| headers.iter().position(|header| header == name).map(|n| row[n].clone()).unwrap_or_default();
    let item = |row: &Vec<String>| {
        let fields = json!({"FNAME": cell(row, "FirstName"), "LTV": cell(row, "LifetimeValue").parse::<f64>().unwrap_or_default()});
        json!({"email_address": cell(row, "EMailAddress"), "status": "subscribed", "merge_fields": fields, "tags": ["Everyone"]})
    };
    let bodies =
        rows.chunks(ROWS_A_CALL).map(|rows| json!({"members": rows.iter().map(item).collect::<Vec<_>>(), "update_existing": false}));
    Ok(bodies.collect())
}
