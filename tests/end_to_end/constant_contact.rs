//! Constant Contact in a rehearsal: what a plan says of phones, and how many calls an import with blanks takes.

use std::{fs, path::Path, process::Command};

const DEFINED: &str = "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {people: people.csv}
---
apiVersion: listkeeper/v1
kind: Segment
name: everyone
source: crm
table: people
---
apiVersion: listkeeper/v1
kind: Connection
name: account
type: constant-contact
credentials: {oauth: {clientId: abc}}
privacy: {acceptedBy: privacy@contoso.test, acceptedOn: 2026-11-22}
---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: account
segments: [everyone]
target: {list: News}
match: {email: Email}
attributes: {first_name: First, phone: Phone}
";

fn run(dir: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
    let output = command.args(args).arg("--state").arg(dir.join("state")).current_dir(dir.join("lists")).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn a_plan_counts_international_phones_and_an_import_with_blanks_is_one_call() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("lists")).unwrap();
    fs::write(dir.path().join("lists/listkeeper.yaml"), DEFINED).unwrap();
    let people = "Email,First,Phone\na@contoso.test,Ada,+31 6 1234\nb@contoso.test,,\nc@contoso.test,Cy,+1 555 0100\n";
    fs::write(dir.path().join("lists/people.csv"), people).unwrap();
    let plan = run(dir.path(), &["plan", "--sandbox"]);
    let plan = plan.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plan.contains("imports at Constant Contact do not take international phone numbers, and 1 member to send has one"), "{plan}");
    let applied = run(dir.path(), &["apply", "--sandbox", "--yes"]);
    assert!(applied.contains("3 added"), "{applied}");
    let again = run(dir.path(), &["apply", "--sandbox", "--yes"]);
    assert!(again.contains("nothing to do"), "{again}");
}
