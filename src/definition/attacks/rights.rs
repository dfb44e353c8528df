//! A contributor's file that would use what its folder may not, or take what another has.

use super::{HR, PLATFORM, VIP, export, file_of, has_export, read, rows, told, with, write};
use crate::definition::{MaxAdditions, Name, Percentage};
use rstest::rstest;
use std::fs;

/// Each uses another team's data by a segment; the last is what a folder may do.
#[rstest]
#[case::export(&export("x", "staff", "attributes: {SAL: Salary}\n"), "marketing/x.yaml:5 the segment `staff` takes rows of the source `payroll`")]
#[case::match_id(&export("x", "vip, staff", "").replace("email: Email", "email: Email, id: Salary"), "marketing/x.yaml:5 the segment `staff`")]
#[case::consent(
    &export("x", "staff", "").replace("subscribed}", "subscribed, consent: {column: Salary}}"),
    "marketing/x.yaml:5 the segment `staff`"
)]
#[case::own_suppression(&export("x", "vip", "suppress: [staff]\n"), "the segment `staff` takes rows of the source `payroll`")]
#[case::everyones_suppression(&export("x", "vip", "suppress: blocked\n"), "the segment `blocked` takes rows of the source `payroll`")]
#[case::union("apiVersion: listkeeper/v1\nkind: Segment\nname: x\nunion: [vip, staff]\n", "marketing/x.yaml:4 the segment `staff`")]
#[case::intersect("apiVersion: listkeeper/v1\nkind: Segment\nname: x\nintersect: [vip, staff]\n", "marketing/x.yaml:4 the segment `staff`")]
#[case::except("apiVersion: listkeeper/v1\nkind: Segment\nname: x\nexcept: [vip, staff]\n", "marketing/x.yaml:4 the segment `staff`")]
#[case::sample(
    "apiVersion: listkeeper/v1\nkind: Segment\nname: x\nunion: [vip, staff]\nsample: {percent: 10, salt: a, by: Salary}\n",
    "marketing/x.yaml:4 the segment `staff`"
)]
#[case::expect(
    "apiVersion: listkeeper/v1\nkind: Segment\nname: x\nexcept: [vip, blocked]\nexpect: {maxMembers: 1}\n",
    "marketing/x.yaml:4 the segment `blocked`"
)]
#[case::source(&rows("x", "payroll"), "marketing/x.yaml:4 the source `payroll` may not be used by files in `marketing`")]
#[case::granting_oneself(
    &format!("{}usableBy: ['**']\n", rows("x", "payroll")),
    "`usableBy` of a segment is taken from administrators' folders only, and `marketing` is none"
)]
#[case::granting_others(&format!("{}usableBy: ['**']\n", rows("x", "crm")), "`usableBy` of a segment is taken from")]
fn attack_data_without_rights(#[case] text: &str, #[case] expected: &str) {
    let catalog = read(&with(&[("marketing/x.yaml", text)]), &[]);
    let told = told(&catalog);
    assert!(told.iter().all(|told| told.starts_with("marketing/x.yaml")) && told.iter().any(|told| told.contains(expected)), "{told:#?}");
    assert!(!has_export(&catalog, "x") && file_of(&catalog, "x").is_none());
    let hints: Vec<_> = catalog.diagnostics.iter().filter_map(|d| d.hint.as_deref()).collect();
    let named = hints.iter().any(|hint| hint.contains("`marketing/**`") || hint.contains("ask an administrator"));
    assert!(named, "the hint names the folder to add: {hints:?}");
}

/// Through segments that are fine where they stand.
#[test]
fn attack_data_without_rights_through_sets() {
    let set = |name: &str, of: &str| format!("apiVersion: listkeeper/v1\nkind: Segment\nname: {name}\nunion: [{of}]\n");
    let hr = format!("{}---\n{}---\n{}", rows("staff2", "payroll"), set("one", "staff, staff2"), set("two", "one, staff"));
    let admins = set("everyone", "two, vip");
    let files = [("hr/sets.yaml", hr.as_str()), ("platform/everyone.yaml", &admins), ("marketing/x.yaml", &export("x", "everyone", ""))];
    let catalog = read(&with(&files), &[]);
    assert!(told(&catalog)[0].contains("`everyone` takes rows of the source `payroll`"), "{:#?}", told(&catalog));
    assert!(!has_export(&catalog, "x") && file_of(&catalog, "everyone").is_some());
}

