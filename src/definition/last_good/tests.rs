use crate::definition::{Catalog, DefinitionId, Kept, Name, Severity, Snapshot, understand};
use proptest::prelude::*;
use rstest::rstest;
use std::{collections::BTreeMap, fs, path::PathBuf};

const SETTINGS: &str = "apiVersion: listkeeper/v1
kind: Settings
suppress: blocked
guard: {maxRemovals: 20%}
";
const SOURCE: &str = "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {customers: data/customers.csv}
usableBy: ['**']
";
const ACCOUNT: &str = "apiVersion: listkeeper/v1
kind: Connection
name: account
type: mailchimp
credentials: {apiKey: {env: KEY}}
privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
usableBy: ['**']
";

fn segment(name: &str) -> String {
    format!("apiVersion: listkeeper/v1\nkind: Segment\nname: {name}\nsource: crm\ntable: customers\n")
}

fn export(name: &str, segment: &str, more: &str) -> String {
    format!(
        "apiVersion: listkeeper/v1\nkind: Export\nname: {name}\nconnection: account\nsegments: [{segment}]\n\
         target: {{audienceId: a1b2c3}}\nmatch: {{email: Email}}\nnewContacts: {{status: subscribed}}\n{more}"
    )
}

/// A directory of definitions, file by file.
#[derive(Clone)]
struct Files(BTreeMap<String, String>);

impl Files {
    /// Everything in files of its own, but for `news.yaml`, which holds two exports.
    fn right() -> Self {
        let news = format!("{}---\n{}", export("news", "vip", ""), export("sale", "lapsed", "onDelete: remove-members\n"));
        Self(BTreeMap::new())
            .with("settings.yaml", SETTINGS)
            .with("crm.yaml", SOURCE)
            .with("account.yaml", ACCOUNT)
            .with("m/blocked.yaml", &segment("blocked"))
            .with("m/vip.yaml", &format!("# about people\n\n{}", segment("vip")))
            .with("m/lapsed.yaml", &segment("lapsed"))
            .with("m/news.yaml", &news)
    }

    fn with(mut self, file: &str, text: &str) -> Self {
        self.0.insert(file.into(), text.into());
        self
    }

    fn without(mut self, file: &str) -> Self {
        assert!(self.0.remove(file).is_some());
        self
    }

    fn edited(mut self, file: &str, from: &str, to: &str) -> Self {
        let text = self.0.get_mut(file).unwrap();
        assert!(text.contains(from), "the case changes nothing");
        *text = text.replacen(from, to, 1);
        self
    }

    fn read(&self, last_good: &[Kept]) -> Catalog {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in &self.0 {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            // A file that cannot be read even by root: a link to nowhere.
            match text.strip_prefix("-> ") {
                Some(target) => std::os::unix::fs::symlink(target, path).unwrap(),
                None => fs::write(path, text).unwrap(),
            }
        }
        understand(&Snapshot::take(dir.path()), last_good)
    }
}

/// What is kept of a reading in which everything is right.
fn kept() -> Vec<Kept> {
    let catalog = Files::right().read(&[]);
    assert_eq!(told(&catalog), [""; 0]);
    assert_eq!(catalog.good.len(), 8);
    catalog.good
}

fn told(catalog: &Catalog) -> Vec<String> {
    let line = |d: &crate::definition::Diagnostic| d.at.map_or(String::new(), |at| at.line.to_string());
    catalog.diagnostics.iter().map(|d| format!("{}:{} {}", d.file.display(), line(d), d.message)).collect()
}

/// Each export with its digest, without the table's absolute path, which is in no digest.
fn digests(catalog: &Catalog) -> BTreeMap<String, String> {
    catalog.exports.values().map(|e| (e.name.to_string(), e.digest.clone())).collect()
}

fn broken<'a>(catalog: &'a Catalog, export: &str) -> Option<&'a str> {
    catalog.exports.get(&Name::new(export).unwrap()).and_then(|e| e.broken.as_deref())
}

fn stalled<'a>(catalog: &'a Catalog, export: &str) -> Option<&'a str> {
    catalog.stalled.get(&Name::new(export).unwrap()).map(|why| &**why)
}

fn id(kind: &str, name: &str) -> DefinitionId {
    DefinitionId { kind: kind.into(), name: name.into() }
}

