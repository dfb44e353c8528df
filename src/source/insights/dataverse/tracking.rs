//! Changes that Dataverse keeps track of, where a table was told to.

use super::{
    super::super::{Access, SourceError},
    tables::{PAGES, Tables},
    under_way,
};
use crate::definition::Dataverse;
use serde::{Deserialize, de::IgnoredAny};
use std::sync::{Mutex, PoisonError};
use url::Url;

const ROUTE: &str = "/EntityDefinitions";

/// One environment during a run: what its segments are held against together.
pub struct Tracking {
    pub at: Dataverse,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    readings: u64,
    /// To the changes since the first reading, of each table; `None` where a table keeps track of none.
    since: Option<[Url; 2]>,
}

impl Tracking {
    pub fn new(at: Dataverse) -> Self {
        Self { at, seen: Mutex::default() }
    }

    /// A segment was read, and nothing had changed at its end.
    pub fn read(&self, since: Option<[Url; 2]>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.readings == 0 {
            seen.since = since;
        }
        seen.readings += 1;
    }

    /// `true`: all that was read is of one moment. Fails if anything changed since the first reading.
    pub fn finish(&self, access: &Access) -> Result<bool, SourceError> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.readings < 2 {
            return Ok(true);
        }
        let Some(since) = &seen.since else { return Ok(false) };
        let mut tables = Tables::open(&self.at, access)?;
        since.iter().try_for_each(|link| unchanged(&mut tables, link.clone()))?;
        Ok(true)
    }
}

/// Whether changes of the two tables are kept track of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tracked {
    pub memberships: bool,
    pub profiles: bool,
}

#[derive(Deserialize)]
struct Table {
    #[serde(rename = "SchemaName")]
    name: String,
}

/// An application that may not look at definitions reads without: the members are read twice anyway.
pub fn ask(tables: &mut Tables) -> Result<Tracked, SourceError> {
    let url = tables.url("EntityDefinitions", "$select=SchemaName&$filter=ChangeTrackingEnabled%20eq%20true");
    let answer = tables.answer(ROUTE, url, PAGES)?;
    if matches!(answer.status, 400 | 403 | 404 | 501) {
        tracing::debug!(status = answer.status, "Dataverse does not say which tables keep track of changes");
        return Ok(Tracked::default());
    }
    let mut tracked = Tracked::default();
    for table in tables.accept::<Table>(ROUTE, answer)?.value {
        tracked.memberships |= table.name.eq_ignore_ascii_case("msdynci_segmentmembership");
        tracked.profiles |= table.name.eq_ignore_ascii_case("msdynci_customerprofile");
    }
    Ok(tracked)
}

/// Fails if anything changed since the reading that gave this link.
pub fn unchanged(tables: &mut Tables, since: Url) -> Result<(), SourceError> {
    let anything = |changes: Vec<IgnoredAny>| match changes.len() {
        0 => Ok(()),
        n => Err(under_way(format!("{n} rows or more were written or deleted since it began"))),
    };
    tables.pages("/{table} (changes)", since, PAGES, anything).map(drop)
}
