//! Sources of every sort, and segments built on segments, as people write them and get them wrong.

use super::*;
use rstest::rstest;
use std::fs;

const HEAD: &str = "apiVersion: listkeeper/v1\nkind: Source\nname: crm\n";

fn read_text(text: &str) -> Catalog {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("all.yaml"), text).unwrap();
    read(dir.path())
}

fn told(catalog: &Catalog) -> String {
    let line = |d: &Diagnostic| format!("{} | {}\n", d.message, d.hint.as_deref().unwrap_or("-"));
    catalog.diagnostics.iter().map(line).collect()
}

#[rstest]
#[case(
    "type: files\ntables: {a: 's3://bucket/*.csv'}\nstorage: {region: eu-west-1, credentials: {accessKeyId: {env: A}, secretAccessKey: {env: B}}}"
)]
#[case("type: files\ntables: {a: 'az://box/a.csv'}\nstorage: {account: lake, credentials: {sasToken: {env: A}}}")]
#[case("type: files\ntables: {a: 'abfss://box@lake.dfs.core.windows.net/a.parquet'}")]
#[case("type: files\ntables: {a: 'gs://bucket/a.parquet'}\nstorage: {credentials: {serviceAccountKey: {file: key.json}}}")]
#[case("type: files\ntables: {a: 'https://example.com/a.csv?day=1'}\nstorage: {credentials: none}")]
#[case("type: customer-insights\nfrom: folder\npath: exports/BlobExport")]
#[case(
    "type: customer-insights\nfrom: dataverse\nurl: https://contoso.crm4.dynamics.com\ncredentials: {tenantId: contoso.test, clientId: x, clientSecret: {env: A}}"
)]
#[case(
    "type: customer-insights\nfrom: api\ninstanceId: abcd-1\nmembers: pages\ncredentials: {tenantId: t, clientId: x, clientSecret: {env: A}, subscriptionKey: {env: B}}"
)]
#[case(
    "type: adbc\ndriver: postgresql\nuri: postgresql://reader@db.example.com/crm\noptions: {application_name: listkeeper, password: {env: P}}"
)]
#[case(
    "type: files\ntables: {a: {path: a.csv, columns: {Spent: {type: decimal, decimal: ','}, Birth: {type: date, format: '%d/%m/%Y'}, Age: integer}}}"
)]
#[case("type: files\ntables: {a: {path: a.csv, skipRows: 2, nulls: ['\\N', 'NULL', n/a], encoding: Detect}}")]
fn a_source_of_each_sort_is_understood(#[case] text: &str) {
    let catalog = read_text(&format!("{HEAD}{text}\n"));
    assert_eq!((told(&catalog).as_str(), catalog.sources.len()), ("", 1));
}