/// One thing is broken; every export goes on with its digest, and those that depend on it say why.
#[rstest]
#[case::segment_field("m/vip.yaml", "source: crm", "sauce: crm", "segment vip (m/vip.yaml:4) is broken", "")]
#[case::segment_source("m/vip.yaml", "source: crm", "source: crn", "segment vip (m/vip.yaml:4) is broken", "")]
#[case::segment_not_yaml("m/vip.yaml", "source: crm", "source: [", "segment vip (m/vip.yaml) cannot be read", "")]
#[case::segment_name("m/vip.yaml", "name: vip", "name: VIP!", "segment vip (m/vip.yaml) cannot be read", "")]
#[case::segment_no_name("m/vip.yaml", "name: vip", "", "segment vip (m/vip.yaml) cannot be read", "")]
#[case::segment_same_name("m/vip.yaml", "name: vip", "name: lapsed", "segment vip (m/vip.yaml) cannot be read", "")]
#[case::segment_kind("m/vip.yaml", "kind: Segment", "kind: Segmnt", "segment vip (m/vip.yaml) cannot be read", "")]
#[case::segment_no_kind("m/vip.yaml", "kind: Segment\n", "", "segment vip (m/vip.yaml) cannot be read", "")]
#[case::segment_version("m/vip.yaml", "listkeeper/v1", "listkeeper/v9", "segment vip (m/vip.yaml) cannot be read", "")]
#[case::segment_foreign("m/vip.yaml", "apiVersion: listkeeper/v1\nkind: Segment\n", "", "segment vip (m/vip.yaml) cannot be read", "")]
#[case::source("crm.yaml", "tables:", "tabels:", "source crm (crm.yaml:2) is broken", "source crm (crm.yaml:2) is broken")]
#[case::connection("account.yaml", "{env: KEY}", "secret", "connection account (account.yaml:2) is broken", "connection account")]
#[case::connection_moved_in("account.yaml", "kind: Connection", "kind: Export", "connection account (account.yaml) cannot", "connection")]
#[case::settings("settings.yaml", "20%", "lots", "the settings (settings.yaml:2) are broken", "the settings")]
#[case::settings_suppress("settings.yaml", "suppress: blocked", "suppress: nobody", "the settings", "the settings")]
#[case::suppressed("m/blocked.yaml", "table: customers", "table: nothing", "segment blocked", "segment blocked")]
#[case::export("m/news.yaml", "match:", "mach:", "export news (m/news.yaml:2) is broken", "")]
#[case::export_connection("m/news.yaml", "connection: account", "connection: acount", "export news", "")]
#[case::export_not_yaml("m/news.yaml", "match:", "match: [", "export news (m/news.yaml) cannot be read", "export sale")]
fn what_is_broken_goes_on_as_it_was(#[case] file: &str, #[case] from: &str, #[case] to: &str, #[case] news: &str, #[case] sale: &str) {
    let last = kept();
    let files = Files::right().edited(file, from, to);
    let catalog = files.read(&last);
    assert_eq!(digests(&catalog), digests(&Files::right().read(&[])), "{:#?}", told(&catalog));
    assert!(catalog.has_errors() && catalog.unclear);
    for (export, expected) in [("news", news), ("sale", sale)] {
        let why = broken(&catalog, export);
        assert_eq!(why.is_some(), !expected.is_empty(), "{export}: {why:?}");
        assert!(why.unwrap_or_default().starts_with(expected) && why.is_none_or(|w| w.ends_with("last good text goes on")), "{why:?}");
    }
    assert!(catalog.missing.is_empty() && catalog.removed.is_empty(), "{:?}", catalog.missing);
    // Only what is right in this reading is kept anew, and it is what was kept.
    assert!(catalog.good.iter().all(|good| last.contains(good)));
    // Mended, all is as before.
    let mended = Files::right().read(&last);
    assert!(!mended.unclear && mended.exports.values().all(|e| e.broken.is_none()));
}

/// A file that is there and says nothing deletes nothing.
#[rstest]
#[case::emptied("", "m/vip.yaml: the file is empty; it defined segment vip, and the last good text goes on")]
#[case::commented_out(
    "# kind: Segment\n",
    "m/vip.yaml: there is no document in this file; it defined segment vip, and the last good text goes on"
)]
#[case::foreign("services: {}\n", "m/vip.yaml:1 this document has no `apiVersion`, and this file defined segment vip")]
#[case::dangling("-> nowhere", "m/vip.yaml: this cannot be read: ")]
fn a_file_that_says_nothing_goes_on(#[case] text: &str, #[case] expected: &str) {
    let catalog = Files::right().with("m/vip.yaml", text).read(&kept());
    let told = told(&catalog);
    assert!(told.len() == 1 && told[0].replace(": ", ":").starts_with(&expected.replace(": ", ":")), "{told:#?}");
    assert_eq!(broken(&catalog, "news"), Some("segment vip (m/vip.yaml) cannot be read; its last good text goes on"));
    assert_eq!(digests(&catalog), digests(&Files::right().read(&[])));
    assert!(catalog.unclear && catalog.missing.is_empty());
}

