//! Delimited text: its delimiter, its header, its rows.
//!
//! The first row names the columns, after a line `sep=;` and the lines that the table skips. Blanks and invisible characters around
//! a name are cut; a column without a name is `column_N` (N from 1); a name may come twice (`doubles`). An empty cell, quoted or not, is NULL, and so is one of the table's
//! `nulls`; everything else is text, as written but for what a spreadsheet adds (`split`, `odd`).

mod odd;
mod preamble;
mod sniff;
pub(in crate::source) mod split;

use super::super::{Notice, Notices, Oddity, SourceError, columns::listed};
use super::disguise;
use super::pass::{Column, Ending, Pass, Used};
use super::text::Text;
use crate::definition::is_invisible;
use odd::{Odd, formula_text};
use rusqlite::types::ValueRef;
use split::{Found, Place, split, undouble};
use std::collections::{BTreeMap, HashSet};

/// Columns that something other than the file names.
#[derive(Clone, Debug)]
pub struct Known {
    pub names: Vec<String>,
    /// What names them, for messages.
    pub by: String,
    /// A file without a single byte is one without rows, not one that was cut off.
    pub may_be_empty: bool,
}

/// How a table's files are written, as far as it says.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    /// `None`: what the file's line `sep=;` says, else the likeliest of `,` `;` tab `|`.
    pub delimiter: Option<u8>,
    /// Lines before the header.
    pub skip: u64,
    /// Words that are NULL.
    pub nulls: &'a [String],
    /// Columns, if not the file names them.
    pub known: Option<&'a Known>,
}

/// What is told of a file beside its rows.
#[derive(Default)]
struct Met {
    separator: bool,
    /// Code point → columns' names that had it around them.
    trimmed: BTreeMap<u32, u64>,
    padded: u64,
}

/// Rows of one file after its header.
pub struct Rows {
    text: Text,
    delimiter: u8,
    cells: Vec<Place>,
    /// Where the current row is in the text's window.
    base: usize,
    /// The physical line that the current row begins on.
    line: u64,
    width: usize,
    used: Used,
    odd: Odd,
    met: Met,
    /// The current row was looked at and is still to be given.
    pending: bool,
}

impl Rows {
    /// Reads the header, if there is one.
    pub fn open(mut text: Text, written: Written<'_>) -> Result<(Self, Vec<Column>), SourceError> {
        let (delimiter, separator) = delimiter(&mut text, written)?;
        let met = Met { separator, ..Met::default() };
        let (odd, used) = (Odd::new(written.nulls), Used::default());
        let mut rows = Self { text, delimiter, cells: Vec::new(), base: 0, line: 1, width: 0, used, odd, met, pending: false };
        let columns = match written.known {
            Some(known) => rows.known(known)?,
            None => rows.header()?,
        };
        rows.width = columns.len();
        Ok((rows, columns))
    }

    /// The physical line, from 1, of the header once it was read.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Gives the cells of these columns only.
    #[must_use]
    pub fn using(mut self, used: Used) -> Self {
        self.used = used;
        self
    }

    fn header(&mut self) -> Result<Vec<Column>, SourceError> {
        let line = self.text.line();
        self.used = Used(u64::MAX);
        if !self.row()? {
            return Err(self.no_header(line));
        }
        let line = self.line;
        let names = (0..self.cells.len()).map(|at| self.name(at)).collect::<Vec<_>>();
        (0..self.cells.len()).for_each(|at| self.note_trimmed(at, &names[at]));
        if self.text.has_marks() {
            *self.met.trimmed.entry(0xfeff).or_default() += 1;
        }
        if names.iter().any(|name| name.contains('\r')) {
            return Err(self.text.fault(line, "the lines end in CR only").hint("write LF or CRLF line ends"));
        }
        Ok(names.into_iter().map(Column::text).collect())
    }

    /// Skips a first row that only repeats the names. One that names most of them, in other places, is a header too, of
    /// other columns: to take its file's rows as these columns would mix them up.
    fn known(&mut self, known: &Known) -> Result<Vec<Column>, SourceError> {
        self.used = Used(u64::MAX);
        if self.row()? {
            let first = (0..self.cells.len()).map(|at| self.name(at)).collect::<Vec<_>>();
            let names = known.names.iter().map(|name| name.to_ascii_lowercase()).collect::<HashSet<_>>();
            let is_name = |cell: &&String| names.contains(&cell.to_ascii_lowercase());
            let same =
                first.len() == known.names.len() && first.iter().zip(&known.names).all(|(one, other)| one.eq_ignore_ascii_case(other));
            if !same && first.iter().filter(is_name).count() * 2 >= first.len() {
                return Err(self.contradicts(known, &first));
            }
            self.pending = !same;
        } else if !known.may_be_empty {
            return Err(self.text.or_changed(self.no_header(self.text.line())));
        }
        Ok(known.names.iter().map(Column::text).collect())
    }

    fn contradicts(&self, known: &Known, first: &[String]) -> SourceError {
        let names = |of: &[String]| listed(&of.iter().map(String::as_str).collect::<Vec<_>>());
        let what = format!("the header is {}, where {} names {}", names(first), known.by, names(&known.names));
        self.text.or_changed(self.text.fault(self.line, what).hint("both must name the same columns in the same order; export it again"))
    }

    fn no_header(&self, line: u64) -> SourceError {
        let fault = self.text.fault(line, "the file is empty: not even a header");
        fault.hint("an empty delivery is an error, never an empty source")
    }

    fn name(&self, at: usize) -> String {
        let ValueRef::Text(name) = self.cell(at) else { return format!("column_{}", at + 1) };
        let name = String::from_utf8_lossy(name);
        let name = name.trim_matches(|c: char| (c.is_whitespace() || is_invisible(c)) && c != '\r');
        if name.is_empty() { format!("column_{}", at + 1) } else { name.to_owned() }
    }

