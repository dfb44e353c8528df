//! CSV as spreadsheets and reports write it.

use super::{Files, SqlLimits, formats::utf16};
use rstest::rstest;

#[rstest]
#[case::first_line("sep=;\r\nId;Name\r\n1;A, B\r\n", &["1|A, B"])]
#[case::against_the_likeliest("sep=,\nId,Name\n1,a;b\n2,c;d\n", &["1|a;b", "2|c;d"])]
#[case::quoted("\"sep=|\"\nId|Name\n1|A\n", &["1|A"])]
#[case::marked("\u{feff}sep=\t\nId\tName\n1\tA\n", &["1|A"])]
#[case::mark_after_it("sep=;\n\u{feff}Id;Name\n1;A\n", &["1|A"])]
#[case::two_marks("\u{feff}\u{feff}Id;Name\n1;A\n", &["1|A"])]
#[case::two_marks_and_quotes("\u{feff}\u{feff}\"Id\";\"Name\"\n1;A\n", &["1|A"])]
#[case::mark_in_quotes("\"\u{feff}Id\",\"Name\u{200b}\"\n1,A\n", &["1|A"])]
#[case::no_break_spaces("\u{a0}Id\u{a0},Name\u{a0}\n1,A\n", &["1|A"])]
#[case::blank_before_quotes("Id, Name\n1, \"A, B\"\n2,\t\"C\nD\" \n", &["1|A, B", "2|C\nD"])]
#[case::no_break_space_before_quotes("Id,Name\n1,\u{a0}\"A, B\"\u{a0}\r\n", &["1|A, B"])]
#[case::blanks_of_plain_cells_stay("Id,Name\n1, A \n", &["1| A "])]
#[case::digits_as_text("Id,Name\n=\"0123\",\"=\"\"0456\"\"\"\n=\"\",=\"a,b\"\n", &["0123|0456", "∅|a,b"])]
#[case::other_formulas_stay("Id,Name\n1,=\"a\"&\"b\"\n2,=1+1\n3,=\"\n", &["1|=\"a\"&\"b\"", "2|=1+1", "3|=\""])]
#[case::apostrophes("Id,Name\n'+4791234567,'t Hooft\n\"'0123\",O'Hara\n", &["+4791234567|'t Hooft", "0123|O'Hara"])]
#[case::postgres_null("Id,Name\n1,\\N\n2,NULL\n", &["1|∅", "2|NULL"])]
fn reads(#[case] text: &str, #[case] expected: &[&str]) {
    assert_eq!(Files::csv(text).rows("SELECT Id, Name FROM t"), expected);
}

#[rstest]
#[case("sep=;\nId;Name\n1;A\n", "1 file has a first line that says its separator (sep=)")]
#[case("\u{feff}\u{feff}Id,Name\n1,A\n", "1 name of a column has U+FEFF around it: it is invisible")]
#[case("Id\u{a0},Name\n1,A\n", "1 name of a column has U+00A0 around it: it is invisible")]
#[case("Id,Name\n1, \"A\"\n", "1 cell has blanks around its quotes")]
#[case("Id,Name\n1,\"A\" \n", "1 cell has blanks around its quotes")]
#[case(" Id ,\"Name\"\n1, A\n", "")]
fn what_was_understood_is_told(#[case] text: &str, #[case] expected: &str) {
    let files = Files::csv(text);
    let report = files.reader("SELECT Id, Name FROM t", SqlLimits::default()).read(&["Id", "Name"], &mut |_| Ok(())).unwrap();
    let said: Vec<_> = report.notices.iter().map(|notice| notice.text("1")).collect();
    let expected =
        if expected.is_empty() { said.is_empty() } else { said.len() == 1 && said[0].starts_with(&format!("t.csv: {expected}")) };
    assert!(expected, "{said:?}");
}

#[test]
fn sep_lines_of_utf16_are_read_too() {
    let files = Files::new().with("t.csv", utf16("sep=\t\r\nId\tName\r\n1\tZoë\r\n", false, true)).table("t", "t.csv");
    assert_eq!(files.rows("SELECT Id, Name FROM t"), ["1|Zoë"]);
}

#[test]
fn a_tables_words_for_null_are_null_everywhere_in_sql() {
    let text = "Id,Name\n1,NULL\n2,\"n/a\"\n3,\\N\n4,null\n";
    let files = Files::csv(text).table_as("t", "t.csv", |table| table.nulls = Some(vec!["NULL".into(), "n/a".into()]));
    assert_eq!(files.rows("SELECT Id FROM t WHERE Name IS NULL"), ["1", "2"]);
    assert_eq!(files.rows("SELECT Id FROM t WHERE Name > ''"), ["3", "4"]);
}

