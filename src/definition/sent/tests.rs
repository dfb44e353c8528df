use crate::definition::{Catalog, Diagnostic, Location, Rights, Secret, SentFile, Severity, Snapshot, understand_sent};
use rstest::rstest;
use std::{fs, path::PathBuf};

const PLATFORM: &str = "apiVersion: listkeeper/v1
kind: Settings
suppress: blocked
---
apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {customers: data/customers.csv}
usableBy: [marketing]
---
apiVersion: listkeeper/v1
kind: Connection
name: account
type: mailchimp
credentials: {apiKey: {env: SERVER_KEY}}
privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
usableBy: [marketing]
---
apiVersion: listkeeper/v1
kind: Segment
name: blocked
source: crm
table: customers
";
const NEWS: &str = "apiVersion: listkeeper/v1
kind: Segment
name: vip
source: crm
table: customers
---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: account
segments: [vip]
target: {audienceId: a1b2c3}
match: {email: Email}
newContacts: {status: subscribed}
";

/// Sent to a server whose directory is right, and has an export of its own.
fn sent(files: &[(&str, &str)]) -> (tempfile::TempDir, Catalog) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("platform.yaml"), PLATFORM).unwrap();
    fs::create_dir(dir.path().join("marketing")).unwrap();
    fs::write(dir.path().join("marketing/old.yaml"), NEWS.replace("news", "old").replace("a1b2c3", "*broken")).unwrap();
    fs::write(dir.path().join("broken.yaml"), "apiVersion: listkeeper/v1\nkind: Source\nname: *broken\n").unwrap();
    let files = files.iter().map(|(path, text)| SentFile { path: PathBuf::from(path), text: (*text).into() }).collect();
    let catalog = understand_sent(&Snapshot::take(dir.path()), files, &Rights::default());
    (dir, catalog)
}

fn told(catalog: &Catalog) -> Vec<String> {
    catalog.diagnostics.iter().map(|d: &Diagnostic| format!("{}: {}", d.file.display(), d.message)).collect()
}

#[test]
fn segments_and_exports_are_the_clients_and_the_rest_is_the_servers() {
    let theirs = PLATFORM.replace("SERVER_KEY", "STOLEN_KEY").replace("data/", "/etc/").replace("suppress: blocked", "suppress: nobody");
    let (dir, catalog) = sent(&[("platform.yaml", &theirs), ("marketing/news.yaml", NEWS)]);
    let told = told(&catalog);
    let (changes, others): (Vec<_>, Vec<_>) = told.iter().partition(|told| told.contains("is not planned"));
    assert!(changes.len() == 3 && others.iter().all(|told| told.starts_with("broken.yaml")), "{told:#?}");
    let names: Vec<_> = catalog.exports.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["news"]);
    let export = catalog.exports.values().next().unwrap();
    assert_eq!(export.connection.credentials, crate::definition::Credentials::ApiKey(Secret::Env("SERVER_KEY".into())));
    assert_eq!(export.suppress[0].name.as_str(), "blocked");
    let source = &export.segments[0].rows()[0].source;
    let place = &source.files().unwrap().tables["customers"].location;
    assert_eq!(*place, Location::Local(dir.path().join("data/customers.csv")));
}

#[test]
fn what_the_server_lacks_is_not_used_and_said() {
    let theirs = PLATFORM.replace("name: account", "name: mine").replace("{env: SERVER_KEY}", "literal-secret");
    let (_dir, catalog) = sent(&[("platform.yaml", &theirs), ("marketing/news.yaml", &NEWS.replace("account", "mine"))]);
    let told = told(&catalog);
    assert!(told.iter().any(|told| told.contains("it has no connection `mine`: what was sent is not used")), "{told:#?}");
    assert!(told.iter().any(|told| told.contains("there is no connection `mine`")), "{told:#?}");
    let warnings = catalog.diagnostics.iter().filter(|d| d.severity == Severity::Warning).count();
    assert_eq!((warnings, catalog.connections.len()), (1, 1), "{told:#?}");
    assert!(!format!("{catalog:?}").contains("literal-secret"));
}

#[test]
fn no_text_of_the_servers_files_goes_to_a_client() {
    let (_dir, catalog) = sent(&[("marketing/news.yaml", &NEWS.replace("vip]", "vpi]"))]);
    let with_text: Vec<_> = catalog.diagnostics.iter().filter(|d| d.text.is_some()).map(|d| d.file.display().to_string()).collect();
    assert!(catalog.diagnostics.iter().any(|d| d.file.ends_with("broken.yaml")));
    assert_eq!(with_text, ["marketing/news.yaml"]);
}

/// `usableBy` counts for what is sent as for what is there; an administrators' folder does not.
#[rstest]
#[case::root("news.yaml", false)]
#[case::elsewhere("sales/news.yaml", false)]
#[case::marketing("marketing/news.yaml", true)]
fn folders_decide_who_uses_what(#[case] path: &str, #[case] may: bool) {
    let (_dir, catalog) = sent(&[(path, NEWS), ("platform.yaml", PLATFORM)]);
    assert_eq!(!catalog.exports.is_empty(), may, "{:#?}", told(&catalog));
}

#[rstest]
#[case("/etc/news.yaml", "leads out of the directory")]
#[case("../news.yaml", "leads out of the directory")]
#[case("a/../../news.yaml", "leads out of the directory")]
#[case("./news.yaml", "leads out of the directory")]
#[case("a//news.yaml", "leads out of the directory")]
#[case("", "leads out of the directory")]
#[case("a\\news.yaml", "not a path of a definition")]
#[case(".git/news.yaml", "begins with a dot")]
#[case("a/.news.yaml", "begins with a dot")]
#[case("news.txt", "not a YAML file by its name")]
#[case(&format!("{}news.yaml", "a/".repeat(40)), "nested too deep")]
fn a_path_is_checked_before_anything_is_read(#[case] path: &str, #[case] expected: &str) {
    let (_dir, catalog) = sent(&[(path, NEWS)]);
    assert!(told(&catalog).iter().any(|told| told.contains(expected)), "{:#?}", told(&catalog));
    assert!(catalog.exports.is_empty() && catalog.has_errors());
}

#[rstest]
#[case::empty(String::new(), "the file is empty")]
#[case::large("#".repeat(2_000_000), "the file is larger than 1 MiB")]
#[case::binary("a\0b".into(), "the file is binary")]
fn a_text_is_checked_as_a_file_is(#[case] text: String, #[case] expected: &str) {
    let (_dir, catalog) = sent(&[("marketing/news.yaml", &text)]);
    assert!(told(&catalog).iter().any(|told| told.contains(expected)), "{:#?}", told(&catalog));
}

#[test]
fn a_file_counts_once() {
    let (_dir, catalog) = sent(&[("marketing/news.yaml", NEWS), ("marketing/news.yaml", NEWS), ("b.yaml", PLATFORM)]);
    assert!(told(&catalog).iter().any(|told| told == "marketing/news.yaml: this file was sent twice"), "{:#?}", told(&catalog));
}
