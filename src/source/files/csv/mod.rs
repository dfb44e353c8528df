//! Delimited text: its delimiter, its header, its rows.
//!
//! The first row names the columns. Blanks around a name are cut; a column without a name is `column_N` (N from 1); a
//! name that comes twice (SQL does not tell `Id` from `ID`) is an error, because a query could not say which it means.
//! An empty cell, quoted or not, is NULL; everything else is text, exactly as written.

mod sniff;
pub(in crate::source) mod split;

use super::super::SourceError;
use super::pass::{Column, Pass, Used};
use super::text::Text;
use rusqlite::types::ValueRef;
use split::{Found, Place, split, undouble};
use std::collections::{HashMap, HashSet};

/// Columns that something other than the file names.
#[derive(Clone, Debug)]
pub struct Known {
    pub names: Vec<String>,
    /// What names them, for messages.
    pub by: String,
    /// A file without a single byte is one without rows, not one that was cut off.
    pub may_be_empty: bool,
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
    /// The current row was looked at and is still to be given.
    pending: bool,
}

impl Rows {
    /// Reads the header; of `known` columns, if there is one. `delimiter` `None`: the likeliest of `,` `;` tab `|`.
    pub fn open(mut text: Text, delimiter: Option<u8>, known: Option<&Known>) -> Result<(Self, Vec<Column>), SourceError> {
        let delimiter = match delimiter {
            Some(delimiter) => delimiter,
            None => sniff::delimiter(&mut text)?,
        };
        let mut rows = Self { text, delimiter, cells: Vec::new(), base: 0, line: 1, width: 0, used: Used::default(), pending: false };
        let columns = match known {
            Some(known) => rows.known(known)?,
            None => rows.header()?,
        };
        rows.width = columns.len();
        Ok((rows, columns))
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
        let mut seen = HashMap::new();
        for (at, name) in names.iter().enumerate() {
            if name.contains('\r') {
                return Err(self.text.fault(line, "the lines end in CR only").hint("write LF or CRLF line ends"));
            }
            if let Some(first) = seen.insert(name.to_ascii_lowercase(), at) {
                let what = format!(
                    "two columns are named {name:?}: the {} and the {} (SQL does not tell upper from lower case)",
                    first + 1,
                    at + 1
                );
                return Err(self.text.fault(line, what).hint("rename one of them in the file"));
            }
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
        let what = format!("the header is {}, where {} names {}", first.join(", "), known.by, known.names.join(", "));
        self.text.or_changed(self.text.fault(self.line, what).hint("both must name the same columns in the same order; export it again"))
    }

    fn no_header(&self, line: u64) -> SourceError {
        let fault = self.text.fault(line, "the file is empty: not even a header");
        fault.hint("an empty delivery is an error, never an empty source")
    }

    fn name(&self, at: usize) -> String {
        match self.cell(at) {
            ValueRef::Text(name) if !name.trim_ascii().is_empty() => String::from_utf8_lossy(name).trim().to_owned(),
            _ => format!("column_{}", at + 1),
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
            if cell.doubled && self.used.has(at) {
                let end = undouble(self.text.taken_mut(), self.base + cell.start as usize, self.base + cell.end as usize);
                cell.end = (end - self.base) as u32;
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
                ValueRef::Text(&self.text.taken()[self.base + cell.start as usize..self.base + cell.end as usize])
            }
            _ => ValueRef::Null,
        }
    }
}
