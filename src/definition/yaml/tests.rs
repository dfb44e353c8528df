use super::*;
use rstest::rstest;
use serde::Deserialize;

fn place(fault: &Fault) -> (u32, u32) {
    fault.at.map_or((0, 0), |at| (at.line, at.column))
}

#[test]
fn positions_are_those_of_the_text() {
    let text = "a: é\nlist: [x, \"y z\"]\nmap:\n  k: 010\n---\nb: 1.10\n";
    let nodes = parse(text).unwrap();
    let at = |node: &Node| (node.at.line, node.at.column, text[node.at.offset..node.at.offset + node.at.len].to_owned());
    assert_eq!(at(&nodes[0].get("a").unwrap().value), (1, 4, "é".into()));
    let Kind::List(items) = &nodes[0].get("list").unwrap().value.kind else { panic!() };
    assert_eq!(at(&items[1]), (2, 11, "\"y z\"".into()));
    let map = &nodes[0].get("map").unwrap().value;
    assert_eq!(at(&map.get("k").unwrap().value), (4, 6, "010".into()));
    assert_eq!(map.get("k").unwrap().key_at.column, 3);
    assert_eq!(nodes[1].get("b").unwrap().value.kind, Kind::Number("1.10".into()));
}

/// What untyped YAML turns into something else (country NO, times, zips) stays as written.
#[rstest]
#[case("NO", Kind::Text("NO".into()))]
#[case("yes", Kind::Text("yes".into()))]
#[case("true", Kind::Bool(true))]
#[case("0123", Kind::Text("0123".into()))]
#[case("12:30:00", Kind::Text("12:30:00".into()))]
#[case("1_000", Kind::Text("1_000".into()))]
#[case("2026-11-22", Kind::Text("2026-11-22".into()))]
#[case("30%", Kind::Text("30%".into()))]
#[case("~", Kind::Null)]
#[case("\"1\"", Kind::Text("1".into()))]
#[case("1e3", Kind::Number("1e3".into()))]
fn scalars_stay_what_was_written(#[case] text: &str, #[case] expected: Kind) {
    assert_eq!(parse(&format!("v: {text}\n")).unwrap()[0].get("v").unwrap().value.kind, expected);
}

#[rstest]
#[case("a: 1\na: 2\n", "this key is written twice in one mapping", (2, 1))]
#[case("a: {b: 1, b: 2}\n", "this key is written twice in one mapping", (1, 11))]
#[case("a: &x 1\nb: *y\n", "this alias names no anchor", (2, 4))]
#[case("apiVersion: listkeeper/v1\nx: &x {a: 1}\ny:\n  <<: *x\n", "merge keys (<<) are not supported", (4, 3))]
#[case("apiVersion: listkeeper/v1\na: !secret b\n", "tags (!name) are not supported", (2, 12))]
fn what_is_not_taken_is_told_with_its_place(#[case] text: &str, #[case] message: &str, #[case] at: (u32, u32)) {
    let fault = parse(text).unwrap_err();
    assert_eq!((&*fault.message, place(&fault)), (message, at));
}

/// Other tools' documents may use what ours may not.
#[rstest]
#[case("x: &x {a: 1}\ny:\n  <<: *x\n")]
#[case("Resource: !GetAtt a.b\n")]
fn foreign_documents_are_read_leniently(#[case] text: &str) {
    assert_eq!(parse(text).unwrap().len(), 1);
}

#[rstest]
#[case::tab("a:\n\tb: 1\n", "tab")]
#[case::colon("a: b: c\n", "quoted")]
fn hints_say_what_to_do(#[case] text: &str, #[case] word: &str) {
    let fault = parse(text).unwrap_err();
    assert!(fault.hint.as_ref().is_some_and(|hint| hint.contains(word)), "{fault:?}");
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outer {
    name: Option<At<String>>,
    count: Option<u64>,
    inner: Option<Inner>,
    list: Option<Vec<At<u32>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the reading of it matters")]
struct Inner {
    needed: String,
    flag: Option<bool>,
}

#[test]
fn all_faults_are_found_and_the_rest_is_read() {
    let text = "name: [a]\ncoutn: 1\ncount: many\ninner:\n  needed: {}\n  flag: yes\n  flog: 1\nlist: [1, -2, 3, x]\n";
    let (value, faults) = read_as::<Outer>(&parse(text).unwrap()[0]);
    let told: Vec<_> = faults.iter().map(|fault| format!("{:?} {}", place(fault), fault.message)).collect();
    assert_eq!(
        told,
        [
            "(1, 7) expected text, found a list",
            "(2, 1) unknown field `coutn`",
            "(3, 8) expected a whole number, found text",
            "(5, 11) expected text, found a mapping",
            "(6, 9) expected true or false, found text",
            "(7, 3) unknown field `flog`",
            "(8, 11) this is not a whole number",
            "(8, 18) expected a whole number, found text",
        ]
    );
    let value = value.unwrap();
    assert!(value.name.is_none() && value.count.is_none() && value.inner.is_none());
    assert_eq!(value.list.unwrap().iter().map(|item| item.value).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(faults[1].hint.as_deref(), Some("did you mean `count`? Expected: name, count, inner, list"));
}

#[test]
fn a_missing_field_is_told_at_its_parent() {
    let (value, faults) = read_as::<Outer>(&parse("inner:\n  flag: true\n").unwrap()[0]);
    assert!(value.is_some_and(|outer| outer.inner.is_none()));
    assert_eq!((&*faults[0].message, place(&faults[0])), ("the field `needed` is missing", (1, 1)));
}

#[test]
fn digests_ignore_how_it_is_written() {
    let digest = |text: &str| {
        let mut hasher = blake3::Hasher::new();
        parse(text).unwrap()[0].digest(&mut hasher);
        hasher.finalize()
    };
    assert_eq!(digest("a: 1\nb: [x, y]\n"), digest("# why\nb:\n  - 'x'\n  - \"y\"\na: \"1\"\n"));
    assert_ne!(digest("a: [x, y]\n"), digest("a: [y, x]\n"));
    assert_ne!(digest("a: b\n"), digest("a: [b]\n"));
    assert_ne!(digest("{a: b, c: d}\n"), digest("{a: bc, '': d}\n"));
}
