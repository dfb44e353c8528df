//! Tables of files that do not have the same columns, or not of the same kind.

use super::{
    Access, Files, Reader, Selection, SqlLimits,
    formats::{gzip, parquet},
    open,
};
use arrow_array::{ArrayRef, BinaryArray, Float64Array, Int32Array, LargeBinaryArray, NullArray, StringArray};
use rstest::rstest;
use std::sync::Arc;

fn months(first: &str, second: &str) -> Files {
    Files::new().with("2024-01.csv", first).with("2024-02.csv.gz", gzip(second.as_bytes())).table("t", "2024-*")
}

/// As a run reads for an export with `match: {email: Email}` and consent in `OptIn`.
fn reader(files: &Files, query: &str) -> Box<dyn Reader> {
    let access = Access::local(SqlLimits::default(), Arc::default()).vital(&["Email", "OptIn"]);
    open(&files.segment(Selection::Query(query.to_owned())), &access).unwrap()
}

fn notices(files: &Files, query: &str) -> Vec<String> {
    let mut reader = reader(files, query);
    let columns = reader.columns().unwrap();
    let columns = columns.iter().map(String::as_str).collect::<Vec<_>>();
    let report = reader.read(&columns, &mut |_| Ok(())).unwrap();
    report.notices.iter().map(|notice| notice.text("1")).collect()
}

#[rstest]
#[case::added("Id,Email\n1,a@x\n", "Id,Email,Tier\n2,b@x,gold\n", &["1|a@x|∅", "2|b@x|gold"])]
#[case::another_order("Id,Email,Tier\n1,a@x,gold\n", "Tier,Email,Id\n\"si\"\"l\",b@x,2\n", &["1|a@x|gold", "2|b@x|si\"l"])]
#[case::another_case("Id,Email,Tier\n1,a@x,gold\n", "ID,email,TIER\n2,b@x,silver\n", &["1|a@x|gold", "2|b@x|silver"])]
#[case::one_that_nobody_uses("Id,Email,Fax\n1,a@x,7\n", "Id,Tier,Email\n2,gold,b@x\n", &["1|a@x|∅", "2|b@x|gold"])]
fn columns_of_csv_files_meet_by_name(#[case] first: &str, #[case] second: &str, #[case] expected: &[&str]) {
    assert_eq!(months(first, second).rows("SELECT Id, Email, Tier FROM t"), expected);
}

#[test]
fn keys_of_ndjson_files_meet_in_any_case() {
    let files = Files::new().with("a.ndjson", "{\"id\": 1, \"Name\": \"A\"}\n").with("b.ndjson", "{\"ID\": 2, \"name\": \"B\"}\n");
    assert_eq!(files.table("t", "*.ndjson").rows("SELECT * FROM t"), ["1|A", "2|B"]);
}

#[test]
fn a_used_column_that_a_file_lacks_is_noticed_and_another_is_not() {
    let files = months("Id,Email\n1,a@x\n", "Id,Email,Tier,Fax\n2,b@x,gold,7\n");
    let said = "Tier: 1 file does not have this column (\"2024-01.csv\"): it is empty there";
    assert_eq!(notices(&files, "SELECT Id, Email, Tier FROM t"), [said]);
    assert_eq!(notices(&files, "SELECT Id, Email FROM t WHERE Tier = 'gold'"), [said]);
    assert_eq!(notices(&files, "SELECT Id, Email FROM t"), [""; 0]);
}

#[rstest]
#[case::renamed("Id,Email\n1,a@x\n", "Id,E-Mail\n2,b@x\n", "SELECT Id, Email FROM t")]
#[case::gone("Id,Email\n1,a@x\n", "Id\n2\n", "SELECT Id, Email FROM t")]
#[case::and_asked_for("Id,Email\n1,a@x\n", "Id\n2\n", "SELECT Id, Email FROM t WHERE Email <> ''")]
#[case::under_another_name("Id,Addr\n1,a@x\n", "Id\n2\n", "SELECT Id, Addr AS Email FROM t")]
#[case::computed("Id,Addr\n1,a@x\n", "Id\n2\n", "SELECT Id, lower(trim(Addr)) AS Email FROM t")]
#[case::joined("Id,Addr\n1,a@x\n", "Id\n2\n", "SELECT Id, Addr AS Email FROM t WHERE Id IN (SELECT Id FROM t)")]
#[case::consent("Email,OptIn\na@x,yes\n", "Email\nb@x\n", "SELECT Email, OptIn FROM t")]
#[case::a_condition_renamed("Email,Tier\na@x,gold\n", "Email,Level\nb@x,gold\n", "SELECT Email FROM t WHERE Tier = 'gold'")]
fn a_file_without_what_decides_ends_the_reading(#[case] first: &str, #[case] second: &str, #[case] query: &str) {
    let files = months(first, second);
    let mut reader = reader(&files, query);
    let columns = reader.columns().unwrap();
    let columns = columns.iter().map(String::as_str).collect::<Vec<_>>();
    let error = reader.read(&columns, &mut |_| panic!("no row may be given")).unwrap_err();
    let said = files.without_path(&error);
    assert!(said.starts_with("2024-02.csv.gz has no column") && said.contains("nobody is removed on a doubt"), "{said}");
    // Where it is no matter of people, as in a bare query, it is empty there.
    assert!(files.query(query).is_ok());
}