/// Administrators may grant a segment; what is built on it may then be used too, and nothing else.
#[test]
fn what_administrators_grant_may_be_used() {
    let granted = format!("{}usableBy: [marketing/**]\n", rows("masked-staff", "payroll"));
    let set = "apiVersion: listkeeper/v1\nkind: Segment\nname: both\nexcept: [vip, masked-staff]\n";
    let files = [("platform/granted.yaml", granted.as_str()), ("marketing/set.yaml", set), ("marketing/x.yaml", &export("x", "both", ""))];
    let dir = with(&files);
    let catalog = read(&dir, &[]);
    assert_eq!(told(&catalog), [""; 0]);
    assert!(has_export(&catalog, "x"));
    // `usableBy` changes nothing of what runs.
    let digest = catalog.exports[&Name::new("x").unwrap()].digest.clone();
    write(dir.path(), &[("platform/granted.yaml", &granted.replace("marketing/**", "'**'"))]);
    assert_eq!(read(&dir, &[]).exports[&Name::new("x").unwrap()].digest, digest);
    let sales = read(&with(&[files[0], ("sales/x.yaml", &export("x", "masked-staff", ""))]), &[]);
    assert!(told(&sales)[0].starts_with("sales/x.yaml:5 the segment `masked-staff`"), "{:#?}", told(&sales));
}

/// Suppression of the settings is for everyone, and administrators use everything.
#[test]
fn what_the_settings_suppress_needs_no_rights() {
    let catalog = read(&with(&[("marketing/x.yaml", &export("x", "vip", "")), ("admin.yaml", &export("y", "staff", ""))]), &[]);
    assert_eq!(told(&catalog), [""; 0]);
    assert_eq!(catalog.exports[&Name::new("x").unwrap()].suppress[0].name.as_str(), "blocked");
}

/// Rights that are taken away end at once: the last good text has them no more than the text of now.
#[test]
fn attack_rights_that_ended_go_on_in_the_last_good_text() {
    let dir = with(&[("sales/x.yaml", &export("x", "vip", ""))]);
    let kept = read(&dir, &[]).good;
    write(dir.path(), &[("platform.yaml", &PLATFORM.replace("[marketing/**, sales/**]", "[marketing/**]"))]);
    let catalog = read(&dir, &kept);
    assert!(!has_export(&catalog, "x") && catalog.stalled.len() == 1, "{:#?}", told(&catalog));
}

/// Of two with one name, whatever sorts first: administrators win, else neither is used; the newcomer where one was there.
#[rstest]
#[case::before("a/x.yaml")]
#[case::behind("z/x.yaml")]
fn attack_a_name_is_squatted(#[case] squatter: &str) {
    let theirs = rows("vip", "crm").replace("customers", "customers #");
    let sources = PLATFORM.replace("[marketing/**, sales/**]", "['**']");
    let cold = with(&[("platform.yaml", sources.as_str()), (squatter, &theirs), ("marketing/x.yaml", &export("x", "vip", ""))]);
    let catalog = read(&cold, &[]);
    assert!(file_of(&catalog, "vip").is_none() && !has_export(&catalog, "x"));
    let both = told(&catalog);
    assert!(both.len() == 2 && both.iter().all(|told| told.contains("there are two segments named `vip`")), "{both:#?}");
    // Warm: who had it goes on, also while it changes it.
    let warm = with(&[("platform.yaml", sources.as_str()), ("marketing/x.yaml", &export("x", "vip", ""))]);
    let kept = read(&warm, &[]).good;
    for text in [VIP.to_owned(), format!("{VIP}expect: {{minMembers: 1}}\n")] {
        write(warm.path(), &[(squatter, &theirs), ("marketing/vip.yaml", &text)]);
        let catalog = read(&warm, &kept);
        assert_eq!((file_of(&catalog, "vip"), has_export(&catalog, "x")), (Some("marketing/vip.yaml"), true));
        let told = told(&catalog);
        assert!(told.len() == 1 && told[0].starts_with(squatter), "{told:#?}");
        assert!(catalog.exports.values().all(|export| export.broken.is_none()));
    }
    // Administrators have it, cold or warm.
    write(warm.path(), &[("platform/vip.yaml", VIP)]);
    for kept in [kept, Vec::new()] {
        let catalog = read(&warm, &kept);
        assert_eq!(file_of(&catalog, "vip"), Some("platform/vip.yaml"), "{:#?}", told(&catalog));
    }
}

