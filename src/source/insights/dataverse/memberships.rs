//! Who is in a segment, by the table that lists each customer's segments.

use super::{
    super::{
        super::{SourceError, SourceErrorKind},
        odata::quoted,
        refusal::plain,
        roster::{Met, Roster, hash},
    },
    names::Segments,
    tables::{PAGES, SOME_ROWS, TRACKED_PAGES, Tables},
    under_way,
    whole::{Seen, What},
};
use crate::definition::nearest;
use serde::Deserialize;
use std::collections::BTreeSet;
use url::Url;

const TABLE: &str = "msdynci_segmentmemberships";
const ROUTE: &str = "/msdynci_segmentmemberships";
const SELECT: &str = "$select=msdynci_customerid,msdynci_segments,msdynci_segmentmembershiptype";
/// Names of segments that are kept for a hint.
const NAMES: usize = 1_000;

/// One customer's segments by one provider, so that a customer may have several.
#[derive(Debug, Deserialize)]
struct Membership {
    #[serde(rename = "msdynci_customerid")]
    customer: Option<String>,
    #[serde(rename = "msdynci_segments", default)]
    segments: Segments,
    /// Customers, unless it says otherwise.
    #[serde(rename = "msdynci_segmentmembershiptype")]
    of: Option<String>,
}

/// Which rows are asked for. What a filter finds is compared with the names that the rows hold in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Those whose text holds the name in quotes.
    Quoted,
    /// In quotes with a backslash each: as a text that was encoded twice holds it, and as Microsoft's page prints the query.
    Escaped,
    /// All of them: for when neither finds anything, and where changes are tracked, since these are of a table, not of what a filter
    /// leaves of it.
    All,
}

/// A segment's members as they were read.
pub struct Members {
    pub roster: Roster,
    /// The question that found them.
    asked: Asked,
    /// To later changes, where these are tracked.
    pub since: Option<Url>,
}

/// The segment's members: there is at least one.
pub fn read(tables: &mut Tables, segment: &str, tracked: bool) -> Result<Members, SourceError> {
    let questions: &[Asked] = if tracked { &[Asked::All] } else { &[Asked::Quoted, Asked::Escaped, Asked::All] };
    let mut names = BTreeSet::new();
    for &asked in questions {
        let (roster, since) = one(tables, segment, asked, tracked, &mut names)?;
        if !roster.is_empty() {
            return Ok(Members { roster, asked, since });
        }
    }
    Err(nobody(segment, &names))
}

fn one(
    tables: &mut Tables,
    segment: &str,
    asked: Asked,
    tracked: bool,
    names: &mut BTreeSet<String>,
) -> Result<(Roster, Option<Url>), SourceError> {
    let (mut people, mut seen) = (Vec::new(), Seen::default());
    let (url, headers) = (asked.url(tables, segment), if tracked { TRACKED_PAGES } else { PAGES });
    let since = tables.pages(ROUTE, url, headers, |rows: Vec<Membership>| {
        for row in rows {
            seen.add(row.customer.as_deref());
            let id = row.member_of(segment, |name| {
                if asked == Asked::All && names.len() < NAMES && !names.contains(name) {
                    names.insert(name.to_owned());
                }
            })?;
            people.extend(id.map(|id| hash(&id)));
        }
        Ok(())
    })?;
    seen.check(tables, &What { table: TABLE, route: ROUTE, filter: asked.filter(segment).as_deref() })?;
    Ok((Roster::of(people), since))
}

/// Reads the members once more: fails unless they are these.
pub fn same(tables: &mut Tables, segment: &str, members: &mut Members) -> Result<(), SourceError> {
    let (url, roster) = (members.asked.url(tables, segment), &mut members.roster);
    roster.forget();
    tables.pages(ROUTE, url, PAGES, |rows: Vec<Membership>| {
        for row in rows {
            let id = row.member_of(segment, |_| {})?;
            if id.is_some_and(|id| roster.meet(&id) == Met::Stranger) {
                return Err(under_way(format!("somebody came into the segment {segment}")));
            }
        }
        Ok(())
    })?;
    match roster.left() {
        0 => Ok(()),
        left => Err(under_way(format!("{left} of {} members were no longer in the segment {segment} at its end", roster.len()))),
    }
}

/// Reads a page, so that a right that is missing or a form that is unknown shows before the first run.
pub fn try_page(tables: &mut Tables) -> Result<(), SourceError> {
    let page = tables.page::<Membership>(ROUTE, tables.url(TABLE, SELECT), SOME_ROWS)?;
    page.value.into_iter().try_for_each(|row| row.names().map(drop))
}

/// Why no row names the segment. Dataverse has no list of segments, so one that is empty and one that does not exist look alike, and
/// a name that is wrong must not look like a segment that everybody left.
fn nobody(segment: &str, names: &BTreeSet<String>) -> SourceError {
    let hint = nearest::hint(segment, names.iter().map(String::as_str), "no customer is in any segment: is the first refresh over?");
    SourceError::new(format!(
        "no customer is in a segment named {segment:?}: it is empty, or there is none (Dataverse does not tell which)"
    ))
    .kind(SourceErrorKind::Unfit)
    .hint(format!("{hint} (names are those of the segments' output tables, letter case included)"))
}

impl Asked {
    fn url(self, tables: &Tables, segment: &str) -> Url {
        let filter = self.filter(segment).map(|filter| format!("&$filter={filter}")).unwrap_or_default();
        tables.url(TABLE, &format!("{SELECT}{filter}"))
    }

    /// The quotes are a part of what is looked for: without them `Gold` would find `Gold_EU`.
    fn filter(self, segment: &str) -> Option<String> {
        let quote = match self {
            Self::Quoted => "%22",
            Self::Escaped => "%5C%22",
            Self::All => return None,
        };
        Some(format!("contains(msdynci_segments,'{quote}{}{quote}')", quoted(&segment.replace('\'', "''"))))
    }
}

impl Membership {
    /// The customer's id, if this puts the customer into the segment: the filter is a search in a text that may not mind letter case.
    /// Every name goes to `show`.
    fn member_of(mut self, segment: &str, mut show: impl FnMut(&str)) -> Result<Option<String>, SourceError> {
        let customer = self.customer.take().filter(|id| !id.is_empty());
        let others = self.of.as_deref().is_some_and(|of| !of.eq_ignore_ascii_case("customer"));
        let names = Self { customer: customer.clone(), ..self }.names()?;
        names.iter().for_each(|name| show(name));
        if others || !names.contains(segment) {
            return Ok(None);
        }
        let bad = || SourceError::new(format!("a row of {TABLE} puts somebody into the segment {segment} and does not say whom"));
        customer.map(Some).ok_or_else(bad)
    }

    fn names(self) -> Result<BTreeSet<String>, SourceError> {
        let Self { customer, segments, .. } = self;
        segments.names().map_err(|what| {
            let whose = customer.map_or_else(|| "a customer who is not named".to_owned(), |id| format!("customer {}", plain(&id)));
            SourceError::new(format!("the row of {whose} in {TABLE} does not name its segments: msdynci_segments holds {what}"))
                .hint("it should hold {\"Segments\":[…]} or a list of names. Nobody is added or removed; please report what it holds")
        })
    }
}
