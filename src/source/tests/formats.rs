//! What each format gives, and how each is refused.

use super::Files;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Int32Array, LargeStringArray,
    ListArray, RecordBatch, StringArray, StructArray, TimestampMillisecondArray, UInt64Array,
    types::{Int32Type, UInt32Type},
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use rstest::rstest;
use std::{io::Write, sync::Arc};

const PLAIN: &str = "Id,Name\n1,Ann\n2,Bo\n";

#[rstest]
#[case::comma(PLAIN, &["1|Ann", "2|Bo"])]
#[case::semicolon("Id;Name\n1;\"An;n\"\n", &["1|An;n"])]
#[case::tab("Id\tName\n1\tAnn, Jr\n", &["1|Ann, Jr"])]
#[case::pipe("Id|Name\n1|Ann\n", &["1|Ann"])]
#[case::decimal_commas_do_not_win("Id;Price;Name\n1;1,5;a,b\n2;2;c\n", &["1|1,5|a,b", "2|2|c"])]
#[case::one_column("Id\n1\n\n2\n", &["1", "2"])]
#[case::crlf("Id,Name\r\n1,\"Ann\"\r\n2,Bo", &["1|Ann", "2|Bo"])]
#[case::newline_in_quotes("Id,Name\n1,\"An\nn\"\n2,\"B\r\no\"\n", &["1|An\nn", "2|B\r\no"])]
#[case::doubled_quotes("Id,Name\n1,\"\"\"Ann\"\" x\"\n", &["1|\"Ann\" x"])]
#[case::quote_inside_bare("Id,Name\n1,5\" disk\n", &["1|5\" disk"])]
#[case::byte_order_mark("\u{feff}Id,Name\n1,Ann\n", &["1|Ann"])]
#[case::empty_is_null("Id,Name\n1,\n2,\"\"\n3, \n", &["1|∅", "2|∅", "3| "])]
#[case::blank_lines("Id,Name\n\n1,Ann\n\r\n2,Bo\n\n", &["1|Ann", "2|Bo"])]
#[case::header_only("Id,Name\n", &[])]
fn csv(#[case] text: &str, #[case] expected: &[&str]) {
    assert_eq!(Files::csv(text).rows("SELECT * FROM t"), expected);
}

#[rstest]
#[case::trimmed(" Full Name ,\"Id \"\nx,1\n", &["Full Name", "Id"])]
#[case::unnamed("Id,, \nx,1,2\n", &["Id", "column_2", "column_3"])]
#[case::odd("a\"b,c]d\nx,1\n", &["a\"b", "c]d"])]
fn headers(#[case] text: &str, #[case] expected: &[&str]) {
    let files = Files::csv(text);
    assert_eq!(files.reader("SELECT * FROM t", super::SqlLimits::default()).columns().unwrap(), expected);
    assert_eq!(files.rows("SELECT * FROM t").len(), 1);
}

#[rstest]
#[case::ragged_short("Id,Name\n1,Ann\n\n2\n", "t.csv line 4: 1 cell where the header has 2")]
#[case::ragged_long("Id,Name\n\"1\n\",Ann\n2,Bo,x\n", "t.csv line 4: 3 cells where the header has 2")]
#[case::unclosed("Id,Name\n1,Ann\n2,\"Bo\n3,C\n", "t.csv line 3: a quote is opened and never closed")]
#[case::after_quote("Id,Name\n1,\"A\nn\"n\n", "t.csv line 3: text follows a closing quote")]
#[case::empty("", "t.csv line 1: the file is empty: not even a header")]
#[case::old_mac("Id,Name\r1,Ann\r", "t.csv line 1: the lines end in CR only")]
#[case::nul("Id,Name\n1,A\0nn\n", "t.csv line 2: a NUL character")]
fn csv_refused(#[case] text: &str, #[case] expected: &str) {
    let files = Files::csv(text);
    assert_eq!(files.error("SELECT * FROM t").lines().next(), Some(expected));
    // Also where no cell is asked for.
    assert_eq!(files.error("SELECT count(*) FROM t").lines().next(), Some(expected));
}