#[test]
fn a_folder_that_cannot_be_read_goes_on() {
    let mut files = Files::right().with("m", "-> nowhere");
    files.0.retain(|name, _| !name.starts_with("m/"));
    let catalog = files.read(&kept());
    assert_eq!(digests(&catalog), digests(&Files::right().read(&[])));
    assert!(told(&catalog)[0].contains("; it defined export news, export sale, segment blocked and 2 more, and the last good"));
    assert!(catalog.unclear && catalog.missing.is_empty());
}

#[test]
fn a_directory_that_cannot_be_read_goes_on() {
    let gone = PathBuf::from("/nonexistent/definitions");
    let catalog = understand(&Snapshot::take(&gone), &kept());
    assert_eq!(digests(&catalog), digests(&Files::right().read(&[])));
    assert!(catalog.unreadable.is_some() && catalog.unclear && catalog.missing.is_empty() && catalog.removed.is_empty());
}

/// What other tools put beside our definitions stays foreign as long as ours are all there.
#[test]
fn a_file_may_be_shared_with_other_tools() {
    let files = Files::right().with("m/vip.yaml", &format!("services: {{}}\n---\n{}", segment("vip")));
    let catalog = files.read(&files.read(&[]).good);
    assert_eq!(told(&catalog), [""; 0]);
}

#[test]
fn what_is_deleted_is_missing_and_not_used() {
    let catalog = Files::right().without("m/vip.yaml").read(&kept());
    assert_eq!(catalog.missing, [id("Segment", "vip")]);
    assert_eq!(told(&catalog), ["m/news.yaml:5 there is no segment `vip`"]);
    assert_eq!(stalled(&catalog, "news"), Some("there is no segment `vip`"));
    assert!(!digests(&catalog).contains_key("news") && broken(&catalog, "sale").is_none());
}

/// C8.
#[test]
fn a_deleted_connection_stops_its_exports_and_names_them() {
    let catalog = Files::right().without("account.yaml").read(&kept());
    let told = told(&catalog);
    assert_eq!(told[0], "account.yaml: the connection `account` was deleted, and exports still name it: `news`, `sale`");
    assert_eq!((told.len(), catalog.stalled.len(), catalog.exports.len(), catalog.connections.len()), (3, 2, 0, 0), "{told:#?}");
    assert_eq!(catalog.missing, [id("Connection", "account")]);

    let catalog = Files::right().without("account.yaml").without("m/news.yaml").read(&kept());
    assert_eq!(catalog.missing.len(), 3);
    assert!(catalog.removed.is_empty() && catalog.stalled.is_empty() && !catalog.has_errors());
    let warned = &catalog.diagnostics[0];
    assert_eq!(warned.severity, Severity::Warning);
    assert!(warned.message.ends_with("cannot be carried out: the connection `account` was deleted with it"), "{}", warned.message);
}

/// Someone's broken file does not keep a connection alive by naming it.
#[test]
fn a_deleted_connection_is_gone_whatever_else_is_broken() {
    let catalog = Files::right().without("account.yaml").edited("m/news.yaml", "match:", "match: [").read(&kept());
    assert!(catalog.connections.is_empty() && catalog.exports.is_empty());
    assert_eq!(catalog.missing, [id("Connection", "account")]);
}

/// A definition may have moved into the file that is broken.
#[test]
fn what_may_have_moved_into_a_broken_file_goes_on() {
    let moved = format!("{}---\n{}", segment("vip"), export("other", "vip", "target: [\n"));
    let catalog = Files::right().without("m/vip.yaml").with("n/all.yaml", &moved).read(&kept());
    assert_eq!(digests(&catalog), digests(&Files::right().read(&[])));
    assert!(catalog.missing.is_empty() && broken(&catalog, "news").is_some());
    // Moved to where it can be read: nothing is broken about it, whatever else is.
    let moved = Files::right().without("m/vip.yaml").with("n/vip.yaml", &segment("vip")).edited("m/lapsed.yaml", "table", "tabel");
    let catalog = moved.read(&kept());
    assert!(broken(&catalog, "news").is_none() && broken(&catalog, "sale").is_some());
}

