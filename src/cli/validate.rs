//! `listkeeper validate`; with `--online` each segment's source is asked too.

mod local;
mod online;

use super::{
    exit, look,
    render::diagnostics::{self, plural},
};
use crate::{
    definition::{self, Catalog},
    plan::words::plain,
};
use std::path::PathBuf;

/// Check every definition; needs no network unless asked
///
/// Reads all YAML files below the directory and reports everything that is wrong with them at once, each with its place
/// and what to do. The SQL of segments over files is read too; where files below the directory are there, so are their tables,
/// columns and, for some seconds, the cells that a query compares with numbers. With `--online` every segment is tried at its source too: files are found and their headers read,
/// databases explain the query, Customer Insights is asked for the segment; no rows are read and nothing is sent.
/// Exit code 0: all is well; 1: a source did not answer as it should; 78: something must be fixed.
#[derive(clap::Args)]
pub struct Args {
    /// Directory that holds the definitions
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// Ask the sources too: does the query run, are the columns there that exports need
    #[arg(long)]
    online: bool,
    /// Print the result as JSON on stdout
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> u8 {
    let mut catalog = definition::read(&args.dir);
    local::check(&mut catalog);
    let sources = (args.online && !catalog.has_errors()).then(|| online::check(&catalog));
    if args.json {
        if let Err(code) = look::print_json(|out| writeln!(out, "{:#}", json(&catalog, sources.as_ref()))) {
            return code;
        }
    } else {
        diagnostics::eprint(&catalog);
        if is_valid(&catalog)
            && let Err(code) = look::print(|out| write!(out, "{}", summary(&catalog)))
        {
            return code;
        }
        sources.iter().flatten().for_each(online::tell);
    }
    match sources {
        _ if !is_valid(&catalog) => exit::INVALID,
        Some(sources) if sources.iter().any(|tried| tried.columns.is_err()) => exit::FAILED,
        _ => exit::DONE,
    }
}

/// A check before a commit is stricter than a run: what a file that is not YAML was meant to be, nobody can know.
fn is_valid(catalog: &Catalog) -> bool {
    !catalog.has_errors() && catalog.unparsed.is_empty()
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
        text.push_str(&format!("Not ours, ignored: {}\n", plain(&file.display().to_string())));
    }
    text
}

fn json(catalog: &Catalog, sources: Option<&Vec<online::Tried>>) -> serde_json::Value {
    let mut json = serde_json::json!({
        "valid": is_valid(catalog),
        "digest": catalog.digest,
        "exports": catalog.exports.keys().map(definition::Name::as_str).collect::<Vec<_>>(),
        "segments": catalog.segments.keys().map(definition::Name::as_str).collect::<Vec<_>>(),
        "sources": catalog.sources.keys().map(definition::Name::as_str).collect::<Vec<_>>(),
        "connections": catalog.connections.keys().map(definition::Name::as_str).collect::<Vec<_>>(),
        "foreign": catalog.foreign,
        "links": catalog.links.iter().map(|(link, target)| serde_json::json!({"link": link, "target": target})).collect::<Vec<_>>(),
        "diagnostics": diagnostics::json(catalog),
    });
    if let Some(sources) = sources {
        json["online"] = sources.iter().map(online::json).collect();
    }
    json
}
