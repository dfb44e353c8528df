use super::*;
use insta::assert_snapshot;

fn report(text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.yaml"), text).unwrap();
    super::text(&crate::definition::read(dir.path()), Style { color: false, width: 100 })
}

const BROKEN: &str = "apiVersion: listkeeper/v1
kind: Connection
name: account
type: mailchimp
credentials:
  apiKey: abcdef-us4
privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
usableby: [marketing/**]
";

#[test]
fn says_what_where_why_and_what_to_do() {
    assert_snapshot!(report(BROKEN), @r"
      × a secret is written here literally
       ╭─[a.yaml:6:11]
     5 │ credentials:
     6 │   apiKey: **********
       ·           ──────────
     7 │ privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
       ╰────
      help: write where the secret is, never the secret: `apiKey: {env: NAME}`; besides `env` there
            are `{file: PATH}` and `{systemdCredential: NAME}`. If it was committed, revoke it

      × unknown field `usableby`
       ╭─[a.yaml:8:1]
     7 │ privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
     8 │ usableby: [marketing/**]
       · ────────
       ╰────
      help: did you mean `usableBy`? Expected: name, displayName, type, credentials, privacy,
            usableBy, exportUser, endpoint, region, limits

    2 errors in 1 file
    ");
}

#[test]
fn a_tab_is_pointed_at() {
    assert_snapshot!(report("kind: Export\na:\n\tb: [1\n"), @r"
      × this is not YAML: tabs disallowed within this context (block indentation)
       ╭─[a.yaml:3:2]
     2 │ a:
     3 │     b: [1
       ·     ▲
       ╰────
      help: this line is indented with a tab; YAML indents with spaces

    1 error in 1 file
    ");
}

#[test]
fn a_file_without_text_is_named() {
    assert_snapshot!(report(""), @"
      × a.yaml: the file is empty
      help: delete it, or write a definition; `listkeeper init` shows how

    1 error in 1 file
    ");
}

#[test]
fn json_has_the_same_for_programs() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.yaml"), BROKEN.replace("usableby", "usableBy")).unwrap();
    let one = &json(&crate::definition::read(dir.path()))[0];
    assert_eq!((one["severity"].as_str(), one["file"].as_str()), (Some("error"), Some("a.yaml")));
    assert_eq!((one["line"].as_u64(), one["column"].as_u64(), one["text"].as_str()), (Some(6), Some(11), Some("**********")));
}

#[test]
fn colour_is_a_matter_of_style() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = crate::definition::read(dir.path());
    assert!(text(&catalog, Style { color: true, width: 100 }).contains("\u{1b}["));
    assert!(!text(&catalog, Style { color: false, width: 100 }).contains('\u{1b}'));
}
