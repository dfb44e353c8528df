//! One row of delimited text: where its cells are.
//!
//! Not `csv-core`, which finds some parse of everything: a quote that is never closed would make the rest of a file one
//! cell, and a row after a cut would look whole (G1). Here what is not RFC 4180 (with any delimiter and LF or CRLF) is
//! an error, cells are places in the text, and nothing is copied.

use memchr::{memchr, memchr_iter, memchr2};

/// Where a cell's text is, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub start: u32,
    pub end: u32,
    /// Doubled quotes are still in it.
    pub doubled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A row of so many bytes, its line end included, over so many line ends.
    Row { bytes: usize, lines: u64 },
    /// An empty line of so many bytes.
    Blank { bytes: usize },
    /// The text may end inside a row: ask again with more.
    More,
    /// Nothing is left.
    End,
    /// The quote opened so many line ends further down is never closed.
    Unclosed { lines: u64 },
    /// So many line ends further down, something other than a delimiter follows a closing quote.
    AfterQuote { lines: u64 },
}

/// Finds the first row of `text`; `last`: nothing follows the text. `cells` is overwritten.
pub fn split(text: &[u8], delimiter: u8, last: bool, cells: &mut Vec<Place>) -> Found {
    cells.clear();
    let mut at = 0;
    let mut lines = 0;
    loop {
        let step =
            if text.get(at) == Some(&b'"') { quoted(text, at, delimiter, last, &mut lines) } else { bare(text, at, delimiter, last) };
        match step {
            Step::Cell(place, next) => {
                cells.push(place);
                at = next;
            }
            Step::Last(place, bytes) => {
                cells.push(place);
                return row(text, bytes, lines, cells);
            }
            Step::Stop(found) => return found,
        }
    }
}

enum Step {
    /// A cell, and where the next begins.
    Cell(Place, usize),
    /// The row's last cell, and where the next row begins.
    Last(Place, usize),
    Stop(Found),
}

fn row(text: &[u8], bytes: usize, lines: u64, cells: &[Place]) -> Found {
    let ended = u64::from(text[..bytes].last() == Some(&b'\n'));
    match cells {
        [only] if only.start == only.end && text.first() != Some(&b'"') => {
            if bytes == 0 {
                Found::End
            } else {
                Found::Blank { bytes }
            }
        }
        _ => Found::Row { bytes, lines: lines + ended },
    }
}

#[inline]
fn bare(text: &[u8], at: usize, delimiter: u8, last: bool) -> Step {
    match memchr2(delimiter, b'\n', &text[at..]) {
        Some(length) if text[at + length] == delimiter => Step::Cell(place(at, at + length, false), at + length + 1),
        Some(length) => {
            let end = at + length;
            let cut = usize::from(length > 0 && text[end - 1] == b'\r');
            Step::Last(place(at, end - cut, false), end + 1)
        }
        None if last => {
            let cut = usize::from(text.len() > at && text.ends_with(b"\r"));
            Step::Last(place(at, text.len() - cut, false), text.len())
        }
        None => Step::Stop(Found::More),
    }
}

fn quoted(text: &[u8], at: usize, delimiter: u8, last: bool, lines: &mut u64) -> Step {
    let start = at + 1;
    let (end, doubled) = match closing(text, start) {
        Some(found) => found,
        None => return Step::Stop(if last { Found::Unclosed { lines: *lines } } else { Found::More }),
    };
    *lines += memchr_iter(b'\n', &text[start..end]).count() as u64;
    let cell = place(start, end, doubled);
    match &text[end + 1..] {
        [] | [b'\r'] if last => Step::Last(cell, text.len()),
        // The next byte may be the second of a doubled quote, or of CRLF.
        [] | [b'\r'] => Step::Stop(Found::More),
        [b'\n', ..] => Step::Last(cell, end + 2),
        [b'\r', b'\n', ..] => Step::Last(cell, end + 3),
        [byte, ..] if *byte == delimiter => Step::Cell(cell, end + 2),
        _ => Step::Stop(Found::AfterQuote { lines: *lines }),
    }
}

/// The closing quote at or after `from`, and whether a doubled one comes before it.
fn closing(text: &[u8], from: usize) -> Option<(usize, bool)> {
    let mut at = from;
    let mut doubled = false;
    loop {
        at += memchr(b'"', &text[at..])?;
        if text.get(at + 1) != Some(&b'"') {
            return Some((at, doubled));
        }
        doubled = true;
        at += 2;
    }
}

fn place(start: usize, end: usize, doubled: bool) -> Place {
    Place { start: start as u32, end: end as u32, doubled }
}

/// Makes doubled quotes of a cell single, in place; returns its new end.
pub fn undouble(text: &mut [u8], start: usize, end: usize) -> usize {
    let mut to = start;
    let mut from = start;
    while from < end {
        text[to] = text[from];
        from += if text[from] == b'"' { 2 } else { 1 };
        to += 1;
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Wherever a window ends, what is found in it is what is found in the whole text, or nothing yet.
        #[test]
        fn a_window_never_changes_the_row(text in "[a,\"\r\n]{0,12}") {
            let (mut whole, mut part) = (Vec::new(), Vec::new());
            let found = split(text.as_bytes(), b',', true, &mut whole);
            for end in 0..=text.len() {
                let early = split(&text.as_bytes()[..end], b',', false, &mut part);
                if early != Found::More {
                    prop_assert_eq!(early, found);
                    if matches!(early, Found::Row { .. }) {
                        prop_assert_eq!(&part, &whole);
                    }
                }
            }
        }

        /// Rows end to end are the text: nothing is skipped, nothing read twice, every line end counted.
        #[test]
        fn rows_cover_the_text(text in "([a,]|\"[a,\n]*\"|\r?\n){0,12}") {
            let (mut at, mut seen, mut cells) = (0, 0, Vec::new());
            loop {
                match split(&text.as_bytes()[at..], b',', true, &mut cells) {
                    Found::Row { bytes, lines } => (at, seen) = (at + bytes, seen + lines),
                    Found::Blank { bytes } => (at, seen) = (at + bytes, seen + u64::from(text[at..at + bytes].ends_with('\n'))),
                    Found::End => break,
                    _ => return Ok(()),
                }
            }
            prop_assert_eq!(at, text.len());
            prop_assert_eq!(seen, text.matches('\n').count() as u64);
        }
    }
}
