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
    let since = tables.pages(ROUTE, url, headers, |rows: Vec<Row>| rows.iter().try_for_each(|row| take(row, members, wanted, delivery)))?;
    match members.left() {
        0 => Ok(since),
        left => Err(under_way(format!("{left} of the segment's {} members have no profile", members.len()))),
    }
}

fn take(row: &Row, members: &mut Roster, wanted: &[&str], delivery: &mut Delivery<'_>) -> Result<(), SourceError> {
    let Value::Text(id) = Value::of(row, ID)? else { return Ok(()) };
    match members.meet(&id) {
        Met::Stranger => Ok(()),
        Met::Again => Err(under_way("a customer came with two profiles")),
        Met::First => {
            let values = wanted.iter().map(|name| Value::of(row, name)).collect::<Result<Vec<_>, _>>()?;
            delivery.row(values.iter().map(Value::cell))
        }
    }
}
