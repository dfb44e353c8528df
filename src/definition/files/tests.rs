use crate::definition::{DefinitionId, Kept, Severity, Snapshot, read, understand};
use rstest::rstest;
use std::{fs, path::Path};

fn messages(dir: &Path) -> Vec<String> {
    read(dir).diagnostics.into_iter().map(|d| format!("{}: {}", d.file.display(), d.message)).collect()
}

fn bomb() -> Vec<u8> {
    let mut text = String::from("apiVersion: listkeeper/v1\nl0: &l0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..=9 {
        let aliases = vec![format!("*l{}", level - 1); 9].join(", ");
        text.push_str(&format!("l{level}: &l{level} [{aliases}]\n"));
    }
    text.into_bytes()
}

fn utf16() -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain("apiVersion: x".encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

/// Every sort of bad file ends in one clear error.
#[rstest]
#[case::empty(vec![], "the file is empty")]
#[case::comments(b"# nothing\n\n# here\n".to_vec(), "there is no document in this file")]
#[case::empty_documents(b"---\n---\n".to_vec(), "there is no document in this file")]
#[case::binary(vec![0x7f, b'E', b'L', b'F', 1, 0, 0, 3], "the file is binary: a zero byte at offset 5")]
#[case::utf16_bom(utf16(), "the file is UTF-16")]
#[case::utf16(utf16()[2..].to_vec(), "the file looks like UTF-16")]
#[case::latin1(b"name: caf\xe9\n".to_vec(), "line 1 is not UTF-8 (byte 9 of the file)")]
#[case::large(vec![b'a'; 50_000_000], "the file is larger than 1 MiB")]
#[case::deep(vec![b'['; 100_000], "nested deeper than 32 levels")]
#[case::deep_blocks((0..100).flat_map(|n| format!("{}a:\n", " ".repeat(n)).into_bytes()).collect(), "nested deeper than 32 levels")]
#[case::bomb(bomb(), "more than 50000 values")]
#[case::aliases(format!("a: &a x\nb: [{}]", "*a,".repeat(101)).into_bytes(), "more than 100 aliases")]
#[case::values(format!("[{}]", "1,".repeat(60_000)).into_bytes(), "more than 50000 values")]
#[case::scalar(b"hello\n".to_vec(), "this is not a definition")]
#[case::duplicate(b"apiVersion: listkeeper/v1\nkind: Segment\nkind: Export\n".to_vec(), "this key is written twice in one mapping")]
#[case::version(b"apiVersion: listkeeper/v2\nkind: Export\n".to_vec(), "this version of Listkeeper does not read `listkeeper/v2`")]
#[case::version_misspelt(b"apiVersion: listkeper/v1\nkind: Export\n".to_vec(), "this version of Listkeeper does not read `listkeper/v1`")]
#[case::no_version(b"kind: Export\nname: a\n".to_vec(), "the field `apiVersion` is missing")]
#[case::no_kind(b"apiVersion: listkeeper/v1\nname: a\n".to_vec(), "the field `kind` is missing")]
#[case::kind(b"apiVersion: listkeeper/v1\nkind: Exprot\n".to_vec(), "there is no kind `Exprot`")]
fn a_bad_file_is_one_clear_error(#[case] content: Vec<u8>, #[case] expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("bad.yaml"), content).unwrap();
    let messages = messages(dir.path());
    let told = messages.iter().filter_map(|message| message.strip_prefix("bad.yaml: ")).collect::<Vec<_>>();
    assert!(matches!(told.as_slice(), [told] if told.contains(expected)), "{messages:?}");
}

#[rstest]
#[case::tab("a:\n\t- b\n")]
#[case::unclosed("a: [b, c\n")]
#[case::quote("a: \"b\n")]
#[case::indentation("a:\n  b: 1\n c: 2\n")]
#[case::cut("a: b\nc")]
fn what_is_not_yaml_is_told_with_its_place(#[case] content: &str) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("bad.yml"), format!("apiVersion: listkeeper/v1\n{content}")).unwrap();
    let diagnostics = read(dir.path()).diagnostics;
    assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
    assert!(diagnostics[0].message.starts_with("this is not YAML") && diagnostics[0].at.is_some(), "{diagnostics:?}");
}

const SEGMENTS: &str = "apiVersion: listkeeper/v1\nkind: Segment\nname: a\ndisplayName: A\nunion: [a]\n";
const CHART: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n";

/// A chart's template beside the definitions: warned of, and nothing else is.
#[test]
fn what_is_not_yaml_and_not_ours_stops_nobody() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("chart")).unwrap();
    fs::write(dir.path().join("chart/cm.yaml"), CHART).unwrap();
    let catalog = read(dir.path());
    assert!(catalog.diagnostics.iter().any(|d| d.severity == Severity::Warning && d.hint.is_some()), "{:?}", catalog.diagnostics);
    assert_eq!(
        messages(dir.path())[1],
        "chart/cm.yaml: line 4: this is not YAML that can be read here; nothing in the file says that it is for Listkeeper, and it is ignored"
    );
    assert_eq!(catalog.unparsed, [Path::new("chart/cm.yaml")]);
    fs::write(dir.path().join("chart/cm.yaml"), CHART.to_owned() + "# by Listkeeper\n").unwrap();
    assert!(read(dir.path()).has_errors(), "it may be ours");
}