#[test]
fn invalid_utf8_names_the_line_and_the_way_out() {
    let mut bytes = b"Id,Name\n".to_vec();
    (0..20_000).for_each(|row| writeln!(bytes, "{row},somebody").unwrap());
    bytes.extend(b"x,Zo\xeb\n");
    let files = Files::new().with("t.csv", &bytes).table("t", "t.csv");
    insta::assert_snapshot!(files.error("SELECT Id FROM t"), @r"
    t.csv line 20002: not valid UTF-8
    its bytes look like windows-1252 (or latin-1): write `encoding: windows-1252` in the table, or save the file as UTF-8
    ");
    let files = files.table_as("t", "t.csv", |table| table.encoding = Some("windows-1252".to_owned()));
    assert_eq!(files.rows("SELECT Name FROM t WHERE Id = 'x'"), ["Zoë"]);
}

pub(super) fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[rstest]
#[case::little_marked(false, true, None)]
#[case::big_marked(true, true, None)]
#[case::big_given(true, false, Some("utf-16be"))]
#[case::little_given(false, false, Some("utf-16le"))]
fn utf16_files(#[case] big: bool, #[case] mark: bool, #[case] encoding: Option<&str>) {
    let text = format!("Id,Name\n{}", "7,Zoë 😀\n".repeat(20_000));
    let files = Files::new().with("t.csv", utf16(&text, big, mark));
    let files = files.table_as("t", "t.csv", |table| table.encoding = encoding.map(str::to_owned));
    assert_eq!(files.rows("SELECT Name, count(*) FROM t GROUP BY 1"), ["Zoë 😀|i:20000"]);
}

#[test]
fn an_unknown_encoding_and_format_are_named() {
    let files = Files::csv(PLAIN).table_as("t", "t.csv", |table| table.encoding = Some("latin-99".to_owned()));
    assert!(files.error("SELECT * FROM t").starts_with("the encoding \"latin-99\" is unknown"));
    let files = Files::new().with("t.xlsx", "PK").table("t", "t.xlsx");
    insta::assert_snapshot!(files.error("SELECT * FROM t"), @r"
    the format of t.xlsx is not clear from its name
    give format: csv, ndjson or parquet
    ");
}

pub(super) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(text).unwrap();
    writer.finish().unwrap()
}

#[test]
fn compressed() {
    let zst = zstd::encode_all(PLAIN.as_bytes(), 1).unwrap();
    let files = Files::new().with("a.csv.gz", gzip(PLAIN.as_bytes())).with("b.CSV.zst", zst).table("a", "a.csv.gz").table("b", "b.CSV.zst");
    assert_eq!(files.rows("SELECT Name FROM a"), ["Ann", "Bo"]);
    assert_eq!(files.rows("SELECT Name FROM b"), ["Ann", "Bo"]);
}

#[rstest]
#[case::gzip("t.csv.gz")]
#[case::zstd("t.csv.zst")]
fn a_cut_archive_is_an_error_not_fewer_rows(#[case] name: &str) {
    let mut text = String::from("Id,Name\n");
    (0..50_000).for_each(|row| text.push_str(&format!("{row},{}\n", row * 7919 % 10_007)));
    let mut bytes = if name.ends_with("gz") { gzip(text.as_bytes()) } else { zstd::encode_all(text.as_bytes(), 1).unwrap() };
    bytes.truncate(bytes.len() - 20);
    let files = Files::new().with(name, bytes).table("t", name);
    let error = files.error("SELECT count(*) FROM t");
    assert!(error.contains("cannot be read further") && error.contains(" line "), "{error}");
}

#[test]
fn ndjson() {
    let text = r#"{"id": 1, "name": "A\u00ebn \"x\"", "spent": 12.50, "vip": true}

{"name": null, "id": "007", "tags": ["a", "b"], "vip": false, "big": 12345678901234567890}
"#;
    let files = Files::new().with("t.ndjson", text).table("t", "t.ndjson");
    assert_eq!(files.rows("SELECT * FROM t"), ["1|Aën \"x\"|12.50|1|∅|∅", "007|∅|∅|0|[\"a\", \"b\"]|12345678901234567890"]);
    assert_eq!(files.rows("SELECT id FROM t WHERE vip = true"), ["1"]);
    assert_eq!(files.rows("SELECT value FROM t, json_each(tags)"), ["a", "b"]);
}

#[rstest]
#[case::cut("{\"id\": 1}\n{\"id\": 2", "t.ndjson line 2: column 8: EOF while parsing an object")]
#[case::array("{\"id\": 1}\n[1]\n", "t.ndjson line 2: column 0: invalid type: sequence, expected an object")]
#[case::two_on_a_line("{\"id\": 1}\n\n{\"id\": 1} {\"id\": 2}\n", "t.ndjson line 3: column 11: trailing characters")]
#[case::twice("{\"id\": 1, \"id\": 2}\n", "t.ndjson line 1: column 14: the key \"id\" comes twice")]
#[case::empty("\n\n", "t.ndjson line 1: no JSON object in the file")]
#[case::case(
    "{\"id\": 1, \"ID\": 2}\n",
    "t.ndjson line 1: two keys, \"id\" and \"ID\", differ only in case, which SQL does not tell apart"
)]
fn ndjson_refused(#[case] text: &str, #[case] expected: &str) {
    let files = Files::new().with("t.ndjson", text).table("t", "t.ndjson");
    assert_eq!(files.error("SELECT id FROM t").lines().next(), Some(expected));
}

