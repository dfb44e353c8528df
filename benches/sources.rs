//! How fast a segment is read from where it lives and a first load of it is planned, and with how much memory, beside the
//! engine's own client writing the same rows to a file:
//! `tests/engines/run cargo bench --bench sources -- [--rows 1000000] [--engine postgresql]`
//!
//! A reading is the segment's rows and no more; a plan is the whole program, sandbox included. Each runs in a process of its own,
//! so that the peak memory shown is its own. DuckDB runs inside the process that reads, so that its memory is counted too.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a measurement stops where it stands")]

#[path = "generate/mod.rs"]
mod customers;
mod watched;

use adbc_core::{
    Connection, Database, Driver, Statement,
    options::{AdbcVersion, OptionDatabase},
};
use adbc_driver_manager::ManagedDriver;
use clap::Parser;
use listkeeper::{
    definition::{Adbc, Files, Location, Name, Rows, Secret, Selection, Source, SourceKind, Table},
    source::{Access, SqlLimits, open},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};
use watched::Ran;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// csv, parquet, postgresql, duckdb or spark; without it all of them.
    #[arg(long)]
    engine: Vec<String>,
    /// One reading, in this process, of what is already there.
    #[arg(long, hide = true)]
    read: Option<String>,
    #[arg(long, hide = true)]
    bench: bool,
}

const ALL: [&str; 5] = ["csv", "parquet", "postgresql", "duckdb", "spark"];
const COLUMNS: [&str; 3] = ["CustomerId", "EMailAddress", "LifetimeValue"];
const QUERY: &str = "SELECT CustomerId, EMailAddress, LifetimeValue FROM customers";

fn main() -> Result<()> {
    let args = Args::parse();
    let folder = PathBuf::from(std::env::var_os("LISTKEEPER_ENGINES").ok_or("no engines: tests/engines/run starts them")?);
    if let Some(engine) = &args.read {
        return read(&folder, engine);
    }
    let customers = customers::Customers::new(args.rows);
    customers.write(&folder.join("customers.csv"))?;
    customers.write(&folder.join("customers.parquet"))?;
    println!("{:<11} {:>9} {:>8} {:>8} {:>8} {:>8} {:>14}", "source", "rows", "read, s", "MB", "plan, s", "MB", "own client, s");
    for engine in ALL.into_iter().filter(|engine| args.engine.is_empty() || args.engine.iter().any(|wanted| wanted == engine)) {
        load(&folder, engine)?;
        let client = client(&folder, engine)?.map_or("-".to_owned(), seconds);
        let read = watched::run(Command::new(std::env::current_exe()?).args(["--read", engine]))?;
        let plan = watched::run(&mut plan(&folder, engine)?)?;
        let of = |ran: &Ran| format!("{:>8} {:>8.0}", seconds(ran.took), ran.peak_mb);
        println!("{engine:<11} {:>9} {} {} {client:>14}", args.rows, of(&read), of(&plan));
    }
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}

/// Reads the segment.
fn read(folder: &Path, engine: &str) -> Result<()> {
    let access = Access::local(SqlLimits::default(), Arc::default());
    let mut cells = 0;
    open(&segment(folder, engine)?, &access)?.read(&COLUMNS, &mut |batch| {
        cells += batch.len();
        Ok(())
    })?;
    std::hint::black_box(cells);
    Ok(())
}

/// The program planning a first load of it.
fn plan(folder: &Path, engine: &str) -> Result<Command> {
    let at = folder.join(format!("plan-{engine}"));
    std::fs::create_dir_all(&at)?;
    let source = match engine {
        "csv" | "parquet" => format!("type: files\ntables: {{customers: {}}}", folder.join(format!("customers.{engine}")).display()),
        _ => format!("type: adbc\ndriver: {engine}\nuri: '{}'", uri(folder, engine)?),
    };
    std::fs::write(at.join("lists.yaml"), DEFINITIONS.replace("SOURCE", &source).replace("QUERY", QUERY))?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
    command.args(["plan", "--sandbox", "--state"]).arg(at.join("state")).arg(&at);
    Ok(command)
}

const DEFINITIONS: &str = r#"apiVersion: listkeeper/v1
kind: Source
name: crm
SOURCE
---
apiVersion: listkeeper/v1
kind: Segment
name: everyone
source: crm
query: QUERY
---
apiVersion: listkeeper/v1
kind: Connection
name: account
type: mailchimp
credentials: {apiKey: {env: BENCH_KEY}}
privacy: {acceptedBy: bench@example.com, acceptedOn: 2026-01-01}
---
apiVersion: listkeeper/v1
kind: Export
name: bench
connection: account
segments: [everyone]
target:
  audience:
    name: Bench
    create: {company: Contoso, address1: 1 Lane, city: Seattle, state: WA, zip: "98101", country: US,
             permissionReminder: You signed up., fromName: Bench, fromEmail: news@contoso.test, language: en}
