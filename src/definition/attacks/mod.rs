//! Attacks by kind: what a contributor, or a stranger by a pull request, may try with definitions.

use super::{Catalog, Kept, Name, Snapshot, understand};
use std::{fs, path::Path};

mod files;
mod pull_request;
mod rights;

/// Two teams, a source each, one of both; suppression for everyone.
const PLATFORM: &str = "apiVersion: listkeeper/v1
kind: Settings
adminFolders: [., platform/**]
suppress: blocked
guard: {maxRemovals: 40%, maxAdditions: 50000}
guardCeiling: {maxRemovals: 30%, maxAdditions: 20000, maxMembers: 500000, maxRejected: 5%}
---
apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {customers: data/customers.csv}
usableBy: [marketing/**, sales/**]
---
apiVersion: listkeeper/v1
kind: Source
name: payroll
type: files
tables: {staff: data/staff.csv}
usableBy: [hr/**]
---
apiVersion: listkeeper/v1
kind: Connection
name: account
type: mailchimp
credentials: {apiKey: {env: KEY}}
privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
usableBy: ['**']
---
apiVersion: listkeeper/v1
kind: Segment
name: blocked
source: payroll
table: staff
";
/// A segment of each team, and one over the other's source that administrators made.
const HR: &str = "apiVersion: listkeeper/v1\nkind: Segment\nname: staff\nsource: payroll\ntable: staff\n";
const VIP: &str = "apiVersion: listkeeper/v1\nkind: Segment\nname: vip\nsource: crm\ntable: customers\n";

fn rows(name: &str, source: &str) -> String {
    let table = if source == "payroll" { "staff" } else { "customers" };
    format!("apiVersion: listkeeper/v1\nkind: Segment\nname: {name}\nsource: {source}\ntable: {table}\n")
}

fn export(name: &str, segment: &str, more: &str) -> String {
    format!(
        "apiVersion: listkeeper/v1\nkind: Export\nname: {name}\nconnection: account\nsegments: [{segment}]\n\
         target: {{audienceId: a1b2c3}}\nmatch: {{email: Email}}\nnewContacts: {{status: subscribed}}\n{more}"
    )
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The platform's file, a team's each, and these.
fn base() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("platform.yaml", PLATFORM), ("hr/staff.yaml", HR), ("marketing/vip.yaml", VIP)]);
    dir
}

fn with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = base();
    write(dir.path(), files);
    dir
}

fn read(dir: &tempfile::TempDir, kept: &[Kept]) -> Catalog {
    understand(&Snapshot::take(dir.path()), kept)
}

/// `file:line message`
fn told(catalog: &Catalog) -> Vec<String> {
    let line = |d: &super::Diagnostic| d.at.map_or(String::new(), |at| format!(":{}", at.line));
    catalog.diagnostics.iter().map(|d| format!("{}{} {}", d.file.display(), line(d), d.message)).collect()
}

fn file_of<'a>(catalog: &'a Catalog, segment: &str) -> Option<&'a str> {
    catalog.segments.get(&Name::new(segment).unwrap()).and_then(|segment| segment.file.to_str())
}

fn has_export(catalog: &Catalog, name: &str) -> bool {
    catalog.exports.contains_key(&Name::new(name).unwrap())
}
