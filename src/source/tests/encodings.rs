//! Files in other encodings than UTF-8, and files that are no text: what is read, and what is said of the rest.

use super::{
    Files, SqlLimits,
    formats::{gzip, utf16},
};
use rstest::rstest;

const PEOPLE: &str = "Id;Name;Ort\n1;Jürgen Müller;Köln\n2;Zoë Bürger;Düsseldorf\n";

fn windows(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1252.encode(text).0.into_owned()
}

fn said(name: &str, bytes: impl AsRef<[u8]>, encoding: Option<&str>) -> Files {
    Files::new().with(name, bytes).table_as("t", name, |table| table.encoding = encoding.map(str::to_owned))
}

#[rstest]
#[case::windows(windows(PEOPLE))]
#[case::utf8(PEOPLE.as_bytes().to_vec())]
#[case::utf8_marked(format!("\u{feff}{PEOPLE}").into_bytes())]
#[case::little(utf16(PEOPLE, false, false))]
#[case::big(utf16(PEOPLE, true, false))]
#[case::marked(utf16(PEOPLE, true, true))]
fn detected_when_asked_for(#[case] bytes: Vec<u8>) {
    for (name, bytes) in [("t.csv", bytes.clone()), ("t.csv.gz", gzip(&bytes))] {
        assert_eq!(said(name, bytes, Some("detect")).rows("SELECT Name FROM t"), ["Jürgen Müller", "Zoë Bürger"]);
    }
}

/// What is beyond ASCII comes late, and the files of one table need not be alike.
#[test]
fn detected_by_all_bytes_of_each_file() {
    let late = windows(&format!("Id;Name\n{}2;Zoë Müller\n", "1;Ann\n".repeat(400_000)));
    let files = Files::new().with("a.csv", late).with("b.csv", "Id;Name\n3;Zoë\n");
    let files = files.table_as("t", "*.csv", |table| table.encoding = Some("detect".to_owned()));
    assert_eq!(files.rows("SELECT DISTINCT Name FROM t"), ["Ann", "Zoë Müller", "Zoë"]);
    let report = files.reader("SELECT Id FROM t", SqlLimits::default()).read(&["Id"], &mut |_| Ok(())).unwrap();
    let notices: Vec<_> = report.notices.iter().map(|notice| notice.text("1")).collect();
    assert_eq!(
        notices,
        [
            "t: 1 file is read as utf-8 (\"b.csv\"): by what the bytes look like (`encoding: detect`)",
            "t: 1 file is read as windows-1252 (\"a.csv\"): by what the bytes look like (`encoding: detect`)"
        ]
    );
}

#[rstest]
#[case::windows(
    windows(PEOPLE),
    None,
    "t.csv line 2: not valid UTF-8\nits bytes look like windows-1252 (or latin-1): write `encoding: windows-1252` in the table, or save the file as UTF-8"
)]
#[case::a_wrong_guess(
    windows(PEOPLE),
    Some("shift_jis"),
    "t.csv line 2: not valid Shift_JIS\nits bytes look like windows-1252 (or latin-1): write `encoding: windows-1252` in the table, or save the file as UTF-8"
)]
#[case::little(
    utf16(PEOPLE, false, false),
    None,
    "t.csv is UTF-16 without a byte order mark\nwrite `encoding: utf-16le` in the table, or save the file as UTF-8"
)]
#[case::the_wrong_half(
    utf16(PEOPLE, true, false),
    Some("utf-16le"),
    "t.csv is UTF-16 without a byte order mark, and the table says utf-16le\nwrite `encoding: utf-16be` in the table, or save the file as UTF-8"
)]
#[case::utf16_said_windows(
    utf16(PEOPLE, false, false),
    Some("windows-1252"),
    "t.csv is UTF-16 without a byte order mark, and the table says windows-1252\nwrite `encoding: utf-16le` in the table, or save the file as UTF-8"
)]
#[case::windows_said_utf16(
    windows(PEOPLE),
    Some("utf-16le"),
    "t.csv is not UTF-16, and the table says utf-16le\nits bytes look like windows-1252 (or latin-1): write `encoding: windows-1252` in the table, or save the file as UTF-8"
)]
#[case::utf8_said_utf16(
    PEOPLE.as_bytes().to_vec(),
    Some("utf-16le"),
    "t.csv is not UTF-16, and the table says utf-16le\nits bytes look like UTF-8: leave out `encoding`"
)]
#[case::mixed(
    [PEOPLE.as_bytes(), &windows("3;Müller;Ulm\n")].concat(),
    None,
    "t.csv line 4: not valid UTF-8\nmost of it is UTF-8, but not the byte 0xFC (ü in windows-1252): correct the line, or export the file again in one encoding"
)]
#[case::mixed_and_detected(
    [PEOPLE.as_bytes(), &windows("3;Müller;Ulm\n")].concat(),
    Some("detect"),
    "t.csv is not all in one encoding\nmost of it is UTF-8, but not the byte 0xFC (ü in windows-1252): correct the line, or export the file again in one encoding"
)]
fn the_hint_comes_from_the_bytes(#[case] bytes: Vec<u8>, #[case] encoding: Option<&str>, #[case] expected: &str) {
    assert_eq!(said("t.csv", bytes, encoding).error("SELECT * FROM t"), expected);
}

#[rstest]
#[case::gzip_named_csv("t.csv", gzip(PEOPLE.as_bytes()), "t.csv is a gzip file\nname it t.csv.gz")]
#[case::gzip_in_gzip("t.csv.gz", gzip(&gzip(PEOPLE.as_bytes())), "t.csv.gz is a gzip file\nname it t.csv.gz.gz")]
#[case::gzip_named_ndjson("t.ndjson", gzip(PEOPLE.as_bytes()), "t.ndjson is a gzip file\nname it t.ndjson.gz")]
#[case::csv_named_gz(
    "t.csv.gz",
    PEOPLE.as_bytes().to_vec(),
    "t.csv.gz is not a gzip file\nname it by what it is (.csv, .ndjson), or write `format:` in the table; if it is damaged, deliver it again"
)]
#[case::workbook("t.csv", b"PK\x03\x04\x14\0\0\0xl/workbook.xml".to_vec(), "t.csv is an Excel workbook (.xlsx)\nopen it and save it as CSV UTF-8")]
#[case::workbook_named_gz(
    "t.csv.gz",
    b"PK\x03\x04\x14\0\0\0xl/workbook.xml".to_vec(),
    "t.csv.gz is an Excel workbook (.xlsx), not a gzip file\nopen it and save it as CSV UTF-8"
)]
#[case::csv_named_parquet(
    "t.parquet",
    PEOPLE.as_bytes().to_vec(),
    "t.parquet is not a Parquet file\nname it by what it is (.csv, .ndjson), or write `format:` in the table; if it is damaged, deliver it again"
)]
#[case::gzip_named_parquet("t.parquet", gzip(PEOPLE.as_bytes()), "t.parquet is a gzip file, not a Parquet file\nname it t.parquet.gz")]
fn disguises(#[case] name: &str, #[case] bytes: Vec<u8>, #[case] expected: &str) {
    assert_eq!(said(name, bytes, None).error("SELECT * FROM t"), expected);
}
