//! Files with several columns of one name: only who needs that name is stopped.

use super::{Files, SourceError, SqlLimits};
use rstest::rstest;

const TWICE: &str = "Email,First,Note,note\na@x,Ann,1,2\nb@x,Bo,3,4\n";
const TOLD: &str = "t.csv line 1: two columns are named \"note\": the 3 and the 4 (SQL does not tell upper from lower case)\n\
                    rename one of them in the file";

fn two_tables() -> Files {
    Files::csv(TWICE).with("u.csv", "Email,Note\na@x,5\n").table("u", "u.csv")
}

fn read(files: &Files, query: &str, columns: &[&str]) -> Result<u64, SourceError> {
    files.reader(query, SqlLimits::default()).read(columns, &mut |_| Ok(())).map(|report| report.rows)
}

#[rstest]
#[case::all("SELECT * FROM t", &["a@x|Ann|1|2", "b@x|Bo|3|4"])]
#[case::others("SELECT First FROM t WHERE Email = 'b@x'", &["Bo"])]
#[case::in_a_text("SELECT First FROM t WHERE First <> 'note'", &["Ann", "Bo"])]
#[case::by_its_own_name("SELECT \"Note (3)\", \"note (4)\" FROM t", &["1|2", "3|4"])]
#[case::joined("SELECT t.First FROM t JOIN u USING (Email)", &["Ann"])]
fn what_does_not_name_it_is_read(#[case] query: &str, #[case] expected: &[&str]) {
    assert_eq!(two_tables().rows(query), expected);
}

#[rstest]
#[case::selected("SELECT Note FROM t")]
#[case::in_a_condition("SELECT Email FROM t WHERE NOTE = '1'")]
#[case::quoted("SELECT \"Note\" FROM t")]
#[case::of_a_table("SELECT t.Note FROM t")]
#[case::that_another_table_has("SELECT t.Email FROM t JOIN u ON t.Email = u.Email WHERE Note = '5'")]
#[case::that_an_outer_query_has("SELECT Email FROM u WHERE EXISTS (SELECT 1 FROM t WHERE Note = '5')")]
#[case::used_to_join("SELECT t.Email FROM t JOIN u USING (Email, Note)")]
#[case::natural("SELECT First FROM t NATURAL JOIN u")]
fn a_query_that_names_it_fails(#[case] query: &str) {
    assert_eq!(two_tables().error(query), TOLD);
}

#[rstest]
#[case::of_the_file("SELECT * FROM t")]
#[case::beside_another_table("SELECT * FROM t JOIN u ON t.Email = u.Email")]
fn a_mapping_that_names_it_fails(#[case] query: &str) {
    let files = two_tables();
    assert_eq!(files.without_path(&read(&files, query, &["First", "Note"]).unwrap_err()), TOLD);
    assert!(read(&files, query, &["First"]).is_ok());
}

/// Each file has it once but one: nobody knows which of the two it is there.
#[test]
fn one_file_of_a_table_is_enough() {
    let files = Files::new().with("a.csv", "Email,Note\na@x,1\n").with("b.csv", "Note,Email,Note\n2,b@x,3\n").table("t", "*.csv");
    assert_eq!(files.rows("SELECT Email FROM t"), ["a@x", "b@x"]);
    assert!(files.error("SELECT Email, Note FROM t").starts_with("b.csv line 1: two columns are named \"Note\": the 1 and the 3"));
    assert_eq!(files.rows("SELECT \"Note (1)\", \"Note (2)\", \"Note (3)\" FROM t"), ["∅|1|∅", "2|∅|3"]);
}

/// A column that is called so by the file keeps its name.
#[test]
fn names_of_the_file_come_first() {
    let files = Files::csv("Phone,Phone (2),Phone (3),X,X,X (4)\n1,2,3,4,5,6\n");
    assert_eq!(files.rows("SELECT Phone, \"Phone (2)\", \"Phone (3)\", \"X (4)\" FROM t"), ["1|2|3|6"]);
    assert_eq!(files.rows("SELECT * FROM t"), ["1|2|3|4|5|6"]);
    assert_eq!(read(&files, "SELECT * FROM t", &["Phone"]).unwrap(), 1);
}

#[test]
fn a_declaration_of_it_fails() {
    let files = Files::new().with("t.csv", TWICE).table_as("t", "t.csv", |table| {
        table.columns.insert("Note".to_owned(), crate::definition::ColumnType::Text);
    });
    assert_eq!(files.error("SELECT Email FROM t"), TOLD);
}
