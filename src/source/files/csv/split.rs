//! One row of delimited text: where its cells are.
//!
//! Not `csv-core`, which finds some parse of everything: a quote that is never closed would make the rest of a file one
//! cell, and a row after a cut would look whole (G1). Here what is not RFC 4180 (with any delimiter and LF or CRLF) is
//! an error, cells are places in the text, and nothing is copied. Beyond the RFC two things are read that people's programs
//! write, and that could mean nothing else:
//!
//! | written | is |
//! |---|---|
//! | `a, "b, c" ,d` | the quoted cell `b, c`: blanks around its quotes are not a part of it |
//! | `="0123"` | the text `0123`, which a spreadsheet shall not take for a number |

use memchr::{memchr, memchr_iter, memchr2};

/// Where a cell's text is, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub start: u32,
    pub end: u32,
    /// Doubled quotes are still in it.
    pub doubled: bool,
    /// Blanks were around its quotes.
    pub padded: bool,
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
        let step = match text.get(at) {
            Some(b'"') => quoted(text, at, delimiter, last, &mut lines),
            Some(b'=' | b' ' | b'\t' | 0xc2 | 0xef) => odd(text, at, delimiter, last, &mut lines),
            _ => bare(text, at, delimiter, last),
        };
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

/// A cell that may be quoted although its first byte is no quote.
#[cold]
fn odd(text: &[u8], at: usize, delimiter: u8, last: bool, lines: &mut u64) -> Step {
    if text[at] == b'=' && delimiter != b'=' {
        return formula(text, at, delimiter, last);
    }
    let quote = at + blanks(&text[at..], delimiter);
    if text.get(quote) != Some(&b'"') {
        return bare(text, at, delimiter, last);
    }
    match quoted(text, quote, delimiter, last, lines) {
        Step::Cell(cell, next) => Step::Cell(Place { padded: true, ..cell }, next),
        Step::Last(cell, next) => Step::Last(Place { padded: true, ..cell }, next),
        stop => stop,
    }
}

/// `="…"` on one line and nothing more; any other formula is a text as it is written.
fn formula(text: &[u8], at: usize, delimiter: u8, last: bool) -> Step {
    let start = at + 2;
    if text.get(at + 1) != Some(&b'"') {
        return bare(text, at, delimiter, last);
    }
    match memchr2(b'"', b'\n', &text[start..]) {
        None if !last => Step::Stop(Found::More),
        Some(length) if text[start + length] == b'"' => {
            let end = start + length;
            follows(text, place(start, end, false), end + 1, delimiter, last).unwrap_or_else(|| bare(text, at, delimiter, last))
        }
        _ => bare(text, at, delimiter, last),
    }
}

fn quoted(text: &[u8], at: usize, delimiter: u8, last: bool, lines: &mut u64) -> Step {
    let start = at + 1;
    let (end, doubled) = match closing(text, start) {
        Some(found) => found,
        None => return Step::Stop(if last { Found::Unclosed { lines: *lines } } else { Found::More }),
    };
    *lines += memchr_iter(b'\n', &text[start..end]).count() as u64;
    let step = follows(text, place(start, end, doubled), end + 1, delimiter, last);
    step.unwrap_or(Step::Stop(Found::AfterQuote { lines: *lines }))
}

/// What comes after a closing quote; `None`: something that may not.
#[inline]
fn follows(text: &[u8], cell: Place, after: usize, delimiter: u8, last: bool) -> Option<Step> {
    let blanks = blanks(&text[after..], delimiter);
    let (after, cell) = (after + blanks, Place { padded: blanks > 0, ..cell });
    Some(match &text[after..] {
        [] | [b'\r'] if last => Step::Last(cell, text.len()),
        // The next byte may be the second of a doubled quote, or of CRLF.
        [] | [b'\r'] => Step::Stop(Found::More),
        // A part of a blank.
        [0xc2] | [0xef] | [0xef, 0xbb] if !last => Step::Stop(Found::More),
        [b'\n', ..] => Step::Last(cell, after + 1),
        [b'\r', b'\n', ..] => Step::Last(cell, after + 2),
        [byte, ..] if *byte == delimiter => Step::Cell(cell, after + 1),
        _ => return None,
    })
}

/// Bytes of the blanks that a text begins with: spaces, tabs, no-break spaces, byte order marks.
#[inline]
fn blanks(text: &[u8], delimiter: u8) -> usize {
    let mut at = 0;
    loop {
        at += match &text[at..] {
            [byte, ..] if *byte == delimiter => return at,
            [b' ' | b'\t', ..] => 1,
            [0xc2, 0xa0, ..] => 2,
            [0xef, 0xbb, 0xbf, ..] => 3,
            _ => return at,
        }
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
    Place { start: start as u32, end: end as u32, doubled, padded: false }
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
        fn rows_cover_the_text(text in "([a, \u{a0}\u{feff}]|=?\"[a,\n]*\"|\r?\n){0,12}") {
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