#[rstest]
#[case("type: files\ntables: {a: {path: a.csv, columns: {S: decimel}}}", "`decimel` is not a type of column", "decimal")]
#[case("type: files\ntables: {a: {path: a.csv, columns: {S: {decimal: ','}}}}", "the field `type` is missing", "type: decimal")]
#[case("type: files\ntables: {a: {path: a.csv, columns: {S: {type: decimal, decimal: comma}}}}", "`comma` is not a decimal sign", "\",\"")]
#[case("type: files\ntables: {a: {path: a.csv, columns: {S: {type: date, decimal: ','}}}}", "has a decimal sign", "take `decimal` out")]
#[case(
    "type: files\ntables: {a: {path: a.csv, columns: {S: {type: date, format: DD/MM/YYYY}}}}",
    "does not tell day, month and year",
    "%d"
)]
#[case(
    "type: files\ntables: {a: {path: a.csv, columns: {S: {type: datetime, format: '%d/%m/%Y'}}}}",
    "does not tell hour and minute",
    "%H"
)]
#[case("type: files\ntables: {a: {path: a.csv, columns: {S: {type: text, format: '%d'}}}}", "only a `date`", "take `format` out")]
#[case("type: files\ntables: {a: {path: a.csv, columns: {S: text, s: text}}}", "is declared twice", "letter case")]
#[case("type: files\ntables: {a: {path: a.csv, skipRows: 5000}}", "`skipRows` is 5000", "at most 1,000")]
#[case("type: files\ntables: {a: 'https://example.com/*.csv'}", "which files match", "one file")]
#[case("type: files\ntables: {a: 'http://example.com/a.csv'}", "without encryption", "https")]
#[case("type: files\ntables: {a: 's3://me:pass@bucket/a.csv'}", "a user or a password", "by reference")]
#[case("type: files\ntables: {a: 'abfss://box/a.csv'}", "not an address", "abfss://CONTAINER@ACCOUNT")]
#[case("type: files\ntables: {a: 's3://b/a.csv', b: 'gs://b/a.csv'}", "several services: Google Cloud, S3", "a source for each")]
#[case("type: files\ntables: {a: a.csv}\nstorage: {region: x}", "everything here is local", "leave")]
#[case(
    "type: files\ntables: {a: 's3://b/a.csv'}\nstorage: {credentials: {accountKey: {env: A}}}",
    "not one set of credentials for S3",
    "accessKeyId"
)]
#[case(
    "type: files\ntables: {a: 's3://b/a.csv'}\nstorage: {credentials: {accessKeyId: x, secretAccessKey: y}}",
    "written here literally",
    ""
)]
#[case("type: files\ntables: {a: a.csv}\ndriver: duckdb", "`driver` is no field of a source of files", "tables, storage")]
#[case("type: customer-insights", "the field `from` is missing", "folder")]
#[case("type: customer-insights\nfrom: lake", "not read from `lake`", "folder")]
#[case("type: customer-insights\nfrom: folder\npath: 'https://example.com/x'", "cannot list a folder", "local path")]
#[case("type: customer-insights\nfrom: dataverse\nurl: https://c.crm4.dynamics.com", "the field `credentials` is missing", "Entra ID")]
#[case(
    "type: customer-insights\nfrom: dataverse\nurl: https://c.crm4.dynamics.com\ncredentials: s3cret",
    "written here literally",
    "clientSecret: {env: NAME}"
)]
#[case(
    "type: customer-insights\nfrom: api\ninstanceId: a\ncredentials: {tenantId: t, clientId: x, clientSecret: {env: A}}",
    "subscriptionKey",
    "Permissions"
)]
#[case("type: adbc\ndriver: ../evil\nuri: x", "`../evil` is not the name of a driver", "NAME.toml")]
#[case("type: adbc\ndriver: duckdb", "nothing says where", "uri")]
#[case("type: adbc\ndriver: postgresql\nuri: postgresql://me:pass@host/db", "written here literally", "")]
#[case("type: adbc\ndriver: snowflake\nuri: me:s3cret@account/db", "written here literally", "")]
#[case("type: adbc\ndriver: postgresql\nuri: host=x pwd=s3cret", "written here literally", "uri: {env: NAME}")]
#[case("type: adbc\ndriver: snowflake\noptions: {password: x}", "written here literally", "password: {env: NAME}")]
#[case("type: adbc\ndriver: duckdb\noptions: {driver: x}", "`driver` is not an option", "fields")]
fn one_mistake_in_a_source_is_told(#[case] text: &str, #[case] expected: &str, #[case] hint: &str) {
    let catalog = read_text(&format!("{HEAD}{text}\n"));
    let told = told(&catalog);
    assert_eq!(told.lines().count(), 1, "{told}");
    let (message, given) = told.split_once(" | ").unwrap();
    assert!(message.contains(expected) && given.contains(hint), "{told}");
    let snippets: Vec<_> = catalog.diagnostics.iter().filter_map(|d| d.text.as_deref()).collect();
    let shown = format!("{told}{snippets:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("me:pass"), "{shown}");
}

fn segments(documents: &[&str]) -> Catalog {
    let source = format!("{HEAD}type: files\ntables: {{people: people.csv}}\n");
    let base = ["name: a\nsource: crm\ntable: people", "name: b\nsource: crm\ntable: people"];
    let all = base.iter().chain(documents).map(|text| format!("---\napiVersion: listkeeper/v1\nkind: Segment\n{text}\n"));
    read_text(&all.fold(source, |all, text| all + &text))
}

#[test]
fn segments_are_built_on_segments_wherever_they_stand() {
    let catalog = segments(&[
        "name: first\nexcept: [second, b]\nsample: {percent: 12.5, salt: spring, by: Id}",
        "name: second\nunion: [a, b]\nlimit: 10\norderBy: Total Spent desc, Since",
    ]);
    assert_eq!(told(&catalog), "");
    let first = &catalog.segments[&Name::new("first").unwrap()];
    assert_eq!(first.names().iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["first", "second", "a", "b", "b"]);
    assert_eq!(first.sample.as_ref().map(|sample| sample.share), Some(125_000));
    let second = &catalog.segments[&Name::new("second").unwrap()];
    let order = |column: &str, descending| Order { column: column.into(), descending };
    assert_eq!(second.limit, Some(Limit { people: 10, order: vec![order("Total Spent", true), order("Since", false)] }));
}

#[test]
fn a_segments_sources_are_replaced_however_deep_they_are() {
    let catalog = segments(&["name: first\nexcept: [second, b]", "name: second\nunion: [c, a]", "name: c\nintersect: [a, b]"]);
    let first = catalog.segments[&Name::new("first").unwrap()].with_sources(&|source| Source {
        kind: SourceKind::Files(Files::default()),
        export_user: Some("rehearsal".to_owned()),
        ..source.clone()
    });
    let users: Vec<_> = first.rows().iter().map(|rows| (rows.segment.as_str(), rows.source.export_user.as_deref())).collect();
    assert_eq!(users, ["a", "b", "a", "b"].map(|name| (name, Some("rehearsal"))));
    let names: Vec<_> = first.names().into_iter().map(Name::as_str).collect();
    assert_eq!(names, ["first", "second", "c", "a", "b", "a", "b"], "and nothing else is");
}

/// The definitions in the documentation are right, block by block; a source of its own where a page shows several.
#[rstest]
#[case("docs/coming-from-customer-insights.md")]
#[case("docs/segments.md")]
#[case("docs/rights.md")]
#[case("docs/sources.md")]
#[case("README.md")]
fn definitions_in_the_documentation_are_right(#[case] page: &str) {
    let text = fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let whole: Vec<_> = blocks.filter(|block| block.starts_with("apiVersion")).collect();
    assert!(!whole.is_empty());
    for block in whole {
        assert_eq!(told(&read_text(block)), "", "{block}");
    }
}

#[rstest]
#[case(&["name: c\nunion: [a, c]"], "the segment is built on itself: c → c", "take one")]
#[case(&["name: c\nunion: [a, d]\n", "name: d\nexcept: [e, a]", "name: e\nintersect: [c, b]"], "built on itself: c → d → e → c", "take one")]
#[case(&["name: c\nunion: [a]"], "1 segments are named", "from two")]
#[case(&["name: c\nunion: [a, a]"], "`a` is named twice", "once")]
#[case(&["name: c\nunion: [a, x]"], "there is no segment `x`", "")]
#[case(&["name: c\nunion: [a, b]\nexcept: [a, b]"], "several of", "keep one")]
#[case(&["name: c\nunion: [a, b]\ntable: people"], "not both", "a segment of their own")]
#[case(&["name: c\nsource: crm\ntable: people\nlimit: 5"], "`limit` needs `orderBy`", "chance")]
#[case(&["name: c\nsource: crm\ntable: people\norderBy: x"], "without `limit`", "limit: 1000")]
#[case(&["name: c\nsource: crm\ntable: people\nlimit: 5\norderBy: ' , x'"], "not an order", "commas")]
#[case(&["name: c\nsource: crm\ntable: people\nsample: {percent: 0, salt: x}"], "`percent` is 0", "above 0")]
#[case(&["name: c\nsource: crm\ntable: people\nsample: {percent: 5}"], "`salt` is missing", "same people")]
fn one_mistake_in_a_segment_is_told(#[case] documents: &[&str], #[case] expected: &str, #[case] hint: &str) {
    let told = told(&segments(documents));
    assert!(told.lines().all(|line| line.contains(expected) && line.contains(hint)) && !told.is_empty(), "{told}");
    assert!(told.lines().count() <= documents.len(), "{told}");
}

/// A source that cannot tell its age cannot be held to one, however deep it is.
#[test]
fn freshness_of_a_source_that_does_not_tell_it_is_refused() {
    let source = format!("{HEAD}type: adbc\ndriver: duckdb\nuri: /crm.duckdb\n");
    let segment = |text: &str| format!("---\napiVersion: listkeeper/v1\nkind: Segment\n{text}\n");
    let plain = ["name: a\nsource: crm\ntable: people", "name: b\nsource: crm\ntable: others"].map(segment).concat();
    let both = segment("name: both\nunion: [a, b]\nexpect: {freshWithin: 1d}");
    let told = told(&read_text(&format!("{source}{plain}{both}")));
    assert!(told.starts_with("the source `crm` does not tell how fresh it is | let the query ask") && told.lines().count() == 1, "{told}");
}
