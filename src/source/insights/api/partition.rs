//! One partition: CSV whose first row may name the columns, or be a person's already.

use super::{
    super::{
        super::{
            Cell, SourceError, SourceErrorKind,
            columns::listed,
            files::csv::split::{Found, Place, split, undouble},
        },
        patience::Patience,
    },
    taking::{ID, Taking},
};
use std::{
    fs::File,
    io::{Read as _, Seek as _},
};

const CHUNK: usize = 1 << 18;
/// A row longer than this is none.
const LONGEST_ROW: usize = 16 << 20;
/// Between looks at whether the reading was stopped.
const ROWS: u64 = 4096;

pub fn read(file: File, patience: &Patience, taking: &mut Taking<'_>) -> Result<(), SourceError> {
    let mut lines = Lines::open(file)?;
    let mut order = None;
    while lines.next()? {
        if lines.row.is_multiple_of(ROWS) {
            patience.go_on()?;
        }
        match &order {
            Some(order) => take(&lines, order, taking)?,
            None => {
                let (first, named) = Order::by(&lines, taking)?;
                if !named {
                    take(&lines, &first, taking)?;
                }
                order = Some(first);
            }
        }
    }
    Ok(())
}

/// Where the columns of a file are.
struct Order {
    width: usize,
    wanted: Vec<usize>,
    id: Option<usize>,
}

impl Order {
    /// By the first row; whether that is a header.
    fn by(lines: &Lines, taking: &Taking<'_>) -> Result<(Self, bool), SourceError> {
        let cells = (0..lines.cells.len()).map(|at| lines.cell(at)).collect::<Result<Vec<_>, _>>()?;
        let named =
            cells.iter().any(|cell| cell.eq_ignore_ascii_case(ID)) || cells.iter().all(|cell| taking.attributes.find(cell).is_some());
        if !named {
            return Ok((Self { width: taking.attributes.names.len(), wanted: taking.wanted.clone(), id: taking.id }, false));
        }
        let find = |at: usize| {
            let name = taking.attributes.names.get(at).map_or("", String::as_str);
            cells.iter().position(|cell| cell.eq_ignore_ascii_case(name)).ok_or_else(|| {
                SourceError::new(format!("a file of segment {} has no column {name}", taking.segment.name))
                    .hint(format!("it has {}", listed(&cells)))
            })
        };
        let wanted = taking.wanted.iter().map(|at| find(*at)).collect::<Result<Vec<_>, _>>()?;
        Ok((Self { width: cells.len(), wanted, id: taking.id.map(find).transpose()? }, true))
    }
}

fn take(lines: &Lines, order: &Order, taking: &mut Taking<'_>) -> Result<(), SourceError> {
    if lines.cells.len() != order.width {
        return Err(lines.bad(format!("{} cells where {} are expected", lines.cells.len(), order.width)));
    }
    let id = order.id.map(|at| lines.cell(at)).transpose()?;
    let cells = order.wanted.iter().map(|at| lines.cell(*at)).collect::<Result<Vec<_>, _>>()?;
    taking.row(id, cells.into_iter().map(|text| if text.is_empty() { Cell::Null } else { Cell::Text(text) }))
}

/// The rows of a file, in a window of it.
struct Lines {
    file: File,
    window: Vec<u8>,
    /// Where the current row begins, and the next.
    start: usize,
    next: usize,
    ended: bool,
    cells: Vec<Place>,
    /// From 1.
    row: u64,
}

impl Lines {
    fn open(mut file: File) -> Result<Self, SourceError> {
        file.rewind().map_err(|error| unreadable(&error))?;
        let mut lines = Self { file, window: Vec::new(), start: 0, next: 0, ended: false, cells: Vec::new(), row: 0 };
        lines.more()?;
        // Some writers of UTF-8 begin with a mark that says so.
        lines.next = if lines.window.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Ok(lines)
    }

    fn next(&mut self) -> Result<bool, SourceError> {
        self.row += 1;
        loop {
            match split(&self.window[self.next..], b',', self.ended, &mut self.cells) {
                Found::Row { bytes, .. } => {
                    (self.start, self.next) = (self.next, self.next + bytes);
                    self.undouble();
                    return Ok(true);
                }
                Found::Blank { bytes } => self.next += bytes,
                Found::More => self.more()?,
                Found::End => return Ok(false),
                Found::Unclosed { .. } => return Err(self.bad("a quote is opened and never closed")),
                Found::AfterQuote { .. } => return Err(self.bad("text follows a closing quote")),
            }
        }
    }

    fn more(&mut self) -> Result<(), SourceError> {
        self.window.drain(..self.next);
        (self.start, self.next) = (0, 0);
        if self.window.len() > LONGEST_ROW {
            return Err(self.bad(format!("a row is longer than {} MiB", LONGEST_ROW >> 20)));
        }
        let read = (&self.file).take(CHUNK as u64).read_to_end(&mut self.window).map_err(|error| unreadable(&error))?;
        self.ended = read == 0;
        Ok(())
    }

    fn undouble(&mut self) {
        for cell in self.cells.iter_mut().filter(|cell| cell.doubled) {
            let end = undouble(&mut self.window, self.start + cell.start as usize, self.start + cell.end as usize);
            cell.end = (end - self.start) as u32;
        }
    }

    fn cell(&self, at: usize) -> Result<&str, SourceError> {
        let bytes = self.cells.get(at).and_then(|cell| self.window.get(self.start + cell.start as usize..self.start + cell.end as usize));
        std::str::from_utf8(bytes.unwrap_or_default()).map_err(|_| self.bad("a text is not UTF-8"))
    }

    /// Says no value: those are people's.
    fn bad(&self, what: impl std::fmt::Display) -> SourceError {
        SourceError::new(format!("row {} of one of the segment's files: {what}", self.row))
            .kind(SourceErrorKind::Unreachable { after: None })
            .hint("the file was cut off, or is written anew; it is read again later")
    }
}

fn unreadable(error: &std::io::Error) -> SourceError {
    SourceError::new(format!("a temporary file cannot be read: {error}"))
}
