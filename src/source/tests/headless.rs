//! Files without a header: their first row is a person, who must stand in no message (G7).

use super::{Access, Files, SqlLimits, cancel};
use crate::{definition::Selection, source::open};

const HEADLESS: &str = "p00000@lk-field.org,Name0\np00001@lk-field.org,Name1\n";
const TOLD: &str = "2 columns (the file seems to have no header, since names of columns look like data, which is not shown)";

#[test]
fn a_query_that_misses_a_column_does_not_show_the_first_row() {
    assert_eq!(
        Files::csv(HEADLESS).error("SELECT Email FROM t"),
        format!(
            "vips.yaml, segment vips: no such column: Email (query line 1, column 8)\nt has {TOLD} (a text is written in single quotes)"
        )
    );
}

#[test]
fn a_mapping_that_misses_a_column_does_not_show_the_first_row() {
    let files = Files::csv(HEADLESS);
    let mut reader = files.reader("SELECT * FROM t", SqlLimits::default());
    let error = reader.read(&["Email"], &mut |_| Ok(())).unwrap_err();
    assert_eq!(files.without_path(&error), format!("segment vips gives no column \"Email\"\nit gives {TOLD}"));
}

/// One file of a table without a header, whichever it is.
#[test]
fn a_file_that_lacks_the_address_does_not_show_its_first_row() {
    let files = Files::new().with("a.csv", "Email,Name\np00000@lk-field.org,Name0\n").with("b.csv", "p00010@lk-field.org,Name10\n");
    let files = files.table("t", "*.csv");
    let rows = files.segment(Selection::Query("SELECT Email, Name FROM t".to_owned()));
    let access = Access::local(SqlLimits::default(), cancel()).vital(&["Email"]);
    let error = open(&rows, &access).unwrap().read(&["Email", "Name"], &mut |_| Ok(())).unwrap_err();
    let text = files.without_path(&error);
    assert!(text.contains("b.csv has no column \"Email\"") && text.contains("it seems to have no header"), "{text}");
    assert!(!text.contains("lk-field"), "{text}");
}

#[test]
fn what_a_plan_says_of_lacking_columns_does_not_show_a_first_row() {
    let files = Files::new().with("a.csv", "p00000@lk-field.org,Name0\n").with("b.csv", "p00010@lk-field.org,Name0\n");
    let files = files.table("t", "*.csv");
    let mut reader = files.reader("SELECT * FROM t", SqlLimits::default());
    let columns = reader.columns().unwrap();
    let columns = columns.iter().map(String::as_str).collect::<Vec<_>>();
    let report = reader.read(&columns, &mut |_| Ok(())).unwrap();
    let notices: Vec<_> = report.notices.iter().map(|notice| notice.text("1")).collect();
    assert!(!notices.is_empty() && notices.iter().all(|notice| !notice.contains('@')), "{notices:?}");
}