    /// What was around a name and nobody sees.
    fn note_trimmed(&mut self, at: usize, name: &str) {
        let ValueRef::Text(cell) = self.cell(at) else { return };
        let cell = String::from_utf8_lossy(cell);
        let around = cell.split(name).flat_map(str::chars).find(|c| is_invisible(*c) || (c.is_whitespace() && !c.is_ascii()));
        if let Some(odd) = around {
            *self.met.trimmed.entry(u32::from(odd)).or_default() += 1;
        }
    }

    /// Finds the next row, of any width.
    fn row(&mut self) -> Result<bool, SourceError> {
        loop {
            match split(self.text.rest(), self.delimiter, self.text.ended(), &mut self.cells) {
                Found::Row { bytes, lines } => {
                    self.line = self.text.line();
                    self.base = self.text.take(bytes, lines);
                    self.undouble();
                    return Ok(true);
                }
                Found::Blank { bytes } => {
                    self.text.take(bytes, 1);
                }
                Found::More => self.text.more()?,
                Found::End => return Ok(false),
                Found::Unclosed { lines } => {
                    return Err(self.bad(
                        lines,
                        "a quote is opened and never closed",
                        "the file seems cut off, or a quote inside a cell is not doubled",
                    ));
                }
                Found::AfterQuote { lines } => {
                    return Err(self.bad(
                        lines,
                        "text follows a closing quote",
                        "a quote inside a quoted cell must be doubled; is the delimiter right?",
                    ));
                }
            }
        }
    }

    fn bad(&self, lines: u64, what: &str, hint: &str) -> SourceError {
        self.text.or_changed(self.text.fault(self.text.line() + lines, what).hint(hint))
    }

    fn undouble(&mut self) {
        for (at, cell) in self.cells.iter_mut().enumerate() {
            self.met.padded += u64::from(cell.padded);
            if cell.doubled && self.used.has(at) {
                let end = undouble(self.text.taken_mut(), self.base + cell.start as usize, self.base + cell.end as usize);
                cell.end = (end - self.base) as u32;
                if formula_text(&self.text.taken()[self.base + cell.start as usize..end]).is_some() {
                    (cell.start, cell.end) = (cell.start + 2, cell.end - 1);
                }
            }
        }
    }

    fn ragged(&self) -> SourceError {
        let (cells, width) = (self.cells.len(), self.width);
        let error = self.text.fault(self.line, format!("{cells} cell{} where the header has {width}", if cells == 1 { "" } else { "s" }));
        self.text.or_changed(error.hint("a cell that holds the delimiter or a line end must be in quotes; was the file cut off?"))
    }
}

impl Pass for Rows {
    #[inline]
    fn next(&mut self) -> Result<bool, SourceError> {
        if !std::mem::take(&mut self.pending) && !self.row()? {
            self.text.unchanged()?;
            return Ok(false);
        }
        if self.cells.len() == self.width {
            return Ok(true);
        }
        Err(self.ragged())
    }

    #[inline]
    fn cell(&self, column: usize) -> ValueRef<'_> {
        match self.cells.get(column) {
            Some(cell) if cell.start < cell.end => {
                let text = &self.text.taken()[self.base + cell.start as usize..self.base + cell.end as usize];
                if self.odd.may_be(text) { self.odd.meaning(text).map_or(ValueRef::Null, ValueRef::Text) } else { ValueRef::Text(text) }
            }
            _ => ValueRef::Null,
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.text.ending()
    }

    fn notices(&self) -> Notices {
        let mut notices = Notices::default();
        let mut note = |what, count| {
            if count > 0 {
                notices.add(Notice { segment: None, subject: self.text.short_name(), what, count, examples: Vec::new() });
            }
        };
        note(Oddity::SeparatorLine, u64::from(self.met.separator));
        note(Oddity::BlanksAroundQuotes, self.met.padded);
        self.met.trimmed.iter().for_each(|(code, names)| note(Oddity::NameTrimmed(format!("U+{code:04X}")), *names));
        notices
    }
}

/// What separates the cells, and whether the file says so. Takes what is before the header.
fn delimiter(text: &mut Text, written: Written<'_>) -> Result<(u8, bool), SourceError> {
    let said = preamble::separator(text)?;
    if written.known.is_none() && disguise::is_ndjson(text.rest()) {
        let fault = text.fault(1, "this is NDJSON, one JSON object a line, and not CSV");
        return Err(text.or_changed(fault.hint("name the file .ndjson, or write `format: ndjson` in the table")));
    }
    if let (Some(said), Some(delimiter)) = (said, written.delimiter)
        && said != delimiter
    {
        let shown = |delimiter: u8| if delimiter == b'\t' { "tab".to_owned() } else { format!("{:?}", char::from(delimiter)) };
        let what = format!("the line says that {} separates the cells, and the table says {}", shown(said), shown(delimiter));
        return Err(text.or_changed(text.fault(1, what).hint("leave out `delimiter` in the table if the file is right")));
    }
    preamble::skip(text, written.skip)?;
    let delimiter = said.or(written.delimiter);
    if written.known.is_none()
        && let Some(lines) = preamble::titles(text, delimiter)?
    {
        let what = "one cell, where the rows below have several: this looks like a title, not like the header";
        let hint = format!(
            "write `skipRows: {}` in the table; or, if this is the header of a file with one column, its `delimiter`",
            written.skip + lines
        );
        return Err(text.or_changed(text.fault(text.line(), what).hint(hint)));
    }
    match delimiter {
        Some(delimiter) => Ok((delimiter, said.is_some())),
        None => Ok((sniff::delimiter(text)?, false)),
    }
}