/// A new document that was never right has nothing to go on with.
#[test]
fn what_was_never_good_stalls() {
    let files = Files::right().with("m/new.yaml", &export("new", "fresh", "timeout: soon\n"));
    let catalog = files.clone().with("m/fresh.yaml", &segment("fresh")).read(&kept());
    assert_eq!(stalled(&catalog, "new"), Some("`soon` of `timeout` is not a duration"));
    let files = files.edited("m/new.yaml", "timeout: soon\n", "").with("m/fresh.yaml", &segment("fresh").replace("crm", "crn"));
    let catalog = files.read(&kept());
    assert_eq!(stalled(&catalog, "new"), Some("the segment `fresh` (m/fresh.yaml:2) is broken"));
    assert_eq!(digests(&catalog), digests(&Files::right().read(&[])));
}

/// An export that begins to name what is broken goes on as it was.
#[test]
fn an_export_goes_on_without_a_broken_segment_that_is_new_to_it() {
    let files = Files::right().with("m/fresh.yaml", &segment("fresh").replace("crm", "crn"));
    let catalog = files.edited("m/news.yaml", "[vip]", "[vip, fresh]").read(&kept());
    assert_eq!(digests(&catalog), digests(&Files::right().read(&[])));
    assert_eq!(broken(&catalog, "news"), Some("export news (m/news.yaml:2) names what is broken; its last good text goes on"));
}

/// Without settings that are right, nothing may run: the limit or the segment to suppress may be in them.
#[test]
fn broken_settings_that_were_never_good_stall_everything() {
    let catalog = Files::right().edited("settings.yaml", "20%", "lots").read(&[]);
    assert!(catalog.exports.is_empty());
    assert_eq!(stalled(&catalog, "news"), Some("the settings (settings.yaml:2) are broken"));
    let catalog = Files::right().edited("m/blocked.yaml", "crm", "crn").read(&[]);
    assert!(catalog.exports.is_empty(), "{:?}", catalog.stalled);
}

/// E16: whoever had it keeps it, wherever the other's file stands in the order of names.
#[rstest]
#[case::before("a/new.yaml")]
#[case::behind("z/new.yaml")]
fn of_two_that_clash_the_new_one_suffers(#[case] file: &str) {
    let catalog = Files::right().with(file, &export("new", "vip", "")).read(&kept());
    assert_eq!(digests(&catalog), digests(&Files::right().read(&[])));
    assert!(stalled(&catalog, "new").unwrap().starts_with("the exports `news` (m/news.yaml:2) and `new` both own the tag `vip`"));
    assert!(told(&catalog)[0].starts_with(file) && catalog.diagnostics.len() == 1 && broken(&catalog, "news").is_none());
    // And of two segments of one name.
    let catalog = Files::right().with(file, &segment("vip").replace("table: customers", "query: SELECT 1")).read(&kept());
    assert_eq!(digests(&catalog), digests(&Files::right().read(&[])));
    assert!(told(&catalog)[0].starts_with(file), "{:?}", told(&catalog));
}

/// An old export that begins to clash keeps its last good claims.
#[test]
fn an_export_that_begins_to_clash_goes_on_as_it_was() {
    let catalog = Files::right().edited("m/news.yaml", "[vip]", "[vip, lapsed]").read(&kept());
    assert_eq!(digests(&catalog), digests(&Files::right().read(&[])));
    assert!(broken(&catalog, "news").unwrap().contains("is broken") && broken(&catalog, "sale").is_none());
}

