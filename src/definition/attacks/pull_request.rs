//! What a stranger sends to be planned: paths are not believed, and rights that were not asked for are not there.

use super::{PLATFORM, VIP, base, export, rows, told, write};
use crate::definition::{Catalog, Rights, SentFile, Severity, Snapshot, understand_sent};
use rstest::rstest;
use std::path::PathBuf;

fn sent(files: &[(&str, &str)], rights: &[&str]) -> (tempfile::TempDir, Catalog) {
    let dir = base();
    write(
        dir.path(),
        &[
            ("hr/pay.yaml", &export("pay", "staff", "")),
            ("platform/own.yaml", &export("own", "staff-too", "")),
            ("platform/seg.yaml", &rows("staff-too", "payroll")),
        ],
    );
    let catalog = planned(&dir, files, rights);
    (dir, catalog)
}

fn planned(dir: &tempfile::TempDir, files: &[(&str, &str)], rights: &[&str]) -> Catalog {
    let files = files.iter().map(|(path, text)| SentFile { path: PathBuf::from(path), text: (*text).into() }).collect();
    let rights: Vec<_> = rights.iter().map(|folder| (*folder).to_owned()).collect();
    let rights = if rights.is_empty() { Rights::default() } else { Rights::of(&rights).unwrap() };
    understand_sent(&Snapshot::take(dir.path()), files, &rights)
}

fn names(catalog: &Catalog) -> Vec<&str> {
    catalog.exports.keys().map(|name| name.as_str()).collect()
}

/// A path in an administrators' folder, or one that looks like it.
#[rstest]
#[case::root("x.yaml")]
#[case::platform("platform/x.yaml")]
#[case::below("platform/deep/x.yaml")]
#[case::replaced("platform.yaml")]
#[case::case_of_letters("PLATFORM/x.yaml")]
#[case::other_letters("pl\u{430}tform/x.yaml")]
#[case::decomposed("pla\u{301}tform/x.yaml")]
#[case::blank("platform /x.yaml")]
#[case::alike("platform2/x.yaml")]
#[case::unknown("nobody/x.yaml")]
fn attack_a_path_gives_rights(#[case] path: &str) {
    let text = format!("{}---\n{}", rows("spy", "payroll"), export("x", "spy", "attributes: {SAL: Salary}\n"));
    let (_dir, catalog) = sent(&[(path, &text), ("marketing/vip.yaml", VIP)], &[]);
    assert!(catalog.has_errors() && names(&catalog).is_empty(), "{:#?}", told(&catalog));
    assert!(told(&catalog).iter().any(|told| told.contains("the source `payroll` may not be used by files in")), "{:#?}", told(&catalog));
}

#[rstest]
#[case("../platform/x.yaml")]
#[case("marketing/../platform/x.yaml")]
#[case("/platform/x.yaml")]
#[case("./platform/x.yaml")]
#[case("platform//x.yaml")]
#[case("platform\\x.yaml")]
#[case("platform/x\0.yaml")]
#[case("platform/x\n.yaml")]
#[case("platform/x\u{1b}[31m.yaml")]
#[case("platform/\u{202e}lmay.yaml")]
#[case("plat\u{200b}form/x.yaml")]
#[case("..data/x.yaml")]
fn attack_a_path_leads_elsewhere(#[case] path: &str) {
    let (_dir, catalog) = sent(&[(path, &export("x", "vip", "")), ("marketing/vip.yaml", VIP)], &[]);
    assert!(catalog.has_errors() && names(&catalog).is_empty(), "{:#?}", told(&catalog));
}

/// What is there, word for word, is what it is; a change of it is not, and both are said.
#[test]
fn attack_an_administrators_file_is_replaced() {
    let own = export("own", "staff-too", "");
    let segment = rows("staff-too", "payroll");
    let files =
        [("platform.yaml", PLATFORM), ("platform/own.yaml", own.as_str()), ("platform/seg.yaml", &segment), ("marketing/vip.yaml", VIP)];
    let (_dir, catalog) = sent(&files, &[]);
    assert_eq!((told(&catalog), names(&catalog)), (vec![], vec!["own"]));
    let changed = export("own", "staff-too", "attributes: {SAL: Salary}\n");
    let (_dir, catalog) = sent(&[files[0], ("platform/own.yaml", &changed), files[2], files[3]], &[]);
    assert!(names(&catalog).is_empty(), "{:#?}", told(&catalog));
    let told = told(&catalog);
    assert!(told.iter().any(|told| told.starts_with("platform/own.yaml this file is not what the server has")), "{told:#?}");
    assert!(told.iter().any(|told| told.contains("the segment `staff-too` takes rows of the source `payroll`")), "{told:#?}");
}

