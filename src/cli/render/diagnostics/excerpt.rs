//! The lines around a place, found from the place itself: a report of thousands of errors does not read the file for each.

use crate::{
    definition::{Diagnostic, Position},
    plan::words::{is_harmful, plain},
};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Lines kept before and after the place: as many as are ever shown, and one more.
const AROUND: usize = 2;

/// A part of a file as miette asks for it.
pub struct Excerpt {
    name: String,
    text: String,
    /// Where in the file it begins.
    base: usize,
    at: Position,
    /// Offset and length of the place, as if the file had no more than what is kept.
    label: (usize, usize),
}

impl Excerpt {
    /// `None` where there is nothing to show. Of a long line only what is about the place is kept: `width` characters, or so.
    pub fn of(diagnostic: &Diagnostic, width: usize) -> Option<Self> {
        let (text, at) = (diagnostic.text.as_ref()?, diagnostic.at?);
        let (head, tail) = text.split_at_checked(at.offset)?;
        let (base, end) = (before(head, AROUND), at.offset + after(tail, AROUND));
        let (above, line) = text[base..at.offset].rsplit_once('\n').map_or(("", &text[base..at.offset]), |(above, line)| (above, line));
        let (rest, below) = text[at.offset..end].split_once('\n').map_or((&text[at.offset..end], ""), |(rest, below)| (rest, below));
        let (line, rest) = (last(line, width / 2), first(rest, width - (width / 2).min(line.chars().count())));
        let mut kept = String::new();
        if !above.is_empty() || base < at.offset && text[base..at.offset].contains('\n') {
            above.split('\n').for_each(|line| kept += &(first(line, width) + "\n"));
        }
        kept += &line;
        let offset = base + kept.len();
        kept += &rest;
        if text[at.offset..end].contains('\n') {
            below.split('\n').for_each(|line| kept += &("\n".to_owned() + &first(line, width)));
        }
        let len = at.len.min(rest.len());
        Some(Self { name: plain(&diagnostic.file.display().to_string()), text: harmless(&kept), base, at, label: (offset, len) })
    }

    /// Where the place is in what is kept.
    pub fn label(&self) -> (usize, usize) {
        self.label
    }
}

/// The first characters of a line, and whether there are more.
fn first(line: &str, width: usize) -> String {
    line.char_indices().nth(width).map_or_else(|| line.to_owned(), |(end, _)| format!("{}…", &line[..end]))
}

/// The last characters of a line, and whether there are more.
fn last(line: &str, width: usize) -> String {
    let start = line.char_indices().rev().nth(width).map(|(at, c)| at + c.len_utf8());
    start.map_or_else(|| line.to_owned(), |start| format!("…{}", &line[start..]))
}

/// Where the line begins that is so many before the last.
fn before(head: &str, lines: usize) -> usize {
    head.rmatch_indices('\n').nth(lines).map_or(0, |(at, _)| at + 1)
}

/// Where the line ends that is so many after the first.
fn after(tail: &str, lines: usize) -> usize {
    tail.match_indices('\n').nth(lines).map_or(tail.len(), |(at, _)| at)
}

/// The text with nothing in it that writes to the terminal, byte for byte, so that columns and labels stay.
fn harmless(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c.len_utf8() {
            _ if matches!(c, '\n' | '\t') || !is_harmful(c) => clean.push(c),
            3 => clean.push('\u{fffd}'),
            length => clean.extend(std::iter::repeat_n('?', length)),
        }
    }
    clean
}

impl SourceCode for Excerpt {
    /// The line of the place, and as many before and after it.
    fn read_span<'a>(&'a self, span: &SourceSpan, lines: usize, below: usize) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let at = span.offset().checked_sub(self.base).ok_or(MietteError::OutOfBounds)?;
        let (head, tail) = self.text.split_at_checked(at).ok_or(MietteError::OutOfBounds)?;
        let (start, end) = (before(head, lines), at + after(tail, below));
        let data = &self.text.as_bytes()[start..end];
        let line = (self.at.line as usize).saturating_sub(1 + head[start..].matches('\n').count());
        let count = data.iter().filter(|byte| **byte == b'\n').count();
        let column = if lines == 0 && below == 0 { (self.at.column as usize).saturating_sub(1) } else { 0 };
        let span = SourceSpan::from((self.base + start, end - start));
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), data, span, line, column, count)))
    }
}