/// While an administrators' file cannot be read, nobody gets what it defines.
#[rstest]
#[case::not_yaml("apiVersion: listkeeper/v1\nkind: Segment\nname: optout\ntable: [\n")]
#[case::flow("{apiVersion: listkeeper/v1, kind: Segment, \"name\": \"optout\", table: ")]
#[case::emptied("")]
#[case::foreign("services: {}\n")]
#[case::gone("-> nowhere")]
fn attack_a_name_is_taken_while_its_file_is_broken(#[case] broken: &str) {
    let right = rows("optout", "payroll");
    let settings = PLATFORM.replace("suppress: blocked", "suppress: optout").replace("[marketing/**, sales/**]", "['**']");
    let dir = with(&[("platform.yaml", &settings), ("platform/optout.yaml", &right), ("marketing/x.yaml", &export("x", "vip", ""))]);
    let kept = read(&dir, &[]).good;
    let file = dir.path().join("platform/optout.yaml");
    fs::remove_file(&file).unwrap();
    match broken.strip_prefix("-> ") {
        Some(target) => std::os::unix::fs::symlink(target, &file).unwrap(),
        None => fs::write(&file, broken).unwrap(),
    }
    write(dir.path(), &[("marketing/optout.yaml", &rows("optout", "crm"))]);
    let warm = read(&dir, &kept);
    assert_eq!(file_of(&warm, "optout"), Some("platform/optout.yaml"), "{:#?}", told(&warm));
    assert!(told(&warm).iter().any(|told| told.starts_with("marketing/optout.yaml:3") && told.contains("this one is not used")));
    // Cold, what is there still says whose name it is, if anything does.
    if broken.contains("optout") {
        let cold = read(&dir, &[]);
        assert!(file_of(&cold, "optout").is_none() && !has_export(&cold, "x"), "{:#?}", told(&cold));
    }
}

/// A contributor cannot keep others' names busy, by a copy or by a broken file that mentions them.
#[rstest]
#[case::copy(&export("y", "vip", ""))]
#[case::broken("apiVersion: listkeeper/v1\nkind: Export\nname: y\nkind: Segment\nname: vip\nx: [\n")]
#[case::settings("apiVersion: listkeeper/v1\nkind: Settings\nadminFolders: ['**']\n")]
#[case::source("apiVersion: listkeeper/v1\nkind: Source\nname: crm\ntype: files\ntables: {customers: /etc/passwd}\nusableBy: ['**']\n")]
#[case::connection("apiVersion: listkeeper/v1\nkind: Connection\nname: account\ntype: mailchimp\nendpoint: http://localhost:1\n")]
#[case::segment(VIP)]
#[case::other_segment(HR)]
#[case::old_name(&export("z", "vip", "renamedFrom: y\n"))]
#[case::name_of_the_past(&export("was-y", "vip", ""))]
fn attack_another_teams_export_is_stalled(#[case] text: &str) {
    let mine = export("y", "vip", "renamedFrom: was-y\n");
    let dir = with(&[("marketing/y.yaml", &mine)]);
    let first = read(&dir, &[]);
    assert_eq!(told(&first), [""; 0]);
    for (file, kept) in [("a/x.yaml", &first.good), ("z/x.yaml", &first.good)] {
        write(dir.path(), &[(file, text)]);
        let catalog = read(&dir, kept);
        let y = catalog.exports.get(&Name::new("y").unwrap());
        let y = y.unwrap_or_else(|| panic!("stalled: {:#?}", told(&catalog)));
        assert_eq!((y.file.to_str(), y.broken.as_deref()), (Some("marketing/y.yaml"), None), "{:#?}", told(&catalog));
        assert_eq!(y.digest, first.exports.values().next().unwrap().digest);
        assert!(told(&catalog).iter().all(|told| told.starts_with(file)), "{:#?}", told(&catalog));
        fs::remove_file(dir.path().join(file)).unwrap();
    }
}