/// A file that is left out is not gone for that: its names and its suppression stay.
#[test]
fn attack_an_administrators_file_is_left_out() {
    let blocked = export("mine", "blocked", "");
    let (_dir, catalog) = sent(&[("marketing/x.yaml", &format!("{}---\n{blocked}", rows("blocked", "crm")))], &[]);
    assert!(told(&catalog)[0].contains("there are two segments named `blocked`: platform.yaml:"), "{:#?}", told(&catalog));
    assert!(names(&catalog).is_empty() && catalog.settings.suppress[0].rows()[0].source.name.as_str() == "payroll");
}

/// Settings, sources and connections are the server's, and a change of them is said not to be planned.
#[rstest]
#[case::settings("suppress: blocked", "adminFolders: ['**']\nsuppress: vip", "the change of settings is not planned")]
#[case::source("usableBy: [hr/**]", "usableBy: ['**']", "the change of source `payroll` is not planned")]
#[case::path("data/staff.csv", "/etc/passwd", "the change of source `payroll` is not planned")]
#[case::connection("{env: KEY}", "{env: OTHER}", "the change of connection `account` is not planned")]
#[case::endpoint("type: mailchimp", "type: mailchimp\nendpoint: https://evil.example", "the change of connection `account` is not planned")]
#[case::new_source("name: payroll", "name: payroll2", "it has no source `payroll2`: what was sent is not used")]
fn attack_administrators_definitions_are_sent(#[case] from: &str, #[case] to: &str, #[case] expected: &str) {
    let platform = PLATFORM
        .replace("adminFolders: [., platform/**]\n", if from.starts_with("suppress") { "" } else { "adminFolders: [., platform/**]\n" });
    let platform = platform.replacen(from, to, 1);
    for path in ["platform.yaml", "marketing/platform.yaml"] {
        let spy = export("x", "staff", "");
        let (_dir, catalog) = sent(&[(path, &platform), ("marketing/x.yaml", &spy), ("hr/staff.yaml", super::HR)], &[]);
        let foreign = path != "platform.yaml" && expected.contains("settings");
        assert!(foreign || told(&catalog).iter().any(|told| told.contains(expected)), "{:#?}", told(&catalog));
        assert!(!names(&catalog).contains(&"x"), "{:#?}", told(&catalog));
        let shown = format!("{:?} {:?}", catalog.connections, catalog.sources);
        assert!(!shown.contains("evil") && !shown.contains("OTHER") && !shown.contains("/etc/passwd"), "{shown}");
    }
}

/// With the rights of a folder: others' files are the server's own, others' exports are not planned, and others' data not read.
#[rstest]
#[case::other_folder(&[("hr/x.yaml", "x")], "hr/x.yaml this file is outside the folders whose rights this plan has")]
#[case::changed(&[("hr/pay.yaml", "pay")], "hr/pay.yaml this file is outside the folders whose rights this plan has")]
#[case::root(&[("x.yaml", "x")], "x.yaml this file is outside the folders")]
#[case::same_name(&[("marketing/pay.yaml", "pay")], "there are two exports named `pay`: hr/pay.yaml:2, which is used, and this")]
#[case::same_tag(&[("marketing/x.yaml", "x")], "both own the tag `staff`")]
fn attack_more_rights_than_asked_for(#[case] files: &[(&str, &str)], #[case] expected: &str) {
    let files: Vec<_> =
        files.iter().map(|(path, name)| (*path, export(name, "vip", "").replace("a1b2c3}", "a1b2c3, names: {vip: staff}}"))).collect();
    let mut files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    files.push(("marketing/vip.yaml", VIP));
    let (_dir, catalog) = sent(&files, &["marketing/**"]);
    assert!(names(&catalog).is_empty(), "{:?}", names(&catalog));
    assert!(told(&catalog).iter().any(|told| told.contains(expected)), "{:#?}", told(&catalog));
}

