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

/// Nothing of a name or a key colours, clears or breaks what is said of it; labels stay where they are.
#[rstest::rstest]
#[case::colour("\u{1b}[31m", "\"\\e[31m\"")]
#[case::line("\n", "\"\\n\"")]
#[case::c1("\u{9b}2J", "\"\u{9b}2J\"")]
#[case::turns("\u{202e}", "\u{202e}x")]
#[case::tag("\u{e0041}", "\u{e0041}x")]
fn attack_words_in_a_diagnostic(#[case] harm: &str, #[case] key: &str) {
    let dir = tempfile::tempdir().unwrap();
    let named = format!("name: {key}\nsource: {key}\n{key}: 1\n");
    let text = BROKEN.replace("name: account", "name: [").replace("kind: Connection", "kind: Segment");
    std::fs::write(dir.path().join(format!("a{harm}b.yaml")), text).unwrap();
    std::fs::write(dir.path().join(format!("empty{harm}.yaml")), "").unwrap();
    std::fs::write(dir.path().join("c.yaml"), format!("apiVersion: listkeeper/v1\nkind: Segment\n{named}")).unwrap();
    let catalog = crate::definition::read(dir.path());
    let report = super::text(&catalog, Style { color: false, width: 100 });
    assert!(catalog.diagnostics.len() >= 3 && report.contains("c.yaml"), "{report}");
    assert!(report.chars().all(|c| c == '\n' || !crate::plan::words::is_harmful(c)), "{report:?}");
    assert!(report.contains("a\u{fffd}") && report.contains("empty\u{fffd}"), "{report}");
}

/// What stands before a place keeps its length in bytes, and so the label its place.
#[test]
fn attack_words_before_a_place_move_no_label() {
    let text = "one\ntwo \u{202e}\u{9b}\u{e0041}\u{1b}\tbad: 1\nthree\n";
    let at = crate::definition::Position { line: 2, column: 10, offset: text.find("bad").unwrap(), len: 3 };
    let (file, message) = ("a.yaml".into(), String::new());
    let diagnostic = Diagnostic { severity: Severity::Error, file, at: Some(at), message, hint: None, text: Some(text.into()) };
    let excerpt = Excerpt::of(&diagnostic, 90).unwrap();
    let shown = excerpt.read_span(&(at.offset, at.len).into(), 1, 1).unwrap();
    let data = std::str::from_utf8(shown.data()).unwrap();
    assert_eq!(data, "one\ntwo \u{fffd}???????\tbad: 1\nthree");
    assert_eq!(data.find("bad"), Some(at.offset - shown.span().offset()));
}

/// A line is clipped about the place, at both ends, and so are the lines beside it and what the message quotes.
#[test]
fn a_long_line_is_clipped() {
    let x = |count: usize| "x".repeat(count);
    let text = format!(
        "apiVersion: listkeeper/v1\nkind: Source\nname: crm # {}\n{{ignored: {}, tpye: {}, a: {}}}\n",
        x(1000),
        x(1000),
        x(1000),
        x(1000)
    );
    let report = report(&text.replace("{ignored", "settings: {ignored"));
    assert!(report.lines().all(|line| line.chars().count() <= 100), "{report}");
    let name = report_of_name(&x(100_000));
    assert!(name.len() < 1000 && name.contains("…"), "{name}");
}

fn report_of_name(name: &str) -> String {
    report(&format!("apiVersion: listkeeper/v1\nkind: {name}\nname: crm\n"))
}
