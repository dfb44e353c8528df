//! Who is in a segment, by the table that lists each customer's segments.

use super::{
    super::{
        super::{SourceError, SourceErrorKind},
        odata::quoted,
        roster::{Met, Roster, hash},
    },
    tables::{PAGES, TRACKED_PAGES, Tables},
    under_way,
};
use crate::definition::nearest;
use serde::Deserialize;
use std::collections::BTreeSet;
use url::Url;

const TABLE: &str = "msdynci_segmentmemberships";
const ROUTE: &str = "/msdynci_segmentmemberships";
const SELECT: &str = "$select=msdynci_customerid,msdynci_segments,msdynci_segmentmembershiptype";

/// One customer's segments by one provider, so that a customer may have several.
#[derive(Debug, Deserialize)]
struct Membership {
    #[serde(rename = "msdynci_customerid")]
    customer: Option<String>,
    /// A JSON list of names.
    #[serde(rename = "msdynci_segments")]
    segments: Option<String>,
    /// Customers, unless it says otherwise.
    #[serde(rename = "msdynci_segmentmembershiptype")]
    of: Option<String>,
}

/// The segment's members, and the link to later changes where these are tracked.
///
/// A tracked reading is of all rows: Dataverse tracks changes of a table, not of what a filter leaves of it.
pub fn read(tables: &mut Tables, segment: &str, tracked: bool) -> Result<(Roster, Option<Url>), SourceError> {
    let mut people = Vec::new();
    let (url, headers) = if tracked { (tables.url(TABLE, SELECT), TRACKED_PAGES) } else { (tables.url(TABLE, &filtered(segment)), PAGES) };
    let since = tables.pages(ROUTE, url, headers, |rows: Vec<Membership>| {
        for row in rows {
            people.extend(row.member_of(segment)?.map(|id| hash(&id)));
        }
        Ok(())
    })?;
    Ok((Roster::of(people), since))
}

/// Reads the members once more: fails unless they are these.
pub fn same(tables: &mut Tables, segment: &str, members: &mut Roster) -> Result<(), SourceError> {
    members.forget();
    tables.pages(ROUTE, tables.url(TABLE, &filtered(segment)), PAGES, |rows: Vec<Membership>| {
        for row in rows {
            let id = row.member_of(segment)?;
            if id.is_some_and(|id| members.meet(&id) == Met::Stranger) {
                return Err(under_way(format!("somebody came into the segment {segment}")));
            }
        }
        Ok(())
    })?;
    match members.left() {
        0 => Ok(()),
        left => Err(under_way(format!("{left} of {} members were no longer in the segment {segment} at its end", members.len()))),
    }
}

/// Why no row names the segment. Dataverse has no list of segments, so one that is empty and one that does not exist look alike, and
/// a name that is wrong must not look like a segment that everybody left.
pub fn nobody(tables: &mut Tables, segment: &str) -> Result<SourceError, SourceError> {
    let page = tables.page::<Membership>(ROUTE, tables.url(TABLE, SELECT), PAGES)?;
    let mut names = BTreeSet::new();
    for row in page.value {
        names.extend(row.names()?);
    }
    let hint = nearest::hint(segment, names.iter().map(String::as_str), "no customer is in any segment: is the first refresh over?");
    Ok(SourceError::new(format!(
        "no customer is in a segment named {segment:?}: it is empty, or there is none (Dataverse does not tell which)"
    ))
    .kind(SourceErrorKind::Unfit)
    .hint(format!("{hint} (names are those of the segments' output tables, letter case included)")))
}

/// The quotes are a part of what is looked for: without them `Gold` would find `Gold_EU`.
fn filtered(segment: &str) -> String {
    format!("{SELECT}&$filter=contains(msdynci_segments,'%22{}%22')", quoted(&segment.replace('\'', "''")))
}

impl Membership {
    /// The customer's id, if this puts the customer into the segment. The filter is a search in a text that may not mind letter case.
    fn member_of(self, segment: &str) -> Result<Option<String>, SourceError> {
        if self.of.as_deref().is_some_and(|of| !of.eq_ignore_ascii_case("customer")) || !self.names()?.iter().any(|name| name == segment) {
            return Ok(None);
        }
        let bad = || SourceError::new(format!("a row of {TABLE} puts somebody into the segment {segment} and does not say whom"));
        self.customer.filter(|id| !id.is_empty()).map(Some).ok_or_else(bad)
    }

    fn names(&self) -> Result<Vec<String>, SourceError> {
        let text = self.segments.as_deref().unwrap_or_default();
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        serde_json::from_str(text).map_err(|_| {
            SourceError::new(format!("a row of {TABLE} does not list its segments as a JSON list of names"))
                .hint("a reading cannot tell who is in the segment; please report what msdynci_segments holds in your environment")
        })
    }
}