#[test]
fn attack_others_exports_are_planned_with_a_folders_rights() {
    let mine = format!("{VIP}---\n{}", export("mine", "vip", ""));
    let pay = export("pay", "staff", "");
    let files = [("platform.yaml", PLATFORM), ("marketing/vip.yaml", mine.as_str()), ("hr/staff.yaml", super::HR), ("hr/pay.yaml", &pay)];
    let (_dir, catalog) = sent(&files, &["marketing/**"]);
    assert_eq!((told(&catalog), names(&catalog)), (vec![], vec!["mine"]));
    let (_dir, catalog) = sent(&files, &["marketing/**", "hr/**"]);
    assert_eq!(names(&catalog), ["mine", "pay"]);
    // A file that is left out is a deletion only where the rights go.
    let (_dir, catalog) = sent(&[files[1]], &["marketing/**"]);
    assert_eq!((told(&catalog), names(&catalog)), (vec![], vec!["mine"]));
    let (_dir, catalog) = sent(&[("marketing/x.yaml", &export("x", "vip", ""))], &["marketing/**"]);
    assert_eq!(told(&catalog), ["marketing/x.yaml:5 there is no segment `vip`"]);
}

/// What is wrong in others' files of the server's own directory is not told, and stops nobody.
#[test]
fn attack_others_files_are_told_or_stop_a_plan() {
    let dir = base();
    write(dir.path(), &[("hr/broken.yaml", "apiVersion: listkeeper/v1\nkind: Segment\nname: secret-plan\nx: [\n")]);
    let mine = format!("{VIP}---\n{}", export("mine", "vip", ""));
    for rights in [&[][..], &["marketing/**"]] {
        let catalog = planned(&dir, &[("marketing/vip.yaml", &mine)], rights);
        assert_eq!((told(&catalog), names(&catalog)), (vec![], vec!["mine"]), "{rights:?}");
    }
    // What is wrong in administrators' files does, and is said.
    write(dir.path(), &[("platform.yaml", &PLATFORM.replace("suppress: blocked", "suppress: nobody"))]);
    let catalog = planned(&dir, &[("marketing/vip.yaml", &mine)], &["marketing/**"]);
    assert!(catalog.has_errors() && names(&catalog).is_empty(), "{:#?}", told(&catalog));
    assert!(told(&catalog)[0].contains("the export `mine` cannot be planned"), "{:#?}", told(&catalog));
}

#[test]
fn attack_too_much_is_sent() {
    let many: Vec<_> = (0..10_001).map(|n| SentFile { path: format!("marketing/{n}.yaml").into(), text: VIP.into() }).collect();
    let catalog = understand_sent(&Snapshot::take(base().path()), many, &Rights::default());
    assert!(told(&catalog).iter().any(|told| told.contains("more than 10000 files were sent")), "{:#?}", told(&catalog));
    let large = format!("{VIP}# {}\n", "x".repeat(1 << 20));
    let (_dir, catalog) = sent(&[("marketing/vip.yaml", &large)], &[]);
    assert!(told(&catalog).iter().any(|told| told.contains("the file is larger than 1 MiB")), "{:#?}", told(&catalog));
}

#[rstest]
#[case("../x")]
#[case("/x")]
#[case("")]
#[case("[x")]
fn attack_rights_that_are_no_folders(#[case] folder: &str) {
    assert!(Rights::of(&[folder.to_owned()]).is_err());
}

#[test]
fn rights_are_only_narrowed() {
    let of = |folder: &str| Rights::of(&[folder.to_owned()]).unwrap();
    let both = of("marketing/**").and(of("marketing/nl/**"));
    assert!(both.contains("marketing/nl") && !both.contains("marketing") && both.clone().are_bound());
    assert!(Rights::default().contains("anything") && Rights::default().and(of(".")).contains("") && !of(".").contains("a"));
    let warned = sent(&[("hr/x.yaml", &export("x", "vip", "")), ("marketing/vip.yaml", VIP)], &["marketing/**"]).1;
    assert!(warned.diagnostics.iter().all(|d| d.severity == Severity::Warning), "{:#?}", told(&warned));
}