#[test]
fn ndjson_keys_after_the_sample_are_no_columns_and_a_query_is_told() {
    let text = format!("{}{{\"id\": 2, \"late\": 1}}\n", "{\"id\": 1}\n".repeat(1000));
    let files = Files::new().with("t.jsonl", text).table("t", "t.jsonl");
    assert_eq!(files.rows("SELECT * FROM t").len(), 1001);
    assert!(files.error("SELECT late FROM t").ends_with("of NDJSON the keys of the first 1,000 lines are columns"));
}

pub(super) fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn parquet_types() {
    let dictionary: DictionaryArray<Int32Type> = vec!["NL", "DE"].into_iter().collect();
    let numbers: DictionaryArray<UInt32Type> = vec!["0123", "9"].into_iter().collect();
    let bytes = parquet(vec![
        ("i", Arc::new(Int32Array::from(vec![Some(-5), None]))),
        ("u", Arc::new(UInt64Array::from(vec![7, 8]))),
        ("f", Arc::new(Float32Array::from(vec![0.1, 2.5]))),
        ("b", Arc::new(BooleanArray::from(vec![true, false]))),
        ("d", Arc::new(Decimal128Array::from(vec![123_450, -50]).with_precision_and_scale(12, 2).unwrap())),
        ("day", Arc::new(Date32Array::from(vec![20_000, 0]))),
        ("ts", Arc::new(TimestampMillisecondArray::from(vec![1_700_000_000_123, 0]).with_timezone("UTC"))),
        ("s", Arc::new(LargeStringArray::from(vec!["é", ""]))),
        ("c", Arc::new(dictionary)),
        ("z", Arc::new(numbers)),
        ("l", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]))),
    ]);
    let files = Files::new().with("t.parquet", bytes).table("t", "t.parquet");
    assert_eq!(
        files.rows("SELECT * FROM t"),
        [
            "i:-5|i:7|r:0.1|i:1|1234.50|2024-10-04|2023-11-14T22:13:20.123Z|é|NL|0123|[1,null]",
            "∅|i:8|r:2.5|i:0|-0.50|1970-01-01|1970-01-01T00:00:00Z||DE|9|∅"
        ]
    );
    assert_eq!(files.rows("SELECT s FROM t WHERE d > 1000 AND ts > '2023' AND i = '-5' AND b"), ["é"]);
}

#[test]
fn parquet_columns_without_a_cell_are_refused_only_when_used() {
    let parts =
        StructArray::from(vec![(Arc::new(Field::new("a", DataType::Int32, false)), Arc::new(Int32Array::from(vec![1, 2])) as ArrayRef)]);
    let bytes = parquet(vec![
        ("parts", Arc::new(parts)),
        ("id", Arc::new(Int32Array::from(vec![1, 2]))),
        ("raw", Arc::new(BinaryArray::from(vec![&b"x"[..], b"\xff"]))),
        ("name", Arc::new(StringArray::from(vec!["a", "b"]))),
    ]);
    let files = Files::new().with("t.parquet", bytes).table("t", "t.parquet");
    assert_eq!(files.rows("SELECT name, id FROM t"), ["a|i:1", "b|i:2"]);
    insta::assert_snapshot!(files.error("SELECT id, raw FROM t"), @r#"
    t.parquet row 2, column "raw": bytes that are no text
    name the columns the query needs instead of *, without this one
    "#);
    assert!(files.error("SELECT * FROM t").starts_with("the column \"parts\" of t.parquet is Struct"));
}

#[test]
fn an_integer_beyond_63_bits_is_an_error() {
    let bytes = parquet(vec![("u", Arc::new(UInt64Array::from(vec![1, u64::MAX])))]);
    let files = Files::new().with("t.parquet", bytes).table("t", "t.parquet");
    assert!(files.error("SELECT u FROM t").starts_with("t.parquet rows 1 to 2, column \"u\":"));
}

#[test]
fn a_cut_parquet_file_is_an_error() {
    let mut bytes = parquet(vec![("id", Arc::new(Int32Array::from(vec![1, 2])))]);
    bytes.truncate(bytes.len() - 3);
    let files = Files::new().with("t.parquet", bytes).table("t", "t.parquet");
    assert!(files.error("SELECT id FROM t").starts_with("t.parquet is not a whole Parquet file"));
}

#[test]
fn many_files_are_one_table_in_order_of_their_names() {
    let files = Files::new()
        .with("b.csv", "Id,N\n2,b\n")
        .with("a.csv", "Id;N\n1;a\n")
        .with("c.csv", "Id,N\n")
        .with("x.txt", "no")
        .table("t", "*.csv");
    assert_eq!(files.rows("SELECT * FROM t"), ["1|a", "2|b"]);
}

#[test]
fn no_match_and_no_file_are_errors() {
    let files = Files::new().table("t", "orders/*.csv").table("u", "gone.csv");
    insta::assert_snapshot!(files.error("SELECT * FROM t"), @r"
    no file matches orders/*.csv
    a pattern that matches nothing is an error, never an empty source
    ");
    assert!(files.error("SELECT * FROM u").starts_with("gone.csv cannot be read: No such file"));
}
