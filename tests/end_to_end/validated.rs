//! What `validate` says of queries over files, without a network (X1).

use rstest::rstest;
use serde_json::Value;
use std::{fs, path::Path, process::Command};

const PEOPLE: &str = "Id,Email,First,Spent\n1,a@x.test,A,50\n2,b@x.test,B,n/a\n3,c@x.test,C,\"12,50\"\n";

/// A directory whose segment has this query, with its export.
fn defined(dir: &Path, table: &str, query: &str) {
    let yaml = format!(
        "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {{people: {table}}}
---
apiVersion: listkeeper/v1
kind: Connection
name: account
type: mailchimp
credentials: {{apiKey: {{env: KEY}}}}
privacy: {{acceptedBy: dana@x.test, acceptedOn: 2026-11-22}}
---
apiVersion: listkeeper/v1
kind: Segment
name: big
source: crm
query: {query}
---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: account
segments: [big]
target: {{audienceId: cdp}}
match: {{email: Email}}
attributes: {{FNAME: First}}
newContacts: {{status: subscribed}}
"
    );
    fs::write(dir.join("all.yaml"), yaml).unwrap();
}

fn validate(dir: &Path) -> (i32, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_listkeeper")).args(["validate", "--json"]).arg(dir).output().unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

/// The diagnostics: severity, the text at their place, and message.
fn told(answer: &Value, dir: &Path) -> Vec<String> {
    let yaml = fs::read_to_string(dir.join("all.yaml")).unwrap();
    let one = |diagnostic: &Value| {
        let number = |key: &str| diagnostic[key].as_u64().map_or(0, |number| usize::try_from(number).unwrap());
        let line = yaml.lines().nth(number("line").wrapping_sub(1)).unwrap_or_default();
        let rest: String = line.chars().skip(number("column").saturating_sub(1)).take(12).collect();
        let text = |key: &str| diagnostic[key].as_str().unwrap_or_default();
        format!("{} at <{}>: {} | {}", text("severity"), rest.trim_end(), text("message"), text("hint"))
    };
    answer["diagnostics"].as_array().unwrap().iter().map(one).collect()
}

#[rstest]
#[case::syntax("SELECT * FORM people", "error at <FORM people>: segment big: near \"FORM\": syntax error")]
#[case::column("SELECT * FROM people WHERE Spend > 5", "error at <Spend > 5>: segment big: no such column: Spend | did you mean Spent?")]
#[case::block(
    "|\n  SELECT *\n  FROM people\n  WHERE Spend > 5",
    "error at <Spend > 5>: segment big: no such column: Spend | did you mean Spent?"
)]
#[case::deeper_block(
    "|-\n\n      SELECT *\n        FROM people\n      WHERE Spend > 5",
    "error at <Spend > 5>: segment big: no such column"
)]
#[case::quoted("\"SELECT * FROM people WHERE Spend > 5\"", "error at <Spend > 5\">: segment big: no such column")]
#[case::folded(">\n  SELECT *\n  FROM people\n  WHERE Spend > 5", "segment big: no such column: Spend")]
#[case::table("SELECT * FROM persons", "segment big: no such table: persons | the tables of crm are people")]
#[case::function("SELECT *, random() FROM people", "segment big: the query may not use the function random")]
#[case::statements("SELECT * FROM people; SELECT 1", "segment big: the query holds more than one statement")]
#[case::writes("DELETE FROM people", "segment big: ")]
#[case::attribute("SELECT Email FROM people", "segment big gives no column \"First\" | it gives Email")]
#[case::row("SELECT * FROM people WHERE (Spent, Id) = 5", "segment big: ")]
fn what_is_wrong_with_a_query_is_an_error_at_its_place(#[case] query: &str, #[case] expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("people.csv"), PEOPLE).unwrap();
    defined(dir.path(), "people.csv", query);
    let (code, answer) = validate(dir.path());
    let told = told(&answer, dir.path());
    assert_eq!((code, told.len()), (78, 1), "{told:?}");
    assert!(told[0].contains(expected), "{told:?}");
}

#[rstest]
#[case::object_storage("'s3://bucket/people.csv'")]
#[case::outside("../people.csv")]
fn without_its_files_a_query_is_checked_for_what_it_is(#[case] table: &str) {
    let dir = tempfile::tempdir().unwrap();
    let told_of = |query: &str| {
        defined(dir.path(), table, query);
        let (code, answer) = validate(dir.path());
        (code, told(&answer, dir.path()).concat())
    };
    assert_eq!(told_of("SELECT * FROM people WHERE Anything > 5"), (0, String::new()));
    assert!(told_of("SELECT * FORM people").1.contains("error at <FORM people>: segment big: near \"FORM\": syntax error"));
    assert!(told_of("SELECT *, random() FROM people").1.contains("may not use the function random"));
    assert!(told_of("SELECT * FROM people; SELECT 1").1.contains("more than one statement"));
}