fn two(first: Vec<(&str, ArrayRef)>, second: Vec<(&str, ArrayRef)>) -> Files {
    Files::new().with("a.parquet", parquet(first)).with("b.parquet", parquet(second)).table("t", "*.parquet")
}

fn ids(ids: &[i32]) -> ArrayRef {
    Arc::new(Int32Array::from(ids.to_vec()))
}

#[test]
fn columns_of_parquet_files_meet_by_name_and_kind() {
    let nothing = || Arc::new(NullArray::new(1)) as ArrayRef;
    let no_number = || Arc::new(Int32Array::from(vec![None])) as ArrayRef;
    let texts = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let files = two(
        vec![("Id", ids(&[1])), ("Tier", nothing()), ("Code", no_number()), ("Spent", ids(&[5]))],
        vec![
            ("Spent", Arc::new(Float64Array::from(vec![0.5]))),
            ("code", texts("x")),
            ("Tier", texts("gold")),
            ("Id", ids(&[2])),
            ("New", texts("n")),
        ],
    );
    assert_eq!(files.rows("SELECT Id, Tier, Code, Spent, New FROM t"), ["i:1|∅|∅|r:5|∅", "i:2|gold|x|r:0.5|n"]);
    assert_eq!(files.rows("SELECT Id FROM t WHERE Spent < 1"), ["i:2"]);
    assert_eq!(files.rows("SELECT * FROM t").len(), 2);
}

#[test]
fn kinds_that_differ_end_a_reading_only_where_they_are_used() {
    let files =
        two(vec![("Id", ids(&[1])), ("Code", ids(&[7]))], vec![("Id", ids(&[2])), ("Code", Arc::new(StringArray::from(vec!["007"])))]);
    assert_eq!(files.rows("SELECT Id FROM t"), ["i:1", "i:2"]);
    assert_eq!(
        files.error("SELECT Code FROM t"),
        "the column \"Code\" is an integer in a.parquet, and text in another file of the table\n\
         write it alike in all files, or name the columns the query needs without this one"
    );
}

#[test]
fn bytes_of_parquet_are_text_where_they_are() {
    let bytes = || Arc::new(BinaryArray::from_opt_vec(vec![Some("Zoë".as_bytes()), None])) as ArrayRef;
    let large = || Arc::new(LargeBinaryArray::from_opt_vec(vec![Some(&b"x"[..]), Some(b"\xff\xfe")])) as ArrayRef;
    let files =
        Files::new().with("t.parquet", parquet(vec![("Name", bytes()), ("Raw", large()), ("Id", ids(&[1, 2]))])).table("t", "t.parquet");
    assert_eq!(files.rows("SELECT Id, Name FROM t WHERE Name = 'Zoë'"), ["i:1|Zoë"]);
    assert_eq!(
        files.error("SELECT Raw FROM t"),
        "t.parquet row 2, column \"Raw\": bytes that are no text\nname the columns the query needs instead of *, without this one"
    );
}

/// As other programs write them.
#[rstest]
#[case("parquet-binary-strings")]
#[case("parquet-all-null-month")]
#[case("parquet-new-column")]
fn field_files(#[case] name: &str) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/field").join(name);
    let pattern = if name == "parquet-binary-strings" { root.join("people.parquet") } else { root.join("monthly/*.parquet") };
    let files = Files::new().table("people", pattern.to_str().unwrap());
    assert!(files.rows("SELECT Email, FirstName FROM people").iter().all(|row| row.contains('@')));
    assert!(!files.rows("SELECT * FROM people").is_empty());
}
