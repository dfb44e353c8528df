//! What keeps the house in order: which folder knows which, how large files and folders are, which rules are cited.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a test stops where it stands")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Lines of a file without its tests, at most; files in a folder, at most. What exceeds them today may shrink and not grow.
const LINES: usize = 300;
const FILES: usize = 16;

/// Which folder of `src/` may know which others.
const KNOWS: &[(&str, &str)] = &[
    ("platform", ""),
    ("http", ""),
    ("definition", "platform"),
    ("source", "definition http"),
    ("member", "definition platform source"),
    ("segment", "definition member source"),
    ("oauth", "definition http platform"),
    ("destination", "definition http member oauth plan platform"),
    ("plan", "definition destination http member platform source"),
    ("state", "definition destination member oauth plan platform source"),
    ("run", "definition destination http member oauth plan platform segment source state"),
    ("daemon", "definition http oauth plan platform run source state"),
    ("server", "daemon definition http oauth plan platform run state"),
    ("cli", "daemon definition destination http oauth plan platform run server source state"),
];

/// To shrink.
const TOO_LONG: &[(&str, usize)] = &[
    ("src/daemon/desk.rs", 403),
    ("src/daemon/reconcile.rs", 319),
    ("src/definition/consent_words.rs", 443),
    ("src/definition/export.rs", 421),
    ("src/destination/types.rs", 486),
    ("src/member/mapping.rs", 330),
    ("src/member/reading.rs", 318),
    ("src/plan/diff.rs", 480),
    ("src/plan/guard.rs", 401),
    ("src/plan/model.rs", 345),
    ("src/plan/resources.rs", 324),
    ("src/run/assemble.rs", 396),
    ("src/run/engine.rs", 375),
    ("src/run/facts.rs", 402),
    ("src/run/phase.rs", 347),
    ("src/run/report.rs", 312),
    ("src/run/resources.rs", 343),
    ("src/source/files/table.rs", 340),
    ("src/source/files/text.rs", 304),
    ("src/source/sql/numbers/expression.rs", 315),
];
const TOO_FULL: &[(&str, usize)] = &[
    ("sandbox/src", 18),
    ("sandbox/src/constant_contact", 38),
    ("sandbox/src/iterable", 26),
    ("sandbox/src/mailchimp", 37),
    ("sandbox/src/omnisend", 33),
    ("src/cli", 22),
    ("src/daemon", 21),
    ("src/definition", 23),
    ("src/definition/resolve", 21),
    ("src/destination/constant_contact", 18),
    ("src/destination/iterable", 19),
    ("src/destination/mailchimp", 20),
    ("src/destination/omnisend", 19),
    ("src/http", 17),
    ("src/member", 17),
    ("src/plan", 33),
    ("src/run", 53),
    ("src/server", 18),
    ("src/source/files", 17),
    ("src/state", 41),
    ("src/state/migrations", 20),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of these folders whose name ends so.
fn files(folders: &[&str], end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

fn is_test(path: &Path) -> bool {
    let short = short(path);
    ["/tests/", "/fake/", "/attacks/", "_tests.rs", "/tests.rs", "/testing.rs", "/script.rs"].iter().any(|part| short.contains(part))
}

/// A file without the tests at its end.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.split_once("#[cfg(test)]\nmod ").map(|(code, _)| code.to_owned()).unwrap_or(text)
}

/// The modules of the crate that a file names: `crate::a`, and each `a` of `crate::{a::b, …}`.
fn known(code: &str) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let word = |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    for rest in code.split("crate::").skip(1) {
        let Some(tree) = rest.strip_prefix('{') else {
            known.insert(word(rest));
            continue;
        };
        let (mut depth, mut begins) = (0, true);
        for (at, c) in tree.char_indices() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                c if begins && !c.is_whitespace() => {
                    known.insert(word(&tree[at..]));
                    begins = false;
                }
                _ => {}
            }
        }
    }
    known
}

#[test]
fn folders_know_only_what_is_below_them() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> = KNOWS.iter().map(|(folder, knows)| (*folder, knows.split(' ').collect())).collect();
    for path in files(&["src"], ".rs").into_iter().filter(|path| !is_test(path)) {
        let folder = short(&path).split('/').nth(1).unwrap().to_owned();
        let Some(allowed) = allowed.get(folder.as_str()) else { continue };
        let strange: Vec<_> = known(&code(&path))
            .into_iter()
            .filter(|name| KNOWS.iter().any(|(other, _)| other == name) && *name != folder && !allowed.contains(name.as_str()))
            .collect();
        assert!(strange.is_empty(), "{} knows {strange:?}", short(&path));
    }
}