/// A tag, a field, an audience to be made: administrators first, then who had it, else neither.
#[rstest]
#[case::tag(&export("y", "vip", ""))]
#[case::tag_by_name(&export("y", "other", "").replace("a1b2c3}", "a1b2c3, names: {other: VIP}}"))]
#[case::field(&export("y", "other", "attributes: {FNAME: Salary}\n"))]
#[case::other_connection(&export("y", "vip", "").replace("connection: account", "connection: second"))]
fn attack_a_claim_is_squatted(#[case] theirs: &str) {
    let second = PLATFORM.split("---\n").nth(3).unwrap().replace("name: account", "name: second");
    let platform = format!("{}---\n{second}", PLATFORM.replace("[marketing/**, sales/**]", "['**']"));
    let (mine, other) = (export("x", "vip", "attributes: {FNAME: First}\n"), rows("other", "crm"));
    let base = [("platform.yaml", platform.as_str()), ("marketing/other.yaml", &other), ("marketing/x.yaml", &mine)];
    let dir = with(&base);
    let first = read(&dir, &[]);
    assert_eq!(told(&first), [""; 0]);
    for squatter in ["a/y.yaml", "z/y.yaml"] {
        write(dir.path(), &[(squatter, theirs)]);
        let warm = read(&dir, &first.good);
        assert!(has_export(&warm, "x") && !has_export(&warm, "y") && warm.diagnostics.len() == 1, "{:#?}", told(&warm));
        assert!(told(&warm)[0].starts_with(squatter));
        let cold = read(&dir, &[]);
        assert!(!has_export(&cold, "x") && !has_export(&cold, "y") && cold.diagnostics.len() == 2, "{:#?}", told(&cold));
        fs::remove_file(dir.path().join(squatter)).unwrap();
    }
    write(dir.path(), &[("platform/y.yaml", theirs)]);
    for kept in [&first.good[..], &[]] {
        let catalog = read(&dir, kept);
        assert!(has_export(&catalog, "y") && !has_export(&catalog, "x"), "{:#?}", told(&catalog));
    }
}

#[test]
fn attack_an_audience_is_made_by_another_teams_words() {
    let create = |from: &str| {
        format!(
            "{{audience: {{name: News, create: {{company: C, address1: A, city: B, country: NL, permissionReminder: r, fromName: {from}, \
             fromEmail: a@example.com, language: en}}}}}}"
        )
    };
    let of = |name: &str, segment: &str, from: &str| export(name, segment, "").replace("{audienceId: a1b2c3}", &create(from));
    let files =
        [("marketing/x.yaml", of("x", "vip", "Ana")), ("sales/y.yaml", format!("{}---\n{}", rows("o", "crm"), of("y", "o", "Eve")))];
    let files: Vec<_> = files.iter().map(|(file, text)| (*file, text.as_str())).collect();
    let catalog = read(&with(&files), &[]);
    assert!(told(&catalog).iter().all(|told| told.contains("create the audience `News` differently")), "{:#?}", told(&catalog));
    assert!(catalog.exports.is_empty());
}

/// The state of an export does not move to another folder.
#[test]
fn attack_anothers_state_is_taken_by_a_new_name() {
    let dir = with(&[("hr/x.yaml", &export("x", "staff", ""))]);
    let kept = read(&dir, &[]).good;
    fs::remove_file(dir.path().join("hr/x.yaml")).unwrap();
    write(dir.path(), &[("marketing/y.yaml", &export("y", "vip", "renamedFrom: x\n"))]);
    let catalog = read(&dir, &kept);
    assert!(told(&catalog)[0].contains("the export `x` belongs to hr/x.yaml"), "{:#?}", told(&catalog));
    assert!(!has_export(&catalog, "y"));
}

