//! Files that are not what they seem: links, devices, what must not be quoted.

use super::{VIP, base, export, file_of, has_export, read, rows, told, with, write};
use crate::definition::{Severity, Snapshot};
use rstest::rstest;
use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    time::{Duration, Instant},
};

const KEY: &str = "s3cret-key-of-the-host";

/// Outside the directory: a secret, definitions, and many files.
fn outside() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let definition = rows("stolen", "crm");
    write(dir.path(), &[("key", KEY), ("key.yaml", KEY), ("definitions/d.yaml", &definition), ("d.yaml", &definition)]);
    dir
}

#[rstest]
#[case::key("key", "marketing/x.yaml")]
#[case::key_yaml("key.yaml", "marketing/x.yaml")]
#[case::definition("d.yaml", "marketing/x.yaml")]
#[case::folder("definitions", "marketing/x")]
#[case::folder_named_yaml("definitions", "marketing/x.yaml")]
#[case::upwards("definitions", "x")]
fn attack_a_link_leads_out(#[case] target: &str, #[case] link: &str) {
    let (outside, dir) = (outside(), base());
    symlink(outside.path().join(target), dir.path().join(link)).unwrap();
    // A link to the link, below the root.
    fs::create_dir_all(dir.path().join("sales")).unwrap();
    symlink(dir.path().join(link), dir.path().join("sales/again.yaml")).unwrap();
    let catalog = read(&dir, &[]);
    let all = format!("{:?} {:?}", catalog.diagnostics, catalog.segments);
    assert!(!all.contains(KEY) && file_of(&catalog, "stolen").is_none(), "{all}");
    let told = told(&catalog);
    assert!(
        told.len() == 2 && told.iter().all(|told| told.contains("this link leads out of the directory, and is not followed")),
        "{told:#?}"
    );
}

/// What went by a link before goes on as it was, and nothing is taken for deleted.
#[test]
fn attack_a_link_leads_out_where_a_definition_was() {
    let (outside, dir) = (outside(), with(&[("marketing/x.yaml", &export("x", "vip", ""))]));
    let kept = read(&dir, &[]).good;
    for (name, is_dir) in [("marketing/vip.yaml", false), ("marketing", true)] {
        let path = dir.path().join(name);
        if is_dir {
            fs::remove_dir_all(&path).unwrap()
        } else {
            fs::remove_file(&path).unwrap()
        }
        symlink(outside.path().join(if is_dir { "definitions" } else { "key" }), &path).unwrap();
        let catalog = read(&dir, &kept);
        assert!(has_export(&catalog, "x") && catalog.missing.is_empty(), "{:#?}", told(&catalog));
        fs::remove_file(&path).unwrap();
        write(dir.path(), &[("marketing/vip.yaml", VIP), ("marketing/x.yaml", &export("x", "vip", ""))]);
    }
}

/// A link to everything, or round and round, is not walked.
#[rstest]
#[case::all("/")]
#[case::processes("/proc")]
#[case::itself("loop")]
#[case::above("..")]
#[case::root("../")]
fn attack_a_link_to_everything(#[case] target: &str) {
    let dir = base();
    symlink(target, dir.path().join("marketing/loop")).unwrap();
    symlink(target, dir.path().join("loop")).unwrap();
    let began = Instant::now();
    let catalog = read(&dir, &[]);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(file_of(&catalog, "vip"), Some("marketing/vip.yaml"));
    assert!(catalog.diagnostics.len() <= 2, "{:#?}", told(&catalog));
}

/// As a ConfigMap is mounted, and as git-sync swaps.
#[test]
fn links_below_the_root_are_followed() {
    let dir = base();
    let root = dir.path();
    write(root, &[("marketing/..2026/x.yaml", &export("x", "vip", ""))]);
    symlink("..2026", root.join("marketing/..data")).unwrap();
    symlink("..data/x.yaml", root.join("marketing/x.yaml")).unwrap();
    write(root, &[("sales/rev-4f2c9a1/nl/y.yaml", &format!("{}---\n{}", rows("o", "crm"), export("y", "o", "")))]);
    symlink("rev-4f2c9a1", root.join("sales/current")).unwrap();
    let catalog = read(&dir, &[]);
    assert_eq!(told(&catalog), [""; 0]);
    assert_eq!((file_of(&catalog, "o"), has_export(&catalog, "x")), (Some("sales/current/nl/y.yaml"), true));
    // A root that is a link itself.
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(root, elsewhere.path().join("root")).unwrap();
    let catalog = crate::definition::understand(&Snapshot::take(&elsewhere.path().join("root")), &[]);
    assert_eq!((told(&catalog), has_export(&catalog, "y")), (vec![], true));
}

/// Each real file is read once, where it is: a link neither copies a definition nor moves it to another folder.
#[rstest]
#[case::file("../hr/staff.yaml", "marketing/staff.yaml")]
#[case::folder("../hr", "marketing/hr")]
#[case::first("hr", "a")]
fn attack_a_link_copies_a_definition(#[case] target: &str, #[case] link: &str) {
    let dir = base();
    symlink(target, dir.path().join(link)).unwrap();
    let catalog = read(&dir, &[]);
    assert_eq!((told(&catalog), file_of(&catalog, "staff")), (vec![], Some("hr/staff.yaml")));
}

