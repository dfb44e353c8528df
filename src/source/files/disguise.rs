//! Files that are something else than their name says, told by their first bytes: what is there, and what to write or do.

use super::super::SourceError;

/// What files begin with that are no text: their first bytes, what they are, what to do. `{file}` is the file's name.
const KINDS: [(&[u8], &str, &str); 12] = [
    (b"\x1f\x8b", "a gzip file", "name it {file}.gz"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "name it {file}.zst"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", SAVE),
    (b"PAR1", "a Parquet file", "name it .parquet, or write `format: parquet` in the table"),
    (b"PK\x03\x04", "a ZIP archive", UNPACK),
    (b"PK\x05\x06", "an empty ZIP archive", UNPACK),
    (b"BZh", "a bzip2 file", UNPACK),
    (b"\xfd7zXZ\0", "an xz file", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (b"%PDF-", "a PDF document", "export the data as CSV UTF-8"),
    (b"SQLite format 3\0", "an SQLite database", "export the table as CSV UTF-8"),
];

const SAVE: &str = "open it and save it as CSV UTF-8";
/// Begins what to do with what is read as it is, under another name.
const NAME: &str = "name it {file}.";
const UNPACK_ONLY: &str = "unpack it";
const UNPACK: &str = "unpack it; of packed files .gz and .zst are read as they are";
const PAGE: &str = "a sign-in or error page may have been saved instead of the data: get the file again; if it is an export for Excel, open it \
                    and save it as CSV UTF-8";
const LINES: &str = "write one object a line (`jq -c '.[]'` does that), and name the file .ndjson";

/// Fails where a text file begins like something else.
pub fn refuse(name: &str, head: &[u8]) -> Result<(), SourceError> {
    let Some((what, hint)) = binary(head).or_else(|| markup(head)) else { return Ok(()) };
    let file = name.rsplit('/').next().unwrap_or(name);
    let error = SourceError::new(format!("{name} is {what}"));
    if unpacked(name) != name && hint.starts_with(NAME) {
        return Err(SourceError { message: format!("{name} is packed twice: {what} is in it"), ..error }.hint("unpack it once"));
    }
    Err(error.hint(hint.replace("{file}", file)))
}

/// Why a file that is named `.gz`, `.zst` or `.parquet` is none.
pub fn other_than(name: &str, expected: &str, head: &[u8]) -> SourceError {
    let what = binary(head).or_else(|| markup(head));
    let file = name.rsplit('/').next().unwrap_or(name);
    match what {
        Some((what, hint)) => {
            let hint = if file.ends_with(".parquet") && hint.starts_with(NAME) { UNPACK_ONLY } else { hint };
            SourceError::new(format!("{name} is {what}, not {expected}")).hint(hint.replace("{file}", unpacked(file)))
        }
        None => SourceError::new(format!("{name} is not {expected}"))
            .hint("name it by what it is (.csv, .ndjson), or write `format:` in the table; if it is damaged, deliver it again"),
    }
}

/// A name without the ending that says how it is packed.
fn unpacked(name: &str) -> &str {
    name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name)
}

/// Whether a text, of which this is the beginning, is one JSON object a line.
pub fn is_ndjson(text: &[u8]) -> bool {
    let is_object =
        text.trim_ascii_start().strip_prefix(b"{").is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}')));
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<serde::de::IgnoredAny>();
    is_object && values.next().is_some_and(|value| value.map_or_else(|error| error.is_eof(), |_| true))
}

fn binary(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let (_, what, hint) = KINDS.iter().find(|(begin, ..)| head.starts_with(begin))?;
    if !head.starts_with(b"PK") {
        return Some((what, hint));
    }
    let has = |part: &[u8]| memchr::memmem::find(head, part).is_some();
    Some(match () {
        () if has(b"[Content_Types].xml") || has(b"_rels/") || has(b"xl/") => ("an Excel workbook (.xlsx)", SAVE),
        () if has(b"opendocument") => ("a LibreOffice document", SAVE),
        () => (what, hint),
    })
}

/// A page or another document in the place of rows.
fn markup(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |begin: &str| head.get(..begin.len()).is_some_and(|text| text.eq_ignore_ascii_case(begin.as_bytes()));
    let json = |first: u8| head.first() == Some(&first) && head[1..].trim_ascii_start().first() == Some(&b'{');
    match () {
        () if ["<!doctype html", "<html", "<head", "<meta", "<table"].iter().any(|tag| begins(tag)) => Some(("a web page (HTML)", PAGE)),
        () if begins("<?xml") => Some(("an XML document", PAGE)),
        () if json(b'[') => Some(("a JSON array", LINES)),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::gzip(b"\x1f\x8b\x08\0", "d/people.csv is a gzip file", "name it people.csv.gz")]
    #[case::zstd(b"\x28\xb5\x2f\xfd\0", "d/people.csv is a zstd file", "name it people.csv.zst")]
    #[case::workbook(b"PK\x03\x04\x14\0\x06\0[Content_Types].xml", "d/people.csv is an Excel workbook (.xlsx)", SAVE)]
    #[case::calc(b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "d/people.csv is a LibreOffice document", SAVE)]
    #[case::zip(b"PK\x03\x04\x14\0\0\0people.csv", "d/people.csv is a ZIP archive", UNPACK)]
    #[case::old_workbook(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "d/people.csv is an old Excel workbook (.xls)", SAVE)]
    #[case::parquet(b"PAR1\x15", "d/people.csv is a Parquet file", "name it .parquet, or write `format: parquet` in the table")]
    #[case::page(b"\xef\xbb\xbf\r\n<!DOCTYPE HTML><html>", "d/people.csv is a web page (HTML)", PAGE)]
    #[case::page_of_a_table(b"<table><tr><td>Email", "d/people.csv is a web page (HTML)", PAGE)]
    #[case::array(b"[\n  {\"Email\": 1}]", "d/people.csv is a JSON array", LINES)]
    fn disguises_are_named(#[case] head: &[u8], #[case] what: &str, #[case] hint: &str) {
        let error = refuse("d/people.csv", head).unwrap_err();
        assert_eq!((error.message.as_str(), error.hint.as_deref()), (what, Some(hint)));
    }

    #[rstest]
    #[case(b"Id,Name\n")]
    #[case(b"PK,Name\n")]
    #[case(b"[x],<y>\n")]
    #[case(b"{\"id\": 1}\n")]
    #[case(b"<x>,y\n")]
    #[case(b"")]
    fn text_is_no_disguise(#[case] head: &[u8]) {
        assert_eq!(refuse("a", head), Ok(()));
    }
}
