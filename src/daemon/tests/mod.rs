//! The pure core of the daemon: what is due, who waits, what is tried again; and a month of it, simulated, with a clock that is
//! set and without.

mod clock;
mod desk;
mod judge;
mod month;
mod retries;
mod timetable;

use crate::definition::{self, Export, Name};
use chrono::{DateTime, TimeZone, Utc};
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// 2026, at a minute.
pub fn at(month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, month, day, hour, minute, 0).unwrap()
}

/// An export to be defined: its name, the audience it writes to, its schedule and more lines as written.
pub struct Defined {
    pub name: String,
    pub audience: String,
    pub more: String,
}

impl Defined {
    pub fn new(name: &str, audience: &str, more: &str) -> Self {
        Self { name: name.into(), audience: audience.into(), more: more.into() }
    }

    pub fn scheduled(name: &str, audience: &str, cron: &str, more: &str) -> Self {
        Self::new(name, audience, &format!("schedule: {{cron: \"{cron}\"{more}}}\n"))
    }
}

const WORLD: &str = "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {people: people.csv}
---
apiVersion: listkeeper/v1
kind: Segment
name: all
source: crm
query: SELECT * FROM people
---
apiVersion: listkeeper/v1
kind: Connection
name: account
type: mailchimp
credentials: {apiKey: {env: KEY}}
privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
";

/// What the definitions say, as the daemon gets it.
pub fn exports(defined: &[Defined]) -> BTreeMap<Name, Arc<Export>> {
    let mut yaml = WORLD.to_owned();
    for Defined { name, audience, more } in defined {
        let _ = write!(
            yaml,
            "---\napiVersion: listkeeper/v1\nkind: Export\nname: {name}\nconnection: account\nsegments: [all]
target: {{audienceId: {audience}, names: {{all: \"{name}\"}}}}\nmatch: {{email: Email}}\nnewContacts: {{status: subscribed}}\n{more}"
        );
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("all.yaml"), yaml).unwrap();
    let catalog = definition::read(dir.path());
    assert!(!catalog.has_errors(), "{:?}", catalog.diagnostics);
    catalog.exports
}