/// An administrators' link to a contributor's folder gives that folder no rights.
#[test]
fn attack_a_link_in_an_administrators_folder_gives_rights() {
    let dir =
        with(&[("marketing/.hidden/x", ""), ("marketing/spy.yaml", &format!("{}---\n{}", rows("spy", "payroll"), export("x", "spy", "")))]);
    fs::create_dir_all(dir.path().join("platform")).unwrap();
    symlink("../marketing", dir.path().join("platform/teams")).unwrap();
    let catalog = read(&dir, &[]);
    assert!(!has_export(&catalog, "x"), "{:#?}", told(&catalog));
    assert!(told(&catalog)[0].starts_with("marketing/spy.yaml:4 the source `payroll` may not be used"), "{:#?}", told(&catalog));
}

/// Nothing of what is no definition is quoted, whatever is wrong with it.
#[rstest]
#[case::scalar("s3cret-line\n")]
#[case::key("-----BEGIN PRIVATE KEY-----\ns3cret-line\n")]
#[case::not_yaml("password: [s3cret-line\n")]
#[case::tabs("a:\n\t- s3cret-line\n")]
#[case::manifest("apiVersion: v1\nkind: Secret\ndata: {key: s3cret-line\n")]
#[case::twice("kind: Secret\ntoken: s3cret-line\ntoken: s3cret-line\n")]
#[case::several("---\ns3cret-line\n---\n[s3cret-line\n")]
#[case::alias("a: *s3cret-line\n")]
#[case::csv("Email,Name\ns3cret-line@example.com,\"Ann\n")]
fn attack_what_is_no_definition_is_quoted(#[case] text: &str) {
    let catalog = read(&with(&[("marketing/x.yaml", text)]), &[]);
    let shown = format!("{:?}", catalog.diagnostics);
    assert!(!catalog.diagnostics.is_empty() && !shown.contains("s3cret-line"), "{shown}");
    assert!(catalog.diagnostics.iter().all(|d| d.text.is_none()));
}

/// A mistake in a definition is still shown with its line.
#[test]
fn a_mistake_in_a_definition_is_quoted() {
    let catalog = read(&with(&[("marketing/x.yaml", "apiVersion: listkeper/v1\nkind: Segment\n")]), &[]);
    assert!(catalog.diagnostics[0].text.is_some());
    let catalog = read(&with(&[("marketing/x.yaml", &VIP.replace("name: vip", "name: [vip"))]), &[]);
    assert!(catalog.diagnostics[0].text.is_some(), "{:?}", catalog.diagnostics);
}

fn special(path: &Path, kind: &str) {
    match kind {
        "fifo" => rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap(),
        "socket" => drop(std::os::unix::net::UnixListener::bind(path).unwrap()),
        "sparse" => fs::File::create(path).unwrap().set_len(1 << 40).unwrap(),
        "zero" => symlink("/dev/zero", path).unwrap(),
        "tty" => symlink("/dev/tty", path).unwrap(),
        _ => symlink("/proc/self/mem", path).unwrap(),
    }
}

/// They cost nothing and block nothing.
#[rstest]
fn attack_a_file_that_never_ends(#[values("fifo", "socket", "sparse", "zero", "tty", "memory")] kind: &str) {
    let dir = with(&[("marketing/x.yaml", &export("x", "vip", ""))]);
    special(&dir.path().join("marketing/special.yaml"), kind);
    let began = Instant::now();
    let catalog = read(&dir, &[]);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(has_export(&catalog, "x"), "{:#?}", told(&catalog));
    let told: Vec<_> = catalog.diagnostics.iter().filter(|d| d.severity == Severity::Error).map(|d| d.message.as_str()).collect();
    assert_eq!(told.len(), 1, "{told:?}");
}

/// A secret in a URL is in no message and in no line that is shown, wherever the URL stands.
#[rstest]
#[case::endpoint("kind: Connection\nname: c\ntype: mailchimp\nendpoint: http://host/path?key=s3cret\n")]
#[case::table("kind: Source\nname: s\ntype: files\ntables: {c: \"https://user:s3cret@host/a.csv?sig=s3cret\"}\n")]
#[case::fragment("kind: Source\nname: s\nnme: 1\ntype: files\ntables: {c: \"https://host/a.csv#s3cret\"}\n")]
#[case::key("kind: Source\nname: s\ntype: files\n\"https://host/a.csv?sig=s3cret\": 1\n")]
#[case::name("kind: Segment\nname: https://host/a.csv?sig=s3cret\nsource: https://host/?s3cret\n")]
#[case::kind("kind: https://host/a.csv?sig=s3cret\n")]
#[case::tag("kind: Segment\nname: x\nsource: !https://host/?sig=s3cret y\n")]
#[case::alias("kind: Segment\nname: *https://host/?sig=s3cret\n")]
#[case::twice("kind: Segment\nhttps://host/?sig=s3cret: 1\nhttps://host/?sig=s3cret: 2\n")]
fn attack_a_url_shows_its_secret(#[case] text: &str) {
    let catalog = read(&with(&[("x.yaml", &format!("apiVersion: listkeeper/v1\n{text}"))]), &[]);
    let mut shown = told(&catalog).join("\n");
    catalog.diagnostics.iter().for_each(|d| shown += &format!("{:?}{:?}", d.text, d.hint));
    assert!(catalog.has_errors() && !shown.contains("s3cret"), "{shown}");
}
