//! Which delimiter a file uses.

use super::super::super::SourceError;
use super::super::text::Text;
use super::split::{Found, split};

pub const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
const ROWS: usize = 50;
pub const SAMPLE_BYTES: usize = 64 * 1024;

/// The candidate under which the first rows are equally wide and widest; failing that, the one that splits the header
/// most; failing that, a comma. The earlier candidate wins a tie.
pub fn delimiter(text: &mut Text) -> Result<u8, SourceError> {
    text.fill(SAMPLE_BYTES)?;
    let mut best = (false, 1, b',');
    for candidate in CANDIDATES {
        let (even, width) = shape(text.rest(), candidate, text.ended());
        if width > 1 && (even, width) > (best.0, best.1) {
            best = (even, width, candidate);
        }
    }
    Ok(best.2)
}

/// Whether the first rows are equally wide, and how wide the first is.
fn shape(mut text: &[u8], delimiter: u8, last: bool) -> (bool, usize) {
    let mut cells = Vec::new();
    let mut width = None;
    for _ in 0..ROWS {
        match split(text, delimiter, last, &mut cells) {
            Found::Row { bytes, .. } => {
                if *width.get_or_insert(cells.len()) != cells.len() {
                    return (false, width.unwrap_or(0));
                }
                text = &text[bytes..];
            }
            Found::Blank { bytes } => text = &text[bytes..],
            Found::More | Found::End => break,
            Found::Unclosed { .. } | Found::AfterQuote { .. } => return (false, width.unwrap_or(0)),
        }
    }
    (true, width.unwrap_or(0))
}
