//! `listkeeper validate`.

use super::{
    exit, look,
    render::diagnostics::{self, plural},
};
use crate::definition::{self, Catalog};
use std::path::PathBuf;

/// Check every definition; needs no network
///
/// Reads all YAML files below the directory and reports everything that is wrong with them at once, each with its place
/// and what to do. Exit code 0: all is well; 78: something must be fixed.
#[derive(clap::Args)]
pub struct Args {
    /// Directory that holds the definitions
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// Print the result as JSON on stdout
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> u8 {
    let catalog = definition::read(&args.dir);
    if args.json {
        let _ = look::print(|out| writeln!(out, "{:#}", json(&catalog)));
    } else {
        diagnostics::eprint(&catalog);
        if !catalog.has_errors() {
            print!("{}", summary(&catalog));
        }
    }
    if catalog.has_errors() { exit::INVALID } else { exit::DONE }
}

/// What was found, in a few lines.
fn summary(catalog: &Catalog) -> String {
    let scheduled = catalog.exports.values().filter(|export| export.schedule.is_some() && !export.suspend).count();
    let suspended = catalog.exports.values().filter(|export| export.suspend).count();
    let mut text = format!(
        "Valid: {} ({scheduled} scheduled{}), {}, {}, {}\n",
        plural(catalog.exports.len(), "export"),
        if suspended > 0 { format!(", {suspended} suspended") } else { String::new() },
        plural(catalog.segments.len(), "segment"),
        plural(catalog.sources.len(), "source"),
        plural(catalog.connections.len(), "connection"),
    );
    for file in &catalog.foreign {
        text.push_str(&format!("Not ours, ignored: {}\n", file.display()));
    }
    text
}

fn json(catalog: &Catalog) -> serde_json::Value {
    serde_json::json!({
        "valid": !catalog.has_errors(),
        "digest": catalog.digest,
        "exports": catalog.exports.keys().map(definition::Name::as_str).collect::<Vec<_>>(),
        "segments": catalog.segments.keys().map(definition::Name::as_str).collect::<Vec<_>>(),
        "sources": catalog.sources.keys().map(definition::Name::as_str).collect::<Vec<_>>(),
        "connections": catalog.connections.keys().map(definition::Name::as_str).collect::<Vec<_>>(),
        "foreign": catalog.foreign,
        "diagnostics": diagnostics::json(catalog),
    })
}