/// A second Settings, in the one folder from which it is taken.
#[rstest]
#[case::before("a.yaml")]
#[case::behind("z.yaml")]
fn attack_second_settings_take_the_directory(#[case] file: &str) {
    let dir = with(&[("marketing/x.yaml", &export("x", "vip", ""))]);
    let kept = read(&dir, &[]).good;
    let rogue = format!("apiVersion: listkeeper/v1\nkind: Settings\nadminFolders: ['**']\n---\n{}", rows("spy", "payroll"));
    write(dir.path(), &[(file, &rogue), ("marketing/spy.yaml", &export("spying", "staff", ""))]);
    let warm = read(&dir, &kept);
    assert!(has_export(&warm, "x") && !has_export(&warm, "spying"), "{:#?}", told(&warm));
    assert_eq!(warm.settings.suppress[0].name.as_str(), "blocked");
    assert!(read(&dir, &[]).exports.is_empty());
}

/// What `guardCeiling` says holds for what is written and for what is inherited.
#[rstest]
#[case::removals("maxRemovals: 31%", "`maxRemovals: 31%` is above the ceiling of 30%")]
#[case::additions("maxAdditions: 20001", "`maxAdditions: 20001` is above the ceiling of 20000")]
#[case::no_additions("maxAdditions: none", "`maxAdditions: none` is above the ceiling of 20000")]
#[case::members("maxMembers: 500001", "`maxMembers: 500001` is above the ceiling of 500000")]
#[case::rejected("maxRejected: 6%", "`maxRejected: 6%` is above the ceiling of 5%")]
#[case::at_it("maxRemovals: 30%, maxAdditions: 20000, maxMembers: 500000, maxRejected: 5%", "")]
fn attack_a_guard_is_lifted(#[case] guard: &str, #[case] expected: &str) {
    let text = export("x", "vip", &format!("guard: {{{guard}}}\n"));
    let catalog = read(&with(&[("marketing/x.yaml", &text)]), &[]);
    let told = told(&catalog);
    if expected.is_empty() {
        assert!(told.is_empty() && has_export(&catalog, "x"), "{told:#?}");
    } else {
        assert!(told.len() == 1 && told[0].starts_with("marketing/x.yaml:9 ") && told[0].contains(expected), "{told:#?}");
        assert!(!has_export(&catalog, "x"));
    }
    // Administrators may.
    let catalog = read(&with(&[("platform/x.yaml", &text)]), &[]);
    assert!(has_export(&catalog, "x"), "{:#?}", self::told(&catalog));
}

#[test]
fn attack_a_guard_is_lifted_by_what_is_inherited() {
    let catalog = read(&with(&[("marketing/x.yaml", &export("x", "vip", "")), ("admin.yaml", &export("y", "staff", ""))]), &[]);
    let guard = |name: &str| catalog.exports[&Name::new(name).unwrap()].guard;
    assert_eq!((guard("x").max_removals, guard("x").max_additions), (Percentage(30), MaxAdditions::AtMost(20_000)));
    assert_eq!((guard("y").max_removals, guard("y").max_additions), (Percentage(40), MaxAdditions::AtMost(50_000)));
    assert_eq!(guard("x").max_members, 500_000);
}

/// Sets that name each other over and over: an error, at once.
#[test]
fn attack_segments_multiply() {
    let mut text = String::new();
    let name = |level: usize, n: usize| format!("s{level}-{n}");
    for n in 0..40 {
        text += &format!("---\n{}", rows(&name(0, n), "crm"));
    }
    for level in 1..15 {
        for n in 0..40 {
            let below: Vec<_> = (0..40).map(|n| name(level - 1, n)).collect();
            text += &format!("---\napiVersion: listkeeper/v1\nkind: Segment\nname: {}\nunion: [{}]\n", name(level, n), below.join(", "));
        }
    }
    let began = std::time::Instant::now();
    let catalog = read(&with(&[("marketing/x.yaml", text.trim_start_matches("---\n"))]), &[]);
    assert!(
        told(&catalog).iter().any(|told| told.contains("the segment is built on more than 1000 others")),
        "{:#?}",
        told(&catalog).len()
    );
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
