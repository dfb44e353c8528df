//! Writes generated customers or orders to a file:
//! `cargo bench --bench generate -- --rows 1000000 --out customers.csv [--seed 1] [--changed 0.01 --gone 0.01 --new 0.01]`
//! (a path that ends in .parquet gives Parquet; `--orders` gives orders of those customers).

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a measurement stops where it stands")]

#[path = "generate/mod.rs"]
mod customers;

use clap::Parser;
use std::path::PathBuf;

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Fraction of the customers with another value.
    #[arg(long, default_value_t = 0.0)]
    changed: f64,
    /// Fraction of the customers that are missing.
    #[arg(long, default_value_t = 0.0)]
    gone: f64,
    /// Fraction of customers that are added.
    #[arg(long, default_value_t = 0.0)]
    new: f64,
    /// Orders of that many customers, as many, instead of customers.
    #[arg(long)]
    orders: bool,
    #[arg(long)]
    out: Option<PathBuf>,
    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> std::io::Result<()> {
    let args = Args::parse();
    let Some(out) = args.out else {
        eprintln!("nothing to write: give --out FILE.csv or FILE.parquet after --");
        return Ok(());
    };
    let customers = customers::Customers {
        seed: args.seed,
        changed: args.changed,
        gone: args.gone,
        new: args.new,
        ..customers::Customers::new(args.rows)
    };
    if args.orders {
        customers::orders(args.rows, args.rows, args.seed, &out)?
    } else {
        customers.write(&out)?
    }
    eprintln!("{}: {} bytes", out.display(), std::fs::metadata(&out)?.len());
    Ok(())
}
