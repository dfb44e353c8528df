//! What spreadsheets and reports put before a header: Excel's `sep=;`, and lines of titles.

use super::super::super::SourceError;
use super::super::text::Text;
use super::{
    sniff::{CANDIDATES, SAMPLE_BYTES},
    split::{Found, Place, split},
};

/// No line that says which separator a file has is longer.
const SEP_BYTES: usize = 32;
/// Rows looked at for titles.
const ROWS: usize = 20;

/// Takes the line `sep=;`, quoted or not, that tells Excel how a file is separated; and a byte order mark after it.
pub fn separator(text: &mut Text) -> Result<Option<u8>, SourceError> {
    text.fill(SEP_BYTES)?;
    let rest = text.rest();
    let line = &rest[..memchr::memchr(b'\n', &rest[..rest.len().min(SEP_BYTES)]).map_or(0, |at| at + 1)];
    let Some(delimiter) = said(line) else { return Ok(None) };
    let bytes = line.len();
    text.take(bytes, 1);
    text.fill(3)?;
    if text.rest().starts_with(b"\xef\xbb\xbf") {
        text.take(3, 0);
    }
    Ok(Some(delimiter))
}

fn said(line: &[u8]) -> Option<u8> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\"").map_or(line, |line| line.strip_suffix(b"\"").unwrap_or(line));
    let (word, delimiter) = line.split_at_checked(4)?;
    match delimiter {
        _ if !word.eq_ignore_ascii_case(b"sep=") => None,
        b"\\t" => Some(b'\t'),
        [one] if one.is_ascii() && !one.is_ascii_alphanumeric() && *one != b'"' => Some(*one),
        _ => None,
    }
}

/// Takes the lines that the table says to skip.
pub fn skip(text: &mut Text, lines: u64) -> Result<(), SourceError> {
    for _ in 0..lines {
        let bytes = loop {
            match memchr::memchr(b'\n', text.rest()) {
                Some(at) => break at + 1,
                None if text.ended() => {
                    let fault = text.fault(text.line(), format!("the file ends within the {lines} lines that the table skips"));
                    return Err(text.or_changed(fault.hint("write the lines before the header as `skipRows`, or leave it out")));
                }
                None => text.more()?,
            }
        };
        text.take(bytes, 1);
    }
    Ok(())
}

/// How many lines before the header look like titles: rows with one cell, and then a header and rows with more. `None`: the first row
/// may be the header.
pub fn titles(text: &mut Text, delimiter: Option<u8>) -> Result<Option<u64>, SourceError> {
    text.fill(SAMPLE_BYTES)?;
    let candidates = delimiter.as_ref().map_or(&CANDIDATES[..], std::slice::from_ref);
    let found = candidates.iter().filter_map(|delimiter| title_lines(text.rest(), *delimiter, text.ended()));
    // By the delimiter that makes most cells.
    Ok(found.max_by_key(|(_, cells)| *cells).map(|(lines, _)| lines))
}

fn title_lines(mut text: &[u8], delimiter: u8, last: bool) -> Option<(u64, usize)> {
    let (mut cells, mut lines, mut titles) = (Vec::new(), 0, 0);
    let mut header: Option<usize> = None;
    let mut rows = 0;
    for _ in 0..ROWS {
        match split(text, delimiter, last, &mut cells) {
            Found::Row { bytes, lines: more } => {
                let full = cells.iter().filter(|cell| cell.start < cell.end).count();
                match header {
                    None if full > 1 && titles == 0 => return None,
                    None if full <= 1 => (lines, titles) = (lines + more, titles + 1),
                    None if names(text, &cells) => header = Some(cells.len()),
                    Some(width) if cells.len() == width => rows += 1,
                    _ => return None,
                }
                text = &text[bytes..];
            }
            Found::Blank { bytes } => {
                lines += u64::from(header.is_none());
                text = &text[bytes..];
            }
            Found::More | Found::End => break,
            Found::Unclosed { .. } | Found::AfterQuote { .. } => return None,
        }
    }
    header.filter(|_| titles > 0 && rows > 0).map(|width| (lines, width))
}

/// Whether cells may be the names of columns: all different, no address among them, no number.
fn names(text: &[u8], cells: &[Place]) -> bool {
    let mut names = cells.iter().map(|cell| text[cell.start as usize..cell.end as usize].trim_ascii()).filter(|name| !name.is_empty());
    let mut seen = std::collections::HashSet::new();
    names.all(|name| !name.contains(&b'@') && !name[0].is_ascii_digit() && seen.insert(name.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("sep=;\r\n", Some(b';'))]
    #[case("SEP=,\n", Some(b','))]
    #[case("\"sep=|\"\n", Some(b'|'))]
    #[case("sep=\t\r\n", Some(b'\t'))]
    #[case("sep=\\t\n", Some(b'\t'))]
    #[case("sep=;", None)]
    #[case("sep=x\n", None)]
    #[case("sep=,x\n", None)]
    #[case("sep,name\n", None)]
    fn a_line_says_the_separator(#[case] line: &str, #[case] expected: Option<u8>) {
        assert_eq!(said(line.as_bytes()), expected);
    }

    #[rstest]
    #[case::title("Customers\nEmail;Name\na@x;A\n", Some(1))]
    #[case::title_and_blank("Customers\n\nEmail;Name\na@x;A\n", Some(2))]
    #[case::padded_with_cells("Customers;;\nas of May;;\n;;\nEmail;Name;Tier\na@x;A;\n", Some(3))]
    #[case::a_comma_in_a_title("\"May, all\"\nEmail,Name\na@x,A\n", Some(1))]
    #[case::none("Email;Name\na@x;A\n", None)]
    #[case::one_column("Email\na@x\nb@x\n", None)]
    #[case::several_in_a_cell("Email\na@x;b@x\nc@x;d@x\n", None)]
    #[case::unnamed_columns("Email;;\na@x;Oslo;1\nb@x;Bergen;2\n", None)]
    #[case::nothing_after("Customers\nEmail;Name\n", None)]
    fn titles_are_seen(#[case] text: &str, #[case] expected: Option<u64>) {
        let found = CANDIDATES.iter().filter_map(|delimiter| title_lines(text.as_bytes(), *delimiter, true));
        assert_eq!(found.max_by_key(|(_, cells)| *cells).map(|(lines, _)| lines), expected);
    }
}
