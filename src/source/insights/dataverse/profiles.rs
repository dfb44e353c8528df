//! What is known of a segment's members: all profiles are read, and the members' handed over.

use super::{
    super::{
        super::SourceError,
        delivery::Delivery,
        odata::{Row, Value},
        roster::{Met, Roster},
    },
    tables::{PAGES, TRACKED_PAGES, Tables},
    under_way,
    whole::{Seen, What},
};
use std::collections::BTreeSet;
use url::Url;

pub const TABLE: &str = "msdynci_customerprofiles";
pub const ROUTE: &str = "/msdynci_customerprofiles";
const ID: &str = "msdynci_customerid";

/// Gives the link to later changes where these are tracked.
pub fn read(
    tables: &mut Tables,
    members: &mut Roster,
    wanted: &[&str],
    tracked: bool,
    delivery: &mut Delivery<'_>,
) -> Result<Option<Url>, SourceError> {
    let select: BTreeSet<&str> = wanted.iter().copied().chain([ID]).collect();
    let url = tables.url(TABLE, &format!("$select={}", select.into_iter().collect::<Vec<_>>().join(",")));
    let headers = if tracked { TRACKED_PAGES } else { PAGES };
    let mut seen = Seen::default();
    let since = tables.pages(ROUTE, url, headers, |rows: Vec<Row>| {
        rows.iter().try_for_each(|row| {
            let id = id_of(row)?;
            seen.add(id.as_deref());
            id.map_or(Ok(()), |id| take(row, &id, members, wanted, delivery))
        })
    })?;
    seen.check(tables, &What { table: TABLE, route: ROUTE, filter: None })?;
    match members.left() {
        0 => Ok(since),
        left => Err(without_profile(left, members.len())),
    }
}

/// Tables are refreshed one after the other, so at first this is a refresh under way; what else it may be is said once it lasts.
fn without_profile(left: usize, of: usize) -> SourceError {
    let what = format!("{left} of the segment's {of} members have no profile");
    under_way(what).lasting(CAUSES)
}

const CAUSES: &str = "if no refresh is running there, the members' profiles are not visible to the application: ask an administrator to give \
     its user the roles Customer Insights Data Read Access and Customer Insights Data Configuration Viewer, to check that its business \
     unit may see the profiles, and whether profiles were unified anew (then refresh the segment)";

fn id_of(row: &Row) -> Result<Option<String>, SourceError> {
    Ok(match Value::of(row, ID)? {
        Value::Text(id) => Some(id),
        Value::Null | Value::Flag(_) => None,
    })
}

fn take(row: &Row, id: &str, members: &mut Roster, wanted: &[&str], delivery: &mut Delivery<'_>) -> Result<(), SourceError> {
    match members.meet(id) {
        Met::Stranger => Ok(()),
        Met::Again => Err(under_way("a customer came with two profiles")),
        Met::First => {
            let values = wanted.iter().map(|name| Value::of(row, name)).collect::<Result<Vec<_>, _>>()?;
            delivery.row(values.iter().map(Value::cell))
        }
    }
}
