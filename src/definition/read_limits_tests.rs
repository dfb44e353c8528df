//! `readLimits`: what is written, and that only administrators' settings write it.

use super::{ReadLimits, read};
use rstest::rstest;
use std::{fs, time::Duration};

const REST: &str = "---
apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {customers: customers.csv}
usableBy: [marketing/**]
---
apiVersion: listkeeper/v1
kind: Connection
name: account
type: mailchimp
credentials: {apiKey: {env: MAILCHIMP_API_KEY}}
privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
usableBy: [marketing/**]
";

const EXPORT: &str = "apiVersion: listkeeper/v1
kind: Segment
name: vips
source: crm
table: customers
---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: account
segments: [vips]
target: {audienceId: a1b2c3}
match: {email: Email}
newContacts: {status: subscribed}
";

/// The limits of the export, or the first thing to fix.
fn limits(settings: &str, marketing: &str) -> Result<ReadLimits, String> {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("marketing")).unwrap();
    let settings = format!("apiVersion: listkeeper/v1\nkind: Settings\n{settings}\n{REST}");
    fs::write(dir.path().join("a.yaml"), settings).unwrap();
    fs::write(dir.path().join("marketing/b.yaml"), format!("{EXPORT}{marketing}")).unwrap();
    let catalog = read(dir.path());
    match catalog.diagnostics.first() {
        Some(diagnostic) => Err(diagnostic.message.clone()),
        None => Ok(catalog.exports.values().next().unwrap().read_limits),
    }
}

#[test]
fn an_export_has_the_limits_of_the_settings() {
    assert_eq!(limits("", ""), Ok(ReadLimits::default()));
    let seconds = Duration::from_secs;
    let all = ReadLimits { memory_bytes: 512 << 20, cpu: seconds(20), disk_bytes: 2_000_000_000, rows: 7, time: seconds(90) };
    assert_eq!(limits("readLimits: {memory: 512MiB, cpu: 20s, disk: 2GB, rows: 7, time: 1m30s}", ""), Ok(all));
    assert_eq!(limits("readLimits: {rows: 7}", ""), Ok(ReadLimits { rows: 7, ..ReadLimits::default() }));
}

#[rstest]
#[case("{memory: 512}", "`512` of `memory` is not a size")]
#[case("{memory: 63MiB}", "`63MiB` of `memory` is out of range")]
#[case("{memory: none}", "`none` of `memory` is not a size")]
#[case("{disk: 999999999GiB}", "`999999999GiB` of `disk` is out of range")]
#[case("{cpu: 0s}", "`cpu` is 0")]
#[case("{time: soon}", "`soon` of `time` is not a duration")]
#[case("{rows: 0}", "`rows` is 1 to 100000000")]
#[case("{rows: 100000001}", "`rows` is 1 to 100000000")]
fn a_limit_that_is_none_is_told(#[case] written: &str, #[case] expected: &str) {
    assert_eq!(limits(&format!("readLimits: {written}"), ""), Err(expected.to_owned()));
}

/// Neither by settings of their own nor in what is theirs.
#[rstest]
#[case::settings("---\napiVersion: listkeeper/v1\nkind: Settings\nreadLimits: {memory: 900GiB}\n")]
#[case::export("readLimits: {memory: 900GiB}\n")]
#[case::limits("limits: {memory: 900GiB}\n")]
fn attack_a_contributor_cannot_lift_the_limits(#[case] marketing: &str) {
    limits("", marketing).unwrap_err();
}