/// The same file, where it held a definition before: that goes on, and a person has to look.
#[test]
fn what_is_not_yaml_and_was_ours_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let kept = |name: &str| Kept {
        id: DefinitionId { kind: "Segment".into(), name: name.into() },
        file: "cm.yaml".into(),
        text: SEGMENTS.into(),
        digest: String::new(),
    };
    fs::write(dir.path().join("cm.yaml"), CHART).unwrap();
    let catalog = understand(&Snapshot::take(dir.path()), &[kept("a")]);
    let errors = catalog.diagnostics.iter().filter(|d| d.severity == Severity::Error).map(|d| d.message.as_str()).collect::<Vec<_>>();
    assert!(catalog.unclear && errors[0].starts_with("this is not YAML; it defined segment a"), "{errors:?}");
    fs::rename(dir.path().join("cm.yaml"), dir.path().join("other.yaml")).unwrap();
    let catalog = understand(&Snapshot::take(dir.path()), &[kept("ConfigMap")]);
    assert_eq!(catalog.missing.len(), 1, "what is nobody's keeps nothing that was deleted");
}

/// git-sync's `--root` holds the revisions and the link, which is what to give.
#[cfg(unix)]
#[test]
fn the_root_of_git_sync_is_told_from_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("rev-4f2c1a9")).unwrap();
    fs::write(
        dir.path().join("rev-4f2c1a9/a.yaml"),
        "apiVersion: listkeeper/v1\nkind: Source\nname: crm\ntype: files\ntables: {p: p.csv}\n",
    )
    .unwrap();
    std::os::unix::fs::symlink("rev-4f2c1a9", dir.path().join("current")).unwrap();
    let catalog = read(dir.path());
    assert_eq!(catalog.links, [("current".into(), "rev-4f2c1a9".into())]);
    let hints = catalog.diagnostics.iter().filter_map(|d| d.hint.as_deref()).collect::<Vec<_>>();
    assert_eq!(
        hints,
        ["`current` is a link to the folder `rev-4f2c1a9`, as git-sync makes it: give that link as the directory, `…/current`"]
    );
    let current = read(&dir.path().join("current"));
    assert!(!current.has_errors(), "{:?}", current.diagnostics);
}

/// Newer git-syncs keep the revisions in a hidden folder.
#[cfg(unix)]
#[test]
fn the_root_of_a_newer_git_sync_is_told_too() {
    let dir = tempfile::tempdir().unwrap();
    let revision = dir.path().join(".worktrees/4f2c1a9b");
    fs::create_dir_all(&revision).unwrap();
    fs::write(revision.join("a.yaml"), "apiVersion: listkeeper/v1\nkind: Source\nname: crm\ntype: files\ntables: {p: p.csv}\n").unwrap();
    std::os::unix::fs::symlink(".worktrees/4f2c1a9b", dir.path().join("current")).unwrap();
    let hint = read(dir.path()).diagnostics[0].hint.clone().unwrap();
    assert!(hint.contains("`current` is a link to the folder `.worktrees/4f2c1a9b`"), "{hint}");
}

