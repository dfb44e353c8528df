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
    "t.csv is not all in one encoding: line 2 is UTF-8, and line 4 is not\nmost of it is UTF-8, but not the byte 0xFC (ü in windows-1252): correct the line, or export the file again in one encoding"
)]
#[case::a_few_rows_of_utf8(
    [b"Id;Name\n".to_vec(), windows(&"1;Jürgen Müller\n".repeat(50)), "2;Zoë\n".as_bytes().to_vec()].concat(),
    None,
    "t.csv line 2: not valid UTF-8\nits line 52 is UTF-8, but not the byte 0xFC (ü in windows-1252): export the file again in one encoding"
)]
#[case::a_few_rows_of_utf8_and_detected(
    [b"Id;Name\n".to_vec(), "2;Zoë\n".repeat(5).into_bytes(), windows(&"1;Jürgen Müller\n".repeat(50))].concat(),
    Some("detect"),
    "t.csv is not all in one encoding: line 2 is UTF-8, and line 7 is not\nits line 2 is UTF-8, but not the byte 0xFC (ü in windows-1252): export the file again in one encoding"
)]
#[case::a_mark_that_is_wrong(
    [b"\xef\xbb\xbf".to_vec(), windows(PEOPLE)].concat(),
    Some("windows-1252"),
    "t.csv line 2: not valid UTF-8\nits byte order mark says UTF-8, and its bytes look like windows-1252: save the file as UTF-8; or take the mark away and write `encoding: windows-1252` in the table, which counts for files without a mark"
)]
fn the_hint_comes_from_the_bytes(#[case] bytes: Vec<u8>, #[case] encoding: Option<&str>, #[case] expected: &str) {
    assert_eq!(said("t.csv", bytes, encoding).error("SELECT * FROM t"), expected);
}

/// Read as the table says, people would have other names, and new addresses.
#[rstest]
#[case("windows-1252", "Jürgen")]
#[case("iso-8859-1", "Zoë")]
#[case("windows-1251", "Пётр")]
#[case("windows-1250", "Łukasz")]
#[case("macintosh", "€")]
#[case("koi8-u", "名前")]
#[case("gbk", "Jürgen Müller, Zoë, José, Núñez, Åse, Göran")]
#[case("shift_jis", "Jürgen Müller, Zoë, José, Núñez, Åse, Göran")]
fn utf8_is_not_read_as_another_encoding(#[case] encoding: &str, #[case] name: &str) {
    // A character beyond the first pieces, and across two of them.
    for before in [0, 64 << 10, 200_001] {
        let text = format!("Id;Name\n{}2;{name}\n", "1;Ann\n".repeat(before / 6) + &"x".repeat(before % 6));
        for (file, bytes) in [("t.csv", text.clone().into_bytes()), ("t.csv.gz", gzip(text.as_bytes()))] {
            let error = said(file, bytes, Some(encoding)).error("SELECT Name FROM t");
            assert!(error.starts_with(&format!("{file} line ")), "{error}");
            if !error.contains("not valid") {
                let line = before / 6 + 2;
                let label = if encoding == "iso-8859-1" { "windows-1252" } else { encoding };
                let what =
                    format!("{file} line {line}: the table says {label}, and all that is not ASCII in this file is UTF-8, from here on");
                assert_eq!(error, what + "\nwrite `encoding: utf-8` in the table, or leave `encoding` out");
            }
        }
    }
}

#[rstest]
#[case::plain("windows-1252", b"Id;Name\n1;Ann\n".to_vec(), "Ann")]
#[case::one_that_is_none("windows-1252", b"Id;Name\n1;\xc3\xa9\xe9\n".to_vec(), "Ã©é")]
#[case::at_the_end("windows-1252", b"Id;Name\n1;\xc3\xa9\xe9".to_vec(), "Ã©é")]
#[case::few_of_several_bytes("gbk", b"Id;Name\n1;\xd0\xa1\n".to_vec(), "小")]
fn what_is_said_is_read(#[case] encoding: &str, #[case] bytes: Vec<u8>, #[case] expected: &str) {
    assert_eq!(said("t.csv", bytes, Some(encoding)).rows("SELECT Name FROM t"), [expected]);
}

#[rstest]
#[case::gzip_named_csv("t.csv", gzip(PEOPLE.as_bytes()), "t.csv is a gzip file\nname it t.csv.gz")]
#[case::gzip_in_gzip("t.csv.gz", gzip(&gzip(PEOPLE.as_bytes())), "t.csv.gz is packed twice: a gzip file is in it\nunpack it once")]
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
#[case::zstd_named_gz("t.csv.gz", b"\x28\xb5\x2f\xfd\0".to_vec(), "t.csv.gz is a zstd file, not a gzip file\nname it t.csv.zst")]
#[case::ndjson_named_csv(
    "t.csv",
    b"{\"Email\": \"a@x\", \"Name\": \"Ann\"}\n".to_vec(),
    "t.csv line 1: this is NDJSON, one JSON object a line, and not CSV\nname the file .ndjson, or write `format: ndjson` in the table"
)]
#[case::ndjson_with_a_long_line(
    "t.csv",
    format!("{{ \"Email\": \"{}\"}}\n", "a".repeat(300_000)).into_bytes(),
    "t.csv line 1: this is NDJSON, one JSON object a line, and not CSV\nname the file .ndjson, or write `format: ndjson` in the table"
)]
#[case::csv_named_parquet(
    "t.parquet",
    PEOPLE.as_bytes().to_vec(),
    "t.parquet is not a Parquet file\nname it by what it is (.csv, .ndjson), or write `format:` in the table; if it is damaged, deliver it again"
)]
#[case::gzip_named_parquet("t.parquet", gzip(PEOPLE.as_bytes()), "t.parquet is a gzip file, not a Parquet file\nunpack it")]
fn disguises(#[case] name: &str, #[case] bytes: Vec<u8>, #[case] expected: &str) {
    assert_eq!(said(name, bytes, None).error("SELECT * FROM t"), expected);
}