/// The emulators are a package so that they share nothing with the clients; what they stand on is said in their `Cargo.toml`.
#[test]
fn the_sandbox_knows_nothing_of_the_program() {
    for path in files(&["sandbox/src"], ".rs") {
        assert!(!fs::read_to_string(&path).unwrap().contains("listkeeper::"), "{}", short(&path));
    }
}

#[test]
fn files_and_folders_stay_small() {
    let mut folders = BTreeMap::<String, usize>::new();
    for path in files(&["src", "sandbox/src"], ".rs").into_iter().filter(|path| !is_test(path)) {
        let (name, lines) = (short(&path), code(&path).lines().count());
        let known = TOO_LONG.iter().find(|(file, _)| *file == name).map_or(LINES, |(_, lines)| *lines);
        assert!(lines <= known, "{name} has {lines} lines without tests, at most {known} are allowed");
        *folders.entry(short(path.parent().unwrap())).or_default() += 1;
    }
    for (folder, count) in folders {
        let known = TOO_FULL.iter().find(|(name, _)| *name == folder).map_or(FILES, |(_, files)| *files);
        assert!(count <= known, "{folder} has {count} files, at most {known} are allowed");
    }
}

/// An id of a rule, such as `E16` or `G1a`, at the beginning of a text.
fn rule(text: &str) -> Option<&str> {
    let digits = text.strip_prefix(['C', 'E', 'G', 'V', 'X'])?;
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    let end = 1 + count + usize::from(digits[count..].starts_with('a'));
    let ends = !text[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
    ((1..=2).contains(&count) && ends).then(|| &text[..end])
}

/// Rules that comments cite: `(E16)`, `(E1, G2)`, `**G1**`.
fn cited(text: &str) -> BTreeSet<String> {
    let comments = text.lines().filter(|line| line.trim_start().starts_with("//") || line.contains(" // "));
    let mut cited = BTreeSet::new();
    for line in comments {
        let starts = line
            .char_indices()
            .filter(|(at, _)| line[..*at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !"_`\"-".contains(c)));
        cited.extend(starts.filter_map(|(at, _)| rule(&line[at..])).map(str::to_owned));
    }
    cited
}

fn defined() -> BTreeSet<String> {
    let rules = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    rules.lines().filter_map(|line| rule(line.strip_prefix("| ")?)).map(str::to_owned).collect()
}

#[test]
fn every_rule_that_is_cited_is_defined() {
    let defined = defined();
    for path in files(&["src", "sandbox/src", "tests", "benches"], ".rs") {
        let strange: Vec<_> = cited(&fs::read_to_string(&path).unwrap()).into_iter().filter(|id| !defined.contains(id)).collect();
        assert!(strange.is_empty(), "{} cites {strange:?}, which docs/rules.md does not have", short(&path));
    }
}

/// The tests of a file: all of it, or what stands at its end.
fn tests(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    if is_test(path) || short(path).starts_with("tests/") {
        return text;
    }
    text.split_once("#[cfg(test)]\nmod ").map(|(_, tests)| tests.to_owned()).unwrap_or_default()
}

#[test]
fn every_guarantee_has_a_test_that_cites_it() {
    let cited: BTreeSet<String> = files(&["src", "tests"], ".rs").iter().flat_map(|path| cited(&tests(path))).collect();
    let untested: Vec<_> = defined().into_iter().filter(|id| id.starts_with('G') && !cited.contains(id)).collect();
    assert!(untested.is_empty(), "no test cites {untested:?}");
}

/// No path of a machine that somebody worked on.
#[test]
fn no_machine_is_named() {
    let folders = ["src", "sandbox", "tests", "benches", "docs", "examples", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    let home = ["/", "work", "/"].concat();
    for path in files(&folders, "").into_iter().filter(|path| !short(path).contains("/target/")) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let line = text.lines().position(|line| line.contains(&home) || line.contains(&home.replace("work", "root")));
        assert!(line.is_none(), "{}:{}", short(&path), line.unwrap_or_default() + 1);
    }
}