match: {id: CustomerId, email: EMailAddress}
attributes: {LTV: LifetimeValue}
newContacts: {status: subscribed}
"#;

fn segment(folder: &Path, engine: &str) -> Result<Rows> {
    let kind = match engine {
        "csv" | "parquet" => {
            let path = folder.join(format!("customers.{engine}"));
            let location = Location::Local(path.clone());
            let table = Table {
                pattern: path.display().to_string(),
                location,
                format: None,
                delimiter: None,
                encoding: None,
                columns: std::collections::BTreeMap::new(),
                skip_rows: 0,
                nulls: None,
                written: None,
            };
            SourceKind::Files(Files { tables: BTreeMap::from([("customers".to_owned(), table)]), ..Files::default() })
        }
        _ => SourceKind::Adbc(Adbc {
            driver: engine.to_owned(),
            uri: Some(Secret::Plain(uri(folder, engine)?)),
            options: BTreeMap::new(),
            max_rows: 100_000_000,
            timeout: Duration::from_secs(1800),
        }),
    };
    let source = Arc::new(Source { name: Name::new("bench")?, kind, export_user: None });
    let select = Selection::Query(QUERY.to_owned());
    Ok(Rows { segment: Name::new("bench")?, file: PathBuf::from("bench.yaml"), source, select, written: None })
}

fn uri(folder: &Path, engine: &str) -> Result<String> {
    Ok(std::fs::read_to_string(folder.join(engine))?.trim().to_owned())
}

/// Puts the customers into the engine.
fn load(folder: &Path, engine: &str) -> Result<()> {
    let file = |format: &str| folder.join(format!("customers.{format}")).display().to_string();
    let columns = customers::COLUMNS.map(|column| format!("{column} text")).join(", ");
    match engine {
        "postgresql" => {
            psql(folder, &format!("DROP TABLE IF EXISTS customers; CREATE TABLE customers ({columns})"))?;
            psql(folder, &format!("\\copy customers FROM '{}' WITH (FORMAT csv, HEADER)", file("csv")))
        }
        "duckdb" => {
            tell(folder, engine, &format!("CREATE OR REPLACE TABLE customers AS SELECT * FROM read_parquet('{}')", file("parquet")))
        }
        "spark" => {
            tell(folder, engine, "DROP TABLE IF EXISTS customers")?;
            tell(folder, engine, &format!("CREATE TABLE customers USING parquet LOCATION '{}'", file("parquet")))
        }
        _ => Ok(()),
    }
}

/// How long the engine's own way of writing the rows to a file takes; files have none.
fn client(folder: &Path, engine: &str) -> Result<Option<Duration>> {
    let to = folder.join(format!("{engine}.out")).display().to_string();
    let began = Instant::now();
    match engine {
        "postgresql" => psql(folder, &format!("\\copy ({QUERY}) TO '{to}' WITH (FORMAT csv)"))?,
        "duckdb" => tell(folder, engine, &format!("COPY ({QUERY}) TO '{to}' (FORMAT csv)"))?,
        "spark" => tell(folder, engine, &format!("INSERT OVERWRITE DIRECTORY '{to}' USING csv {QUERY}"))?,
        _ => return Ok(None),
    }
    Ok(Some(began.elapsed()))
}

fn psql(folder: &Path, command: &str) -> Result<()> {
    let status = Command::new("psql").args(["-q", "-v", "ON_ERROR_STOP=1", "-d", &uri(folder, "postgresql")?, "-c", command]).status()?;
    if status.success() { Ok(()) } else { Err(format!("psql: {status}").into()) }
}

/// Has an engine do something, past Listkeeper.
fn tell(folder: &Path, engine: &str, sql: &str) -> Result<()> {
    let manifest = folder.join(format!("drivers/{engine}.toml"));
    let mut driver = ManagedDriver::load_from_name(manifest, None, AdbcVersion::V110, 0, None)?;
    let database = driver.new_database_with_opts([(OptionDatabase::Uri, uri(folder, engine)?.as_str().into())])?;
    let mut statement = database.new_connection()?.new_statement()?;
    statement.set_sql_query(sql)?;
    statement.execute()?.try_for_each(|batch| batch.map(drop))?;
    Ok(())
}