/// A link to nowhere is another's, unless definitions were behind it, or it is named as one.
#[cfg(unix)]
#[test]
fn a_link_to_nowhere_stops_nobody() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.yaml"), SEGMENTS).unwrap();
    std::os::unix::fs::symlink("/nonexistent", dir.path().join("notes")).unwrap();
    let severity = |kept: &[Kept]| {
        let catalog = understand(&Snapshot::take(dir.path()), kept);
        catalog.diagnostics.iter().find(|d| d.file == Path::new("notes")).map(|d| d.severity)
    };
    assert_eq!(severity(&[]), Some(Severity::Warning));
    let id = DefinitionId { kind: "Segment".into(), name: "b".into() };
    let kept = Kept { id, file: "notes/b.yaml".into(), text: SEGMENTS.replace("name: a", "name: b"), digest: String::new() };
    assert_eq!(severity(&[kept]), Some(Severity::Error));
    std::os::unix::fs::symlink("/nonexistent", dir.path().join("c.yaml")).unwrap();
    assert!(messages(dir.path()).iter().any(|message| message.starts_with("c.yaml: this cannot be read")));
}

#[test]
fn an_empty_directory_and_none_are_not_the_same() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(messages(dir.path()), [": there are no definitions in this directory"]);
    fs::write(dir.path().join("values.yaml"), "replicas: 3\n").unwrap();
    assert_eq!(messages(dir.path()), [": there are no definitions in this directory"]);
    let gone = read(&dir.path().join("gone")).diagnostics;
    assert!(gone[0].message.starts_with("this directory cannot be read: "), "{gone:?}");
    let file = read(&dir.path().join("values.yaml")).diagnostics;
    assert_eq!(file[0].message, "this directory cannot be read: it is not a folder");
}

#[cfg(unix)]
#[test]
fn links_are_followed_cycles_end_and_dots_are_skipped() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let document = |name: &str| format!("apiVersion: listkeeper/v1\nkind: Segment\nname: {name}\nsource: s\ntable: t\n");
    // As Kubernetes mounts a ConfigMap.
    fs::create_dir_all(dir.path().join("..data")).unwrap();
    fs::write(dir.path().join("..data/a.yaml"), document("linked")).unwrap();
    symlink("..data/a.yaml", dir.path().join("a.yaml")).unwrap();
    fs::write(dir.path().join(".hidden.yaml"), "{").unwrap();
    fs::create_dir_all(dir.path().join("below/deeper")).unwrap();
    fs::write(dir.path().join("below/deeper/b.yml"), document("nested")).unwrap();
    fs::write(dir.path().join("below/notes.txt"), "{").unwrap();
    symlink(dir.path(), dir.path().join("below/cycle")).unwrap();
    let files: Vec<_> = read(dir.path()).diagnostics.into_iter().map(|d| d.file.display().to_string()).collect();
    assert_eq!(files, ["a.yaml", "below/deeper/b.yml"]);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_an_error_and_never_blocks() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("nowhere", dir.path().join("dangling.yaml")).unwrap();
    let pipe = dir.path().join("pipe.yaml");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    let told = messages(dir.path());
    assert!(told[0].starts_with("dangling.yaml: this cannot be read: "), "{told:?}");
    assert_eq!(told[1], "pipe.yaml: this is not a regular file");
}

#[test]
fn the_digest_is_over_paths_and_contents() {
    let dir = tempfile::tempdir().unwrap();
    let digest = |name: &str, text: &str| {
        let _ = fs::remove_file(dir.path().join("a.yaml"));
        fs::write(dir.path().join(name), text).unwrap();
        read(dir.path()).digest
    };
    let first = digest("a.yaml", "a: 1\n");
    assert_eq!(first, digest("a.yaml", "a: 1\n"));
    assert_ne!(first, digest("a.yaml", "a: 2\n"));
    assert_ne!(first, digest("b.yaml", "a: 1\n"));
}
