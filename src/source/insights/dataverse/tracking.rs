//! Changes that Dataverse keeps track of, where a table was told to.

use super::{
    super::super::SourceError,
    tables::{PAGES, Tables},
    under_way,
};
use serde::{Deserialize, de::IgnoredAny};
use url::Url;

const ROUTE: &str = "/EntityDefinitions";

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
