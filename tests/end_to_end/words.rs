//! Words of strangers on their way to a terminal, a log, a program or a spreadsheet.

use super::{
    cli::{self, run},
    world::{Defined, World, rows},
};
use std::fs;

/// Clears the screen, turns the writing round, hides in a word, and a C1 control.
const HARMFUL: &str = "a\u{1b}[2J\u{202e}b\u{200b}c\u{9b}1m";

fn is_harmless(text: &str) -> bool {
    let harmful = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{200e}' | '\u{200f}')
    };
    !text.chars().any(harmful)
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_words_in_names_cells_and_file_names() {
    let mut defined = Defined::default();
    defined.more.insert("everyone", "displayName: \"Eve \\e[2J\\u202E\\u200Bone\"\n");
    let world = World::new(&defined, &rows(0..3)).await;
    let bad = format!("Id,Email,First,Value\n1,p1@contoso.test,x,1\n2,{HARMFUL},x,2\n3,x;=1+1,x,3\n4,=cmd|x,x,4\n");
    world.write_text(&bad);
    for args in [
        &["plan"][..],
        &["plan", "--members"],
        &["plan", "--json", "--members"],
        &["plan", "--markdown"],
        &["apply", "--yes"],
        &["rejected", "news"],
        &["rejected", "news", "--json"],
        &["status"],
        &["history"],
        &["validate", "--online"],
    ] {
        let (_, out, err) = run(&world, args);
        assert!(is_harmless(&out) && is_harmless(&err), "{args:?}: {out:?} {err:?}");
    }
    let (_, json, _) = run(&world, &["rejected", "news", "--json"]);
    let rows: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0]["address"], HARMFUL, "programs get the data's own characters");
    let (_, csv, _) = run(&world, &["rejected", "news", "--csv"]);
    let cells: Vec<&str> = csv.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(cells, [HARMFUL, "x;'=1+1", "'=cmd|x"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_words_in_a_file_that_is_wrong() {
    let world = World::new(&Defined::default(), &rows(0..3)).await;
    let path = world.directory().join("x\u{1b}[2J\u{202e}y.yaml");
    fs::write(path, "apiVersion: listkeeper/v1\nkind: Segment\nname: \"\\e[31m\\u202E\"\nsource: nö\u{202e}ne\n# \u{1b}[8mhidden\n")
        .unwrap();
    for args in [&["validate"][..], &["validate", "--json"], &["plan"], &["apply", "--yes"]] {
        let output = cli::command(&world, args).env("LISTKEEPER_LOG", "debug").output().unwrap();
        let (code, out, err) = cli::told(output);
        assert!(code != 0 && is_harmless(&out) && is_harmless(&err), "{args:?}: {out:?} {err:?}");
    }
}