const REPORT: &str = "Customers of May\n\n\"as of; today\"\nId;Name\n1;A\n2;B\n";

#[test]
fn titles_are_skipped_as_the_table_says_and_the_hint_says_how_many() {
    let skipping = |lines| Files::csv(REPORT).table_as("t", "t.csv", |table| table.skip_rows = lines);
    assert_eq!(skipping(3).rows("SELECT Id, Name FROM t"), ["1|A", "2|B"]);
    let said = "one cell, where the rows below have several: this looks like a title, not like the header\nwrite `skipRows: 3` in the \
                table; or, if this is the header of a file with one column, its `delimiter`";
    assert_eq!(skipping(0).error("SELECT Id FROM t"), format!("t.csv line 1: {said}"));
    assert_eq!(skipping(1).error("SELECT Id FROM t"), format!("t.csv line 2: {said}"));
    let beyond = skipping(9).error("SELECT Id FROM t");
    assert!(beyond.starts_with("t.csv line 7: the file ends within the 9 lines that the table skips"), "{beyond}");
    let after_sep = Files::csv(&format!("sep=;\n{REPORT}")).table_as("t", "t.csv", |table| table.skip_rows = 3);
    assert_eq!(after_sep.rows("SELECT Id, Name FROM t"), ["1|A", "2|B"]);
}

#[rstest]
#[case::one_column("Email\na@x.com;b@x.com\nc@x.com;d@x.com\n", &["a@x.com;b@x.com", "c@x.com;d@x.com"])]
#[case::unnamed("Email;;\na@x.com;Oslo;1\nb@x.com;Bergen;2\n", &["a@x.com", "b@x.com"])]
fn a_header_of_one_name_stays_a_header(#[case] text: &str, #[case] expected: &[&str]) {
    assert_eq!(Files::csv(text).rows("SELECT Email FROM t"), expected);
}

#[test]
fn a_sep_line_against_the_table_is_told() {
    let files = Files::csv("sep=;\nId;Name\n1;A\n").table_as("t", "t.csv", |table| table.delimiter = Some(b'\t'));
    assert_eq!(
        files.error("SELECT * FROM t"),
        "t.csv line 1: the line says that ';' separates the cells, and the table says tab\nleave out `delimiter` in the table if the file is right"
    );
}

#[test]
fn what_nobody_sees_in_a_name_is_told_where_it_is_looked_for() {
    let files = Files::csv("Id,First\u{a0}Name\n1,A\n");
    let error = files.error("SELECT \"First Name\" FROM t");
    assert!(error.contains("its column has U+00A0 after \"First\""), "{error}");
    let error =
        files.reader("SELECT * FROM t", SqlLimits::default()).columns_with(&["First Name"], &crate::definition::Name::new("vips").unwrap());
    let hint = error.unwrap_err().hint.unwrap();
    assert!(hint.starts_with("its column has U+00A0 after \"First\""), "{hint}");
}

#[rstest]
#[case::after("Id,Name\n1, \"A\" B\n", "t.csv line 2: text follows a closing quote")]
#[case::unclosed("Id,Name\n1, \"A\n", "t.csv line 2: a quote is opened and never closed")]
fn what_is_no_cell_is_refused(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(Files::csv(text).error("SELECT Id FROM t").lines().next(), Some(expected));
}

#[test]
fn half_characters_are_replaced_and_counted() {
    let text = "{\"id\": 1, \"na\\ud83dme\": \"x\", \"bio\": \"a\\ud83d\", \"more\": {\"k\": \"\\udc00\"}}\n{\"id\": 2, \"bio\": \"\\ud83d\\ude00\"}\n";
    let files = Files::new().with("t.ndjson", text).table("t", "t.ndjson");
    assert_eq!(files.rows("SELECT id, bio FROM t"), ["1|a\u{fffd}", "2|😀"]);
    assert_eq!(files.rows("SELECT more ->> 'k' FROM t WHERE id = 1"), ["\u{fffd}"]);
    let report = files.reader("SELECT bio FROM t", SqlLimits::default()).read(&["bio"], &mut |_| Ok(())).unwrap();
    let notices: Vec<_> = report.notices.iter().map(|notice| notice.text("2")).collect();
    assert_eq!(notices, ["t.ndjson: 2 half characters: each is U+FFFD: the program that wrote them cut a character in two"]);
}