/// E8: carried out as last defined, also where the segment went with it.
#[test]
fn a_deleted_export_says_what_is_to_be_done() {
    let news = export("news", "vip", "");
    let files = Files::right().with("m/news.yaml", &news).without("m/lapsed.yaml");
    let catalog = files.read(&kept());
    assert_eq!(told(&catalog), [""; 0]);
    let removed = &catalog.removed[&Name::new("sale").unwrap()];
    assert!(removed.removed && removed.segments[0].name.as_str() == "lapsed" && catalog.removed.len() == 1);
    assert_eq!(Some(&removed.digest), digests(&Files::right().read(&[])).get("sale"));
    assert!(!catalog.exports.contains_key(&removed.name) && !catalog.segments.contains_key(&removed.segments[0].name));
    assert_eq!(catalog.missing, [id("Export", "sale"), id("Segment", "lapsed")]);
    // Nothing is taken for deleted as long as anything is unclear.
    let unclear = files.clone().with("z.yaml", "{").read(&kept());
    assert!(unclear.removed.is_empty() && !unclear.unclear && unclear.missing.len() == 2);
    let unclear = files.clone().with("z.yaml", "kind: Export\n{").read(&kept());
    assert!(unclear.removed.is_empty() && unclear.unclear);
    // A new name is no deletion.
    let renamed = export("offers", "lapsed", "renamedFrom: sale\n");
    let catalog = files.with("m/lapsed.yaml", &segment("lapsed")).with("m/offers.yaml", &renamed).read(&kept());
    assert_eq!((catalog.missing.as_slice(), catalog.removed.len()), ([id("Export", "sale")].as_slice(), 0));
}

#[test]
fn a_deleted_export_whose_tag_another_has_now_is_left_alone() {
    let news = format!("{}---\n{}", export("news", "vip", ""), export("offers", "lapsed", ""));
    let catalog = Files::right().with("m/news.yaml", &news).read(&kept());
    assert!(catalog.removed.is_empty() && !catalog.has_errors());
    assert!(told(&catalog)[0].contains("the export `sale` was deleted, and its `onDelete` cannot be carried out"), "{:?}", told(&catalog));
}

/// Kept text stands where it stood, so that what is said of it names the right line; comments hold no secrets.
#[rstest]
#[case::first("kind: x\n", 0, "kind: x\n")]
#[case::second("a: 1\n---\nb: 2\n", 1, "\n---\nb: 2\n")]
#[case::same_line("a: 1\n--- {b: 2}\n", 1, "\n--- {b: 2}\n")]
#[case::ended("a: 1\n...\n# more\nb: 2\n", 1, "\n\n# more\nb: 2\n")]
#[case::in_a_block("a: |\n  ---\n  x\n--- # next\nb: 2\n", 1, "\n\n\n--- # next\nb: 2\n")]
#[case::crlf("a: 1\r\n---\r\nb: 2\r\n", 1, "\n---\r\nb: 2\r\n")]
#[case::comment("# apiKey: s3cret\na: 1 # token: s3cret\n", 0, "# apiKey: ******\na: 1 # token: ******\n")]
#[case::no_comment("a: 'x # token: s3cret'\n", 0, "a: 'x # token: s3cret'\n")]
fn a_documents_own_text_keeps_its_lines(#[case] text: &str, #[case] piece: usize, #[case] expected: &str) {
    use crate::definition::{files::File, piece};
    let file = File::new("a.yaml".into(), std::path::Path::new("/a.yaml"), text.into());
    assert_eq!(piece::text(&file, &piece::pieces(text)[piece]), expected);
}

/// What is said of a kept text has the line it had in its file.
#[test]
fn kept_lines_have_their_numbers() {
    let catalog = Files::right().with("m/news.yaml", "").without("m/lapsed.yaml").read(&kept());
    let sale = told(&catalog).into_iter().find(|told| told.contains("`lapsed`")).unwrap();
    assert_eq!(sale, "m/news.yaml:14 there is no segment `lapsed`");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever happens to a file, no export changes if nothing in it is right, and none vanishes without a word.
    #[test]
    fn damage_to_one_file_changes_no_other_export(
        file in 0usize..7, start in 0usize..400, length in 0usize..40, put in "[-:{}\\[\\]\"'|>&*!#%@\\n\\t a-z0-9é]{1,12}",
    ) {
        let right = Files::right();
        let before = digests(&right.read(&[]));
        let name = right.0.keys().nth(file).unwrap().clone();
        let mut text = right.0[&name].clone();
        let from = start.min(text.len());
        text.replace_range(from..(start + length).min(text.len()).max(from), &put);
        let catalog = right.with(&name, &text).read(&kept());
        let after = digests(&catalog);
        if catalog.missing.is_empty() && catalog.good.iter().all(|good| good.file != name) {
            prop_assert_eq!(&after, &before, "{:#?}", told(&catalog));
        }
        for export in before.keys().filter(|export| !after.contains_key(*export)) {
            let said = catalog.stalled.keys().any(|n| n.as_str() == export) || catalog.missing.contains(&id("Export", export));
            prop_assert!(said, "{export} vanished: {:#?}", told(&catalog));
        }
    }
}