#[test]
fn cells_that_are_no_numbers_are_warned_of() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("people.csv"), PEOPLE).unwrap();
    defined(dir.path(), "people.csv", "SELECT * FROM people WHERE Spent > 10");
    let (code, answer) = validate(dir.path());
    let told = told(&answer, dir.path());
    assert_eq!((code, told.len()), (0, 1), "{told:?}");
    assert!(
        told[0].starts_with("warning at <SELECT * FRO>: segment big: Spent: 2 cells are not numbers (\"n/a\", \"12,50\"): "),
        "{told:?}"
    );
}

/// Declarations go to the process that reads.
#[test]
fn declared_columns_are_read_as_such() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("people.csv"), PEOPLE).unwrap();
    let table = |name: &str| format!("{{path: people.csv, columns: {{{name}: {{type: decimal, decimal: \",\"}}}}}}");
    defined(dir.path(), &table("Spent"), "SELECT * FROM people WHERE Spent > 10");
    let (code, answer) = validate(dir.path());
    let said = told(&answer, dir.path());
    assert_eq!((code, said.len()), (0, 1), "{said:?}");
    assert!(said[0].contains("people.Spent: 1 cell is not one of decimals with \",\" (\"n/a\"): read as empty"), "{said:?}");
    defined(dir.path(), &table("Spend"), "SELECT * FROM people");
    let (code, answer) = validate(dir.path());
    let said = told(&answer, dir.path());
    assert!(code == 78 && said[0].contains("has no column \"Spend\"") && said[0].contains("did you mean Spent?"), "{said:?}");
}

#[test]
fn a_table_wider_than_sql_takes_is_read_for_what_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let names = (0..2_100).map(|at| format!(",c{at}")).collect::<String>();
    fs::write(dir.path().join("people.csv"), format!("Email,First{names}\na@x.test,A{}\n", ",1".repeat(2_100))).unwrap();
    defined(dir.path(), "people.csv", "SELECT * FROM people WHERE c2099 > 0");
    assert_eq!(validate(dir.path()).0, 0);
    defined(dir.path(), "people.csv", "SELECT DISTINCT * FROM people");
    let (code, answer) = validate(dir.path());
    let said = told(&answer, dir.path());
    assert!(code == 78 && said[0].contains("2102 columns, and SQL takes 2,000 | name the columns"), "{said:?}");
}

/// A bare `Valid` would say that all was looked at.
#[rstest]
#[case::encoding("people.csv", b"Id,Email,First\n1,a@x.test,J\xf6rg\n")]
#[case::empty("people.csv", b"")]
#[case::packed("people.csv", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")]
#[case::cut("people.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")]
#[case::mistyped("poeple.csv", b"Id,Email,First\n1,a@x.test,A\n")]
#[case::mistyped_folder("data/people.csv", b"Id,Email,First\n1,a@x.test,A\n")]
#[case::pattern("day-*.csv", b"Id,Email,First\n1,a@x.test,A\n")]
fn files_that_cannot_be_read_are_warned_of_at_their_table(#[case] table: &str, #[case] content: &[u8]) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(if table.ends_with(".gz") { table } else { "people.csv" }), content).unwrap();
    defined(dir.path(), &format!("{{path: {table}}}"), "SELECT * FROM people WHERE Id > 0");
    let (code, answer) = validate(dir.path());
    let said = told(&answer, dir.path());
    assert_eq!((code, said.len()), (0, 1), "{said:?}");
    let place = &table[..table.len().min(12)];
    assert!(said[0].starts_with(&format!("warning at <{place}")), "{said:?}");
    assert!(said[0].contains("queries over the table people were not checked: "), "{said:?}");
}

/// A query over an exported folder has no tables to look at.
#[test]
fn a_query_over_an_exported_folder_is_checked_for_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    defined(dir.path(), "people.csv", "SELECT * FORM people");
    let yaml = fs::read_to_string(dir.path().join("all.yaml")).unwrap();
    let folder = yaml.replace("type: files\ntables: {people: people.csv}", "type: customer-insights\nfrom: folder\npath: export");
    fs::write(dir.path().join("all.yaml"), folder).unwrap();
    let (code, answer) = validate(dir.path());
    let said = told(&answer, dir.path());
    assert!(code == 78 && said[0].contains("near \"FORM\": syntax error"), "{said:?}");
}

/// A pull request names a file of the machine that checks it.
#[rstest]
#[case::above("../secret.txt")]
#[case::hidden(".git/config")]
#[case::link("link.csv")]
fn attack_a_check_shows_nothing_of_other_files(#[case] path: &str) {
    let outer = tempfile::tempdir().unwrap();
    let dir = outer.path().join("definitions");
    fs::create_dir_all(dir.join(".git")).unwrap();
    fs::write(outer.path().join("secret.txt"), "token-4711\n").unwrap();
    fs::write(dir.join(".git/config"), "token-4711\n").unwrap();
    std::os::unix::fs::symlink(outer.path().join("secret.txt"), dir.join("link.csv")).unwrap();
    defined(&dir, &format!("{{path: {path}, format: csv}}"), "SELECT * FROM people WHERE Nothing > 5");
    let (_, answer) = validate(&dir);
    assert!(!answer.to_string().contains("4711"), "{answer}");
}
