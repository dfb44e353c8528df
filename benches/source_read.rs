//! How fast a source is read, and with how much memory:
//! `cargo bench --bench source_read [-- --rows 1000000] [--dir DIR] [--only NAME]`
//!
//! Each case runs in a process of its own, so that the peak memory shown is that case's.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a measurement stops where it stands")]

#[path = "generate/mod.rs"]
mod customers;

use clap::Parser;
use listkeeper::{
    definition::{Files, Location, Name, Rows, Selection, Source, SourceKind, Table},
    source::{Access, SqlLimits, open},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Instant,
};

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// Where the files are, or are put; without it a temporary folder.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// One case, in this process.
    #[arg(long)]
    only: Option<String>,
    #[arg(long, hide = true)]
    bench: bool,
}

const THREE: &[&str] = &["CustomerId", "EMailAddress", "LifetimeValue"];

/// Name, query, columns.
const CASES: &[(&str, &str, &[&str])] = &[
    ("csv, 3 columns", "SELECT * FROM customers", THREE),
    ("csv, 12 columns", "SELECT * FROM customers", &customers::COLUMNS),
    ("csv, a tenth of the rows", "SELECT * FROM customers WHERE LifetimeValue > 1800", &customers::COLUMNS),
    ("csv.gz, 3 columns", "SELECT * FROM zipped", THREE),
    ("parquet, 3 columns", "SELECT * FROM parquet", THREE),
    ("parquet, 12 columns", "SELECT * FROM parquet", &customers::COLUMNS),
    ("sorted by value", "SELECT * FROM customers ORDER BY LifetimeValue DESC LIMIT 1000000000", THREE),
    (
        "join, 2 tables",
        "SELECT c.*, o.OrderDate FROM customers c JOIN orders o ON o.CustomerId = c.CustomerId",
        &["CustomerId", "EMailAddress", "LifetimeValue", "OrderDate"],
    ),
    (
        "join, grouped",
        "SELECT c.CustomerId, c.EMailAddress, sum(o.Amount) AS spent FROM customers c JOIN orders o ON o.CustomerId = c.CustomerId GROUP BY c.CustomerId",
        &["CustomerId", "EMailAddress", "spent"],
    ),
    (
        "orders of each (exists)",
        "SELECT * FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.CustomerId = c.CustomerId AND o.Amount > 400)",
        THREE,
    ),
    (
        "join to itself",
        "SELECT a.* FROM customers a JOIN customers b ON b.CustomerId = a.CustomerId AND b.EMailAddress = a.EMailAddress",
        THREE,
    ),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let temporary = tempfile::tempdir()?;
    let dir = args.dir.clone().unwrap_or_else(|| temporary.path().to_owned());
    if let Some(only) = &args.only {
        return one(&dir, only);
    }
    generate(&dir, args.rows)?;
    println!("{:<28} {:>10} {:>9} {:>10}", "case", "rows", "seconds", "peak MB");
    for (name, ..) in CASES {
        let status = Command::new(std::env::current_exe()?).args(["--only", name, "--dir"]).arg(&dir).status()?;
        if !status.success() {
            return Err(format!("{name}: {status}").into());
        }
    }
    Ok(())
}

fn generate(dir: &Path, rows: u64) -> std::io::Result<()> {
    let customers = customers::Customers::new(rows);
    let csv = dir.join("customers.csv");
    if !csv.exists() {
        customers.write(&csv)?;
        customers.write(&dir.join("customers.parquet"))?;
        customers::orders(rows, rows, 1, &dir.join("orders.csv"))?;
        let mut zipped = flate2::write::GzEncoder::new(std::fs::File::create(dir.join("customers.csv.gz"))?, flate2::Compression::fast());
        std::io::copy(&mut std::fs::File::open(&csv)?, &mut zipped)?;
        zipped.finish()?;
    }
    println!("customers.csv: {rows} rows, {} MB", std::fs::metadata(&csv)?.len() / 1_000_000);
    Ok(())
}

fn one(dir: &Path, name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let (_, query, columns) = CASES.iter().find(|(case, ..)| *case == name).ok_or("no such case")?;
    let segment = segment(dir, query)?;
    let began = Instant::now();
    let mut bytes = 0;
    let report = open(&segment, &Access::local(SqlLimits::default(), Arc::default()))?.read(columns, &mut |batch| {
        for row in 0..batch.len() {
            if let listkeeper::source::Cell::Text(text) = batch.cell(row, 0) {
                bytes += text.len();
            }
        }
        Ok(())
    })?;
    std::hint::black_box(bytes);
    println!("{name:<28} {:>10} {:>9.2} {:>10.1}", report.rows, began.elapsed().as_secs_f64(), peak_mb());
    Ok(())
}

fn segment(dir: &Path, query: &str) -> Result<Rows, &'static str> {
    let files =
        [("customers", "customers.csv"), ("zipped", "customers.csv.gz"), ("parquet", "customers.parquet"), ("orders", "orders.csv")];
    let table = |file: &str| Table {
        pattern: file.to_owned(),
        location: Location::Local(dir.join(file)),
        format: None,
        delimiter: None,
        encoding: None,
        columns: std::collections::BTreeMap::new(),
        skip_rows: 0,
        nulls: None,
        written: None,
    };
    let tables = files.into_iter().map(|(name, file)| (name.to_owned(), table(file))).collect::<BTreeMap<_, _>>();
    let kind = SourceKind::Files(Files { tables, ..Files::default() });
    let source = Arc::new(Source { name: Name::new("bench")?, kind, export_user: None });
    Ok(Rows {
        segment: Name::new("bench")?,
        file: PathBuf::from("bench.yaml"),
        source,
        select: Selection::Query(query.to_owned()),
        written: None,
    })
}

/// The most memory this process ever had resident, where the system tells.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
