//! `listkeeper rejected`.

use super::{
    Globals, exit,
    look::{self, Look},
    render::{self, table},
};
use crate::{
    definition::Name,
    plan::words::grouped,
    state::{RejectedRow, StateError, View},
};
use chrono::{DateTime, SecondsFormat, Utc};
use std::{borrow::Cow, io, ops::ControlFlow};

/// Rows that a table shows at most: it is held in memory, and nobody reads more of one.
const TABLE_ROWS: usize = 500;

/// List the rows of an export that a check or the platform rejected
///
/// They stay listed, with the reason and since when, until they are accepted or gone. Addresses are shown, not masked: to mend
/// the data takes them. A rejected row is sent again when its data, the contact's status or the field's definition changes.
#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "EXPORT")]
    export: String,
    /// Print as CSV on stdout, with a header
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print as JSON on stdout, one object a line
    #[arg(long)]
    json: bool,
    /// Look at the sandbox's state
    #[arg(long)]
    sandbox: bool,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    work(args, globals).unwrap_or_else(|code| code)
}

fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    let look = Look::open(globals, args.sandbox, Utc::now())?;
    let name = look::export_name(&args.export)?;
    let Some(view) = listing(&look, &name)? else { return Ok(exit::DONE) };
    if args.csv {
        look::print_data(|out| csv(view, &name, out))?;
    } else if args.json {
        look::print_json(|out| json(view, &name, out))?;
    } else {
        let (text, rest) = table(view, &name).map_err(|error| look::state_failed(&error))?;
        look::print(|out| out.write_all(text.as_bytes()))?;
        if text.is_empty() {
            render::talk(&format!("no row of {name} is rejected"));
        } else if rest > 0 {
            render::talk(&format!("and {} more; `--csv` lists them all", grouped(rest)));
        }
    }
    Ok(exit::DONE)
}

/// The state to list from; `None`: there is nothing to list yet, and that was said.
fn listing<'l>(look: &'l Look, name: &Name) -> Result<Option<&'l View>, u8> {
    let Some(view) = &look.view else {
        render::talk(&format!("no runs yet; `listkeeper apply --export {name}` runs it once"));
        return Ok(None);
    };
    let failed = |error: StateError| look::state_failed(&error);
    if view.rejected_run(name).map_err(failed)?.is_some() {
        return Ok(Some(view));
    }
    if view.last_run(name).map_err(failed)?.is_none() {
        return Err(look::unknown_export(name, Some(view)));
    }
    render::talk(&format!("no run of {name} has read its source whole yet; `listkeeper history {name}` says why"));
    Ok(None)
}

/// The first rows, and how many more there are.
fn table(view: &View, export: &Name) -> Result<(String, u64), StateError> {
    let mut grid = table::Grid::new(&["ADDRESS", "SEGMENT", "REASON", "SINCE", "FIELD", "DETAIL"]);
    let mut rows = 0_usize;
    view.rejected(export, |row| {
        rows += 1;
        if rows <= TABLE_ROWS {
            let RejectedRow { address, segment, code, detail, field, since } = row;
            let since = since.map(day).unwrap_or_default();
            grid.row(vec![address.unwrap_or_default(), segment, code, since, field.unwrap_or_default(), detail]);
        }
        Ok::<_, StateError>(ControlFlow::Continue(()))
    })?;
    let text = if rows == 0 { String::new() } else { grid.text() };
    Ok((text, rows.saturating_sub(TABLE_ROWS) as u64))
}

fn csv(view: &View, export: &Name, out: &mut dyn io::Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["address", "segment", "reason", "field", "detail", "since"])?;
    each(view, export, |row| {
        let field = row.field.as_deref().unwrap_or_default();
        let since = row.since.map(|since| since.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default();
        let cells = [row.address.as_deref().unwrap_or_default(), &row.segment, &row.code, field, &row.detail, &since];
        Ok(writer.write_record(cells.map(no_formula).iter().map(|cell| cell.as_bytes()))?)
    })?;
    writer.flush()
}

fn day(since: DateTime<Utc>) -> String {
    since.format("%Y-%m-%d").to_string()
}

/// Cells come from strangers. A spreadsheet takes one that begins with one of these for a formula, and in some locales it
/// begins a cell after a semicolon or a tab, whatever is quoted. Otherwise the bytes are the data's own.
fn no_formula(cell: &str) -> Cow<'_, str> {
    let begins = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}');
    let separates = |c: char| matches!(c, ';' | ',' | '|' | '\t' | '\n' | '\r');
    let mut safe = String::with_capacity(cell.len());
    let mut first = true;
    for c in cell.chars() {
        if first && begins(c) {
            safe.push('\'');
        }
        safe.push(c);
        // A quotation mark after a separator opens a cell too.
        first = separates(c) || (first && c == '"');
    }
    if safe.len() == cell.len() { Cow::Borrowed(cell) } else { Cow::Owned(safe) }
}

fn json(view: &View, export: &Name, out: &mut dyn io::Write) -> io::Result<()> {
    each(view, export, |row| writeln!(out, "{}", serde_json::to_string(&row)?))
}

fn each(view: &View, export: &Name, mut write: impl FnMut(RejectedRow) -> io::Result<()>) -> io::Result<()> {
    let written = view.rejected(export, |row| write(row).map(|()| ControlFlow::Continue(())).map_err(Failed::Io));
    written.map_err(|error| match error {
        Failed::Io(error) => error,
        Failed::State(error) => io::Error::other(error),
    })
}

enum Failed {
    Io(io::Error),
    State(StateError),
}

impl From<StateError> for Failed {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("dana@contoso.test", "dana@contoso.test")]
    #[case("=1+1", "'=1+1")]
    #[case("x;=1+1", "x;'=1+1")]
    #[case("x,\"=1+1", "x,\"'=1+1")]
    #[case("x\n@SUM(A1)", "x\n'@SUM(A1)")]
    #[case("\t=1", "'\t'=1")]
    #[case("\u{ff1d}1+1", "'\u{ff1d}1+1")]
    #[case("a-b; c", "a-b; c")]
    #[case("\u{202e}\u{1b}[2J", "\u{202e}\u{1b}[2J")]
    fn attack_words_in_a_spreadsheet(#[case] cell: &str, #[case] expected: &str) {
        assert_eq!(no_formula(cell), expected);
    }
}
