use super::*;
use proptest::prelude::*;
use rstest::rstest;
use std::fs;

const PLATFORM: &str = "apiVersion: listkeeper/v1
kind: Settings
timeZone: Europe/Amsterdam
schedule: '@daily'
guard: {maxRemovals: 20%, maxAdditions: none}
suppress: blocked
retention: 30d
---
apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables:
  customers: {path: data/customers.csv, delimiter: \";\"}
  orders: orders/*.parquet
usableBy: [marketing/**]
---
apiVersion: listkeeper/v1
kind: Connection
name: account
type: mailchimp
credentials:
  apiKey: {env: MAILCHIMP_API_KEY}
privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
usableBy: [marketing/**]
---
apiVersion: listkeeper/v1
kind: Segment
name: blocked
source: crm
table: customers
";

const MARKETING: &str = "apiVersion: listkeeper/v1
kind: Segment
name: vips
displayName: VIPs
source: crm
query: SELECT * FROM customers WHERE spent > 1000
---
apiVersion: listkeeper/v1
kind: Segment
name: lapsed
source: crm
table: customers
expect: {minMembers: 1, maxMembers: 10, freshWithin: 2d}
---
apiVersion: listkeeper/v1
kind: Export
name: newsletter
connection: account
segments: [vips, lapsed]
target: {audienceId: a1b2c3}
match: {email: Email, id: CustomerId}
attributes:
  FNAME: FirstName
  LTV: {column: Spent, type: number, onEmpty: clear}
  HOME: {columns: {addr1: Street, city: City}, type: address}
mode: mirror
newContacts: {status: transactional, consent: {column: OptIn, at: OptInDate}}
guard: {maxRejected: 1%}
timeout: 2h
renamedFrom: old-news
";

fn read_files(files: &[(&str, &str)]) -> (tempfile::TempDir, Catalog) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let catalog = read(dir.path());
    (dir, catalog)
}

/// `file:line:column [offending text] message`
fn told(catalog: &Catalog) -> Vec<String> {
    let one = |d: &Diagnostic| {
        let at = d.at.map_or(String::new(), |at| format!("{}:{}", at.line, at.column));
        format!("{}:{at} [{}] {}", d.file.display(), d.snippet().unwrap_or_default(), d.message)
    };
    catalog.diagnostics.iter().map(one).collect()
}

#[test]
fn a_directory_becomes_a_catalog() {
    let (dir, catalog) = read_files(&[("platform.yaml", PLATFORM), ("marketing/news.yaml", MARKETING), ("compose.yaml", "services: {}\n")]);
    assert_eq!(told(&catalog), [""; 0]);
    assert_eq!(catalog.foreign, [std::path::PathBuf::from("compose.yaml")]);
    let export = &catalog.exports[&Name::new("newsletter").unwrap()];
    assert_eq!((export.file.to_str().unwrap(), export.line), ("marketing/news.yaml", 16));
    assert_eq!(export.segments.iter().map(|s| s.display_name.as_str()).collect::<Vec<_>>(), ["VIPs", "lapsed"]);
    assert_eq!(export.suppress[0].name.as_str(), "blocked");
    let schedule = export.schedule.as_ref().unwrap();
    assert_eq!((schedule.cron.as_str(), schedule.time_zone, schedule.deadline.as_secs()), ("@daily", chrono_tz::Europe::Amsterdam, 3600));
    let expected =
        Guard { max_removals: Percentage(20), max_additions: MaxAdditions::Unlimited, max_rejected: Percentage(1), ..Guard::default() };
    assert_eq!(export.guard, expected);
    assert_eq!(export.new_contacts.status, Some(crate::platform::SubscriptionStatus::NonSubscribed));
    assert_eq!(export.attributes["LTV"].on_empty, OnEmpty::Clear);
    assert!(matches!(&export.attributes["HOME"].columns, Columns::Parts(parts) if parts["addr1"] == "Street"));
    assert_eq!(export.connection.credentials, Credentials::ApiKey(Secret::Env("MAILCHIMP_API_KEY".into())));
    let tables = &catalog.sources[&Name::new("crm").unwrap()].files().unwrap().tables;
    assert_eq!(tables["customers"].location, Location::Local(dir.path().join("data/customers.csv")));
    assert_eq!((tables["customers"].delimiter, tables["orders"].pattern.as_str()), (Some(b';'), "orders/*.parquet"));
}

/// Each case changes one thing in definitions that are right.
#[rstest]
// Unknown names, with the nearest.
#[case("connection: account", "connection: acount", "18:13 [acount] there is no connection `acount`", "did you mean `account`?")]
#[case("[vips, lapsed]", "[vips, lapsd]", "[lapsd] there is no segment `lapsd`", "did you mean `lapsed`?")]
#[case("source: crm\nquery", "source: crn\nquery", "[crn] there is no source `crn`", "did you mean `crm`?")]
#[case("table: customers\nexpect", "table: custmers\nexpect", "the source `crm` has no table `custmers`", "did you mean `customers`?")]
// Fields.
#[case("timeout: 2h", "suspnd: true", "[suspnd] unknown field `suspnd`", "did you mean `suspend`?")]
#[case("timeout: 2h", "suspend: yes", "[yes] expected true or false, found text", "without quotes")]
#[case("timeout: 2h", "timeout: 2 hours", "`2 hours` of `timeout` is not a duration", "`1h`")]
#[case("mode: mirror", "mode: miror", "[miror] `miror` is not one of the values of this field", "did you mean `mirror`?")]
#[case("mode: mirror", "onDelete: remove", "`remove` is not one of", "did you mean `remove-members`?")]
#[case("mode: mirror", "onLeave: delete", "`delete` is not one of", "expected: untag, archive")]
#[case("renamedFrom: old-news", "renamedFrom: Old News", "`Old News` is not a name", "a-z")]
#[case("renamedFrom: old-news", "renamedFrom: newsletter", "`renamedFrom` names an export that exists: marketing/news.yaml:16", "")]
// Match, target, new contacts.
#[case("match: {email: Email, id: CustomerId}", "match: {id: CustomerId}", "the field `email` is missing", "match: {email: COLUMN}")]
#[case("match: {email: Email, id: CustomerId}\n", "", "16:7 [Export] the field `match` is missing", "match: {email: COLUMN}")]
#[case("{audienceId: a1b2c3}", "{audienceId: My list}", "`My list` is not the id of an audience", "a name goes into")]
#[case("{audienceId: a1b2c3}", "{}", "the target names no audience", "audienceId")]
#[case("{audienceId: a1b2c3}", "{audienceId: a, audience: {name: b}}", "both `audienceId` and `audience`", "keep one")]
#[case(
    "{audienceId: a1b2c3}",
    "{audience: {name: N, create: {company: C, city: A}}}",
    "`create` lacks address1, country, permissionReminder, fromName, fromEmail, language",
    "Mailchimp demands"
)]
#[case("{audienceId: a1b2c3}", "{audienceId: a, names: {vip: V}}", "[vip] the export has no segment `vip`", "did you mean `vips`?")]
#[case(
    "{audienceId: a1b2c3}",
    "{audienceId: a, names: {lapsed: ' vipS '}}",
    "the segments `vips` and `lapsed` would both be the tag `vipS`",
    "target.names"
)]
#[case(
    "newContacts: {status: transactional, consent: {column: OptIn, at: OptInDate}}\n",
    "",
    "the field `newContacts` is missing",
    "subscribed: they agreed to get mail"
)]
#[case("status: transactional", "status: opted-in", "`opted-in` is not one of", "subscribed, unsubscribed, pending, transactional")]
#[case(
    "at: OptInDate}",
    "yes: [Ja, Opt-In], no: [nein, opt_in]}",
    "the word `opt_in` says both yes and no (yes: line",
    "leave it on one of the lists"
)]
#[case("at: OptInDate}", "yes: [true], no: [1]}", "the word `1` says both yes and no", "leave it on one of the lists")]
#[case("at: OptInDate}", "yes: []}", "`yes` lists no word", "then the known ones count")]
#[case("at: OptInDate}", "no: ['']}", "`no` lists an empty word", "an empty cell is never consent")]
#[case("at: OptInDate}", "withdrawn: drop}", "`drop` is not one of", "remove, keep")]
#[case("[vips, lapsed]", "[vips, vips]", "the segment `vips` is listed twice", "delete")]
#[case("[vips, lapsed]", "[]", "the export has no segments", "at least one")]
// Attributes.
#[case("FNAME:", "FirstName:", "[FirstName] `FirstName` is not a merge tag", "write `FIRSTNAME`")]
#[case("FNAME:", "EMAIL:", "the address is not an attribute", "match.email")]
#[case("FNAME:", "FAVOURITE_COLOUR:", "is not a merge tag", "at most 10")]
#[case("type: number", "type: numbr", "`numbr` is not one of", "did you mean `number`?")]
#[case("addr1: Street", "street: Street", "[street] an address has no part `street`", "parts are addr1")]
#[case(
    "{columns: {addr1: Street, city: City}, type: address}",
    "{column: Street, type: address}",
    "an address has several columns",
    "addr1"
)]
#[case("{column: Spent, type: number, onEmpty: clear}", "{type: number}", "filled by `column` or by `columns`", "exactly one")]
// Guards and schedules.
#[case("maxRejected: 1%", "maxRemovals: 0.3", "`0.3` of `maxRemovals` is not a percentage", "`30%`")]
#[case("maxRejected: 1%", "maxRemovals: 30", "`30` of `maxRemovals` is not a percentage", "`30%`")]
#[case("maxRejected: 1%", "maxRemovals: 130%", "`130%` of `maxRemovals` is not a percentage", "0% to 100%")]
#[case("maxRejected: 1%", "maxAdditions: lots", "`lots` of `maxAdditions` is not a number", "`none`")]
#[case("maxRejected: 1%", "maxMembers: 200000000", "`maxMembers` is 1 to 100000000", "split")]
#[case("timeout: 2h", "schedule: {cron: \"0 6 31 2 *\"}", "[\"0 6 31 2 *\"] this time never comes", "no year")]
#[case("timeout: 2h", "schedule: \"0 6 * *\"", "a schedule has five fields, this has 4", "five fields")]
#[case(
    "timeout: 2h",
    "schedule: {cron: '@daily', timeZone: Amsterdam}",
    "[Amsterdam] `Amsterdam` is not a time zone",
    "`Europe/Amsterdam`"
)]
#[case("timeout: 2h", "schedule: {timeZone: UTC}", "the field `cron` is missing", "cron:")]
// Segments.
#[case("query: SELECT * FROM customers WHERE spent > 1000", "", "the segment has neither `query` nor `table`", "query: SELECT")]
#[case("table: customers\nexpect", "table: customers\nquery: SELECT 1\nexpect", "has both `query` and `table`", "keep one")]
#[case("minMembers: 1,", "minMembers: 11,", "`maxMembers` is less than `minMembers`", "")]
#[case("name: vips", "name: VIPs", "[VIPs] `VIPs` is not a name", "a-z")]
#[case("name: lapsed\n", "", "the field `name` is missing", "unique")]
fn one_mistake_is_told_with_place_and_hint(#[case] from: &str, #[case] to: &str, #[case] expected: &str, #[case] hint: &str) {
    assert!(MARKETING.contains(from), "the case changes nothing");
    let (_dir, catalog) = read_files(&[("platform.yaml", PLATFORM), ("marketing/news.yaml", &MARKETING.replacen(from, to, 1))]);
    check(&catalog, expected, hint);
}

#[rstest]
#[case("type: files", "type: file", "there is no source of type `file`", "did you mean `files`?")]
#[case("type: mailchimp", "type: constant-contact", "Constant Contact does not take `apiKey`", "oauth: {clientId: ID}")]
#[case("type: mailchimp", "type: mailchimp\nregion: eu", "[eu] only Iterable's accounts have a `region`", "leave")]
#[case("apiKey: {env: MAILCHIMP_API_KEY}", "oauth: {clientId: abc}", "the field `clientSecret` is missing", "Mailchimp needs it")]
#[case("apiKey: {env: MAILCHIMP_API_KEY}", "{}", "the credentials are empty", "apiKey: {env: MAILCHIMP_API_KEY}")]
#[case("type: mailchimp", "type: mailchip", "there is no connection of type `mailchip`", "did you mean `mailchimp`?")]
#[case("orders: orders", "Customers: orders", "there are two tables `customers`", "letter case")]
#[case("orders: orders", "my-orders: orders", "[my-orders] `my-orders` is not a name for a table", "letters")]
#[case("orders/*.parquet", "s4://bucket/orders", "there is no object storage `s4://`", "s3")]
#[case("orders/*.parquet", "orders/[.csv", "this is not a glob", "")]
#[case("delimiter: \";\"", "delimiter: ab", "this cannot separate columns", "`tab`")]
#[case("delimiter: \";\"", "encoding: windows1252", "there is no encoding `windows1252`", "did you mean `windows-1252`?")]
#[case("delimiter: \";\"", "format: xml", "`xml` is not one of", "csv, ndjson, parquet")]
#[case("privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}\n", "", "the field `privacy` is missing", "compliance boundary")]
#[case("acceptedOn: 2026-11-22", "acceptedOn: 22 Nov", "`22 Nov` is not a date", "YYYY-MM-DD")]
#[case("credentials:\n  apiKey: {env: MAILCHIMP_API_KEY}\n", "", "the field `credentials` is missing", "apiKey: {env: MAILCHIMP_API_KEY}")]
#[case("{env: MAILCHIMP_API_KEY}", "{env: A, file: b}", "a secret is in exactly one place", "one of")]
#[case("{env: MAILCHIMP_API_KEY}", "{systemdCredential: ../key}", "not the name of a systemd credential", "LoadCredential")]
#[case(
    "usableBy: [marketing/**]\n---\napiVersion: listkeeper/v1\nkind: Segment",
    "endpoint: ftp://x\n---\napiVersion: listkeeper/v1\nkind: Segment",
    "this is not a base URL",
    "https://"
)]
#[case(
    "usableBy: [marketing/**]\n---\napiVersion: listkeeper/v1\nkind: Connection",
    "usableBy: [/etc]\n---\napiVersion: listkeeper/v1\nkind: Connection",
    "[/etc] this is not a folder of this directory",
    "relative"
)]
#[case("type: mailchimp", "type: mailchimp\nlimits: {connections: 0}", "`connections` is 0", "at least 1")]
#[case("type: mailchimp", "type: mailchimp\nlimits: {bulkUpdates: true}", "`bulkUpdates: auto`", "write `auto`")]
#[case("type: mailchimp", "type: mailchimp\nlimits: {bulkUpdates: false}", "`bulkUpdates: never`", "write `never`")]
#[case("retention: 30d", "retention: a month", "`a month` of `retention` is not a duration", "`7d`")]
#[case("suppress: blocked", "suppress: bloked", "there is no segment `bloked`", "did you mean `blocked`?")]
#[case("suppress: blocked", "notify: x", "unknown field `notify`", "expected: name, adminFolders")]
fn one_mistake_of_administrators_is_told(#[case] from: &str, #[case] to: &str, #[case] expected: &str, #[case] hint: &str) {
    assert!(PLATFORM.contains(from), "the case changes nothing");
    let (_dir, catalog) = read_files(&[("platform.yaml", &PLATFORM.replacen(from, to, 1)), ("marketing/news.yaml", MARKETING)]);
    check(&catalog, expected, hint);
}

/// One diagnostic, and nothing that merely follows from it.
fn check(catalog: &Catalog, expected: &str, hint: &str) {
    let told = told(catalog);
    assert!(told.len() == 1 && told[0].contains(expected), "{told:#?}");
    let given = catalog.diagnostics[0].hint.clone().unwrap_or_default();
    assert!(given.contains(hint), "{given}");
}

#[rstest]
#[case::export("sales/news.yaml", "the connection `account` may not be used by files in `sales`")]
#[case::root("news.yaml", "")]
#[case::below("marketing/nl/news.yaml", "")]
#[case::alike("marketing2/news.yaml", "the connection `account` may not be used by files in `marketing2`")]
fn folders_decide_who_uses_what(#[case] file: &str, #[case] expected: &str) {
    let (_dir, catalog) = read_files(&[("platform.yaml", PLATFORM), (file, MARKETING)]);
    let told = told(&catalog);
    assert_eq!(!told.is_empty(), !expected.is_empty(), "{told:#?}");
    assert!(expected.is_empty() || told.iter().any(|told| told.contains(expected)), "{told:#?}");
}

#[test]
fn nobody_but_administrators_may_use_what_names_no_folders() {
    let platform = PLATFORM.replace("usableBy: [marketing/**]\n", "");
    let (_dir, catalog) = read_files(&[("platform.yaml", &platform), ("marketing/news.yaml", MARKETING)]);
    assert_eq!(catalog.diagnostics.iter().filter(|d| d.message.contains("may not be used")).count(), 3);
    let (_dir, catalog) = read_files(&[("platform.yaml", &platform), ("news.yaml", MARKETING)]);
    assert_eq!(told(&catalog), [""; 0]);
}

#[test]
fn administrators_kinds_belong_in_administrators_folders() {
    let (_dir, catalog) = read_files(&[("team/platform.yaml", PLATFORM), ("marketing/news.yaml", MARKETING)]);
    let told = told(&catalog);
    assert!(told.iter().any(|t| t.contains("settings are taken from the root directory only")), "{told:#?}");
    assert!(told.iter().any(|t| t.contains("a source is taken from administrators' folders only, and `team` is none")), "{told:#?}");
    assert!(told.iter().any(|t| t.contains("a connection is taken from administrators' folders only")), "{told:#?}");

    let (settings, rest) = PLATFORM.split_once("---\n").unwrap();
    let settings = format!("{settings}adminFolders: ['.', 'team/**']\n");
    let (_dir, catalog) = read_files(&[("a.yaml", &settings), ("team/x/platform.yaml", rest), ("marketing/news.yaml", MARKETING)]);
    assert_eq!(self::told(&catalog), [""; 0]);
}

#[test]
fn a_name_defined_twice_names_both_places_and_neither_is_used() {
    let marketing = MARKETING.replace("name: lapsed\n", "name: vips\n").replace(", lapsed]", "]");
    let (_dir, catalog) = read_files(&[("platform.yaml", PLATFORM), ("marketing/news.yaml", &marketing)]);
    assert_eq!(
        told(&catalog),
        [
            "marketing/news.yaml:3:7 [vips] there are two segments named `vips`: marketing/news.yaml:9, and this; neither is used",
            "marketing/news.yaml:10:7 [vips] there are two segments named `vips`: marketing/news.yaml:2, and this; neither is used",
        ]
    );
    assert!(catalog.exports.is_empty() && catalog.segments.keys().all(|name| name.as_str() != "vips"));
}

#[test]
fn a_second_settings_is_an_error_naming_both() {
    let (_dir, catalog) = read_files(&[("a.yaml", PLATFORM), ("b.yaml", "apiVersion: listkeeper/v1\nkind: Settings\n")]);
    assert_eq!(
        told(&catalog),
        [
            "a.yaml:2:7 [Settings] there are two Settings: b.yaml:2, and this; neither is used",
            "b.yaml:2:7 [Settings] there are two Settings: a.yaml:2, and this; neither is used"
        ]
    );
}

#[test]
fn one_tag_or_field_claimed_twice_names_both_exports() {
    let export = MARKETING.rsplit_once("---\n").unwrap().1;
    let second = export
        .replace("name: newsletter", "name: promos")
        .replace("[vips, lapsed]", "[lapsed, other]")
        .replace("FNAME: FirstName", "FNAME: GivenName")
        .replace("renamedFrom: old-news\n", "")
        + "---\napiVersion: listkeeper/v1\nkind: Segment\nname: other\ndisplayName: vIps\nsource: crm\ntable: customers\n";
    let files = [("platform.yaml", PLATFORM), ("marketing/news.yaml", MARKETING), ("marketing/promos.yaml", &second)];
    let (_dir, catalog) = read_files(&files);
    assert_eq!(
        told(&catalog),
        [
            "marketing/news.yaml:19:12 [vips] the exports `promos` (marketing/promos.yaml:2) and `newsletter` both own the tag `VIPs`",
            "marketing/news.yaml:19:18 [lapsed] the exports `promos` (marketing/promos.yaml:2) and `newsletter` both own the tag `lapsed`",
            "marketing/news.yaml:23:3 [FNAME] the exports `promos` (marketing/promos.yaml:2) and `newsletter` fill the field `FNAME` of one audience differently",
            "marketing/promos.yaml:5:12 [lapsed] the exports `newsletter` (marketing/news.yaml:16) and `promos` both own the tag `lapsed`",
            "marketing/promos.yaml:5:20 [other] the exports `newsletter` (marketing/news.yaml:16) and `promos` both own the tag `vIps`",
            "marketing/promos.yaml:9:3 [FNAME] the exports `newsletter` (marketing/news.yaml:16) and `promos` fill the field `FNAME` of one audience differently",
        ]
    );
    let elsewhere = second.replace("audienceId: a1b2c3", "audienceId: d4e5f6");
    let (_dir, catalog) = read_files(&[files[0], files[1], ("marketing/promos.yaml", &elsewhere)]);
    assert_eq!(told(&catalog), [""; 0]);
}

#[test]
fn more_than_sixty_segments_are_too_many() {
    let names: Vec<_> = (0..61).map(|n| format!("s{n}")).collect();
    let segments: String = names
        .iter()
        .map(|n| format!("---\napiVersion: listkeeper/v1\nkind: Segment\nname: {n}\nsource: crm\ntable: customers\n"))
        .collect();
    let text = MARKETING.replace("[vips, lapsed]", &format!("[{}]", names.join(", "))) + &segments;
    let (_dir, catalog) = read_files(&[("platform.yaml", PLATFORM), ("marketing/news.yaml", &text)]);
    check(&catalog, "[s60] the export has 61 segments, at most 60 are possible", "split");
}

#[test]
fn a_broken_definition_is_not_called_unknown() {
    let broken = PLATFORM.replace("type: mailchimp", "type: mailchimp\nlimitz: 1").replace("type: files", "typ: files");
    let (_dir, catalog) = read_files(&[("platform.yaml", &broken), ("marketing/news.yaml", MARKETING)]);
    let told = told(&catalog);
    assert!(told.iter().all(|told| told.starts_with("platform.yaml")), "{told:#?}");
    assert_eq!(told.len(), 3);

    let (_dir, catalog) =
        read_files(&[("platform.yaml", &PLATFORM.replace("kind: Source", "kind: Source: x")), ("marketing/news.yaml", MARKETING)]);
    assert_eq!(catalog.diagnostics.len(), 1, "{:#?}", self::told(&catalog));
}

/// A secret is in no message, hint, snippet or debug output, however wrong the file is.
#[rstest]
#[case("{env: MAILCHIMP_API_KEY}", "s3cr3tvalue")]
#[case("{env: MAILCHIMP_API_KEY}", "[s3cr3tvalue]")]
#[case("{env: MAILCHIMP_API_KEY}", "{s3cr3tvalue: x}")]
#[case("{env: MAILCHIMP_API_KEY}", "{s3cr3tvalue}")]
#[case("{env: MAILCHIMP_API_KEY}", "{env: s3cr3tvalue-us1}")]
#[case("{env: MAILCHIMP_API_KEY}", "{env: s3cr3tvalue, file: [")]
#[case("{env: MAILCHIMP_API_KEY}", "{key: s3cr3tvalue}")]
#[case("{env: MAILCHIMP_API_KEY}", "\"s3cr3tvalue")]
#[case("{env: MAILCHIMP_API_KEY}", "|\n s3cr3tvalue")]
#[case("{env: MAILCHIMP_API_KEY}", "*s3cr3tvalue")]
#[case("{env: MAILCHIMP_API_KEY}", "!s3cr3tvalue x")]
#[case("{env: MAILCHIMP_API_KEY}", "{env: A}\n  s3cr3tvalue: 1\n  s3cr3tvalue: 2")]
#[case("  apiKey: {env: MAILCHIMP_API_KEY}", "\tapiKey: s3cr3tvalue")]
#[case("\n  apiKey: {env: MAILCHIMP_API_KEY}", " s3cr3tvalue")]
#[case("\n  apiKey: {env: MAILCHIMP_API_KEY}", "\n- s3cr3tvalue")]
#[case("\n  apiKey: {env: MAILCHIMP_API_KEY}", "\napiKey: s3cr3tvalue")]
#[case("\n  apiKey: {env: MAILCHIMP_API_KEY}", " {apiKey: s3cr3tvalue, x: y}")]
#[case("type: mailchimp", "type: mailchimp\nendpoint: https://user:s3cr3tvalue@host/")]
fn a_secret_is_never_repeated(#[case] from: &str, #[case] to: &str) {
    assert!(PLATFORM.contains(from), "the case changes nothing");
    let (_dir, catalog) = read_files(&[("platform.yaml", &PLATFORM.replacen(from, to, 1))]);
    assert!(catalog.has_errors());
    assert!(!format!("{catalog:?}").contains("s3cr3tvalue"), "{:#?}", told(&catalog));
    let style = crate::cli::render::diagnostics::Style { color: false, width: 100 };
    let report = crate::cli::render::diagnostics::text(&catalog, style);
    assert!(!report.contains("s3cr3tvalue"), "{report}");
}

#[test]
fn an_exports_digest_is_over_what_it_depends_on() {
    let digest = |platform: &str, marketing: &str, file: &str| {
        let (_dir, catalog) = read_files(&[("platform.yaml", platform), (file, marketing)]);
        assert_eq!(told(&catalog), [""; 0]);
        catalog.exports.values().next().unwrap().digest.clone()
    };
    let news = "marketing/news.yaml";
    let first = digest(PLATFORM, MARKETING, news);
    let commented = format!("# why\n{}", MARKETING.replace("mode: mirror", "mode:   \"mirror\" # because"));
    assert_eq!(first, digest(PLATFORM, &commented, news));
    assert_eq!(first, digest(PLATFORM, MARKETING, "marketing/nl/moved.yaml"));
    assert_eq!(first, digest(&PLATFORM.replace("retention: 30d", "retention: 31d"), MARKETING, news));
    for (from, to) in [
        ("'@daily'", "'@weekly'"),
        ("20%", "21%"),
        ("customers.csv", "people.csv"),
        ("MAILCHIMP_API_KEY", "KEY"),
        ("table: customers", "table: orders"),
    ] {
        assert_ne!(first, digest(&PLATFORM.replacen(from, to, 1), MARKETING, news), "{from}");
    }
    assert_ne!(first, digest(PLATFORM, &MARKETING.replace("spent > 1000", "spent > 1001"), news));
}

/// The examples are what people copy.
#[test]
fn examples_are_valid() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let folders: Vec<_> = fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    assert!(!folders.is_empty());
    for folder in folders {
        let catalog = read(&folder);
        assert_eq!(told(&catalog), [""; 0], "{}", folder.display());
        let tables = catalog.sources.values().flat_map(|source| source.files().into_iter().flat_map(|files| files.tables.values()));
        tables.for_each(|table| match &table.location {
            Location::Local(path) => assert!(path.exists(), "{}", path.display()),
            Location::Object(_) => {}
        });
    }
}

#[test]
fn every_property_of_the_schema_is_described() {
    fn visit(at: &str, schema: &serde_json::Value, bare: &mut Vec<String>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{at}.{name}");
            if property["description"].as_str().is_none_or(str::is_empty) {
                bare.push(path.clone());
            }
            visit(&path, property, bare);
        }
    }
    let schema = json_schema();
    let mut bare = Vec::new();
    let parts = schema["oneOf"].as_array().unwrap().iter().chain(schema["definitions"].as_object().unwrap().values());
    parts.for_each(|part| visit(part["title"].as_str().unwrap_or("definition"), part, &mut bare));
    assert_eq!(bare, [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.yaml"), bytes).unwrap();
        prop_assert!(read(dir.path()).has_errors());
    }

    /// Valid documents with a piece cut out, doubled or replaced.
    #[test]
    fn any_damage_is_read_without_panic(start in 0usize..1500, length in 0usize..60, put in "[-:{}\\[\\]\"'|>&*!#%@\\n\\t a-z0-9é]{0,12}") {
        let mut text = format!("{PLATFORM}---\n{MARKETING}");
        let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let (from, to) = (boundary(start), boundary(start + length));
        text.replace_range(from..to, &put);
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.yaml"), &text).unwrap();
        let catalog = read(dir.path());
        let style = crate::cli::render::diagnostics::Style { color: false, width: 100 };
        let _ = crate::cli::render::diagnostics::text(&catalog, style);
    }
}
