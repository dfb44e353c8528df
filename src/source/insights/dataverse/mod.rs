//! Customer Insights' tables in Dataverse, by its Web API.
//!
//! A segment's members are one table, what is known of people is another, and nothing joins them there: both are read, and
//! joined here. A refresh writes the tables in an order that nobody promises, so a reading in the middle of one would be of
//! nothing that ever was. What is held against that:
//! * neither reading was cut off at a round number of rows (`whole`);
//! * every member has a profile, exactly one;
//! * the members are read once more at the end, and are the same;
//! * where the tables keep track of changes, Dataverse is asked for those since the reading, and there are none.
//!
//! The same is asked once more after the last segment of a run, from the first one's reading on: so all of them are of one moment.
//!
//! Anything else is an error that says to read again. When the tables were last refreshed is not to be had here.

mod columns;
mod memberships;
mod names;
mod profiles;
mod tables;
mod tracking;
mod whole;

use super::{
    super::{Access, Ends, Notices, Reader, Report, SourceError},
    REFRESHING,
    delivery::{Delivery, Sink},
};
use crate::definition::{Name, Rows};
use columns::Columns;
use std::sync::Arc;
use tables::Tables;
pub use tracking::Tracking;

/// One segment.
pub struct Dataverse {
    shared: Arc<Tracking>,
    name: Name,
    /// Its name there.
    segment: String,
    access: Access,
}

impl Dataverse {
    pub fn new(shared: Arc<Tracking>, rows: &Rows, access: Access) -> Result<Self, SourceError> {
        Ok(Self { shared, name: rows.segment.clone(), segment: super::segment(rows)?, access })
    }
}

impl Dataverse {
    /// Also tries the memberships, so that a right that is missing there shows as early.
    fn known(&self) -> Result<Columns, SourceError> {
        let mut tables = Tables::open(&self.shared.at, &self.access)?;
        let known = Columns::ask(&mut tables)?;
        memberships::try_page(&mut tables)?;
        Ok(known)
    }
}

impl Reader for Dataverse {
    fn columns(&mut self) -> Result<Vec<String>, SourceError> {
        self.known().map(|known| known.shown)
    }

    fn columns_with(&mut self, wanted: &[&str], segment: &Name) -> Result<Vec<String>, SourceError> {
        let known = self.known()?;
        wanted.iter().try_for_each(|column| known.find(column, segment).map(drop))?;
        Ok(known.shown)
    }

    fn read(&mut self, columns: &[&str], sink: Sink<'_>) -> Result<Report, SourceError> {
        let mut tables = Tables::open(&self.shared.at, &self.access)?;
        let known = Columns::ask(&mut tables)?;
        let wanted = columns.iter().map(|column| known.find(column, &self.name)).collect::<Result<Vec<_>, _>>()?;
        let tracked = tracking::ask(&mut tables)?;
        let mut members = memberships::read(&mut tables, &self.segment, tracked.memberships)?;
        let mut delivery = Delivery::new(columns.len(), sink);
        let since_profiles = profiles::read(&mut tables, &mut members.roster, &wanted, tracked.profiles, &mut delivery)?;
        memberships::same(&mut tables, &self.segment, &mut members)?;
        let since_members = members.since;
        for link in [&since_members, &since_profiles].into_iter().flatten() {
            tracking::unchanged(&mut tables, link.clone())?;
        }
        self.shared.read(since_members.zip(since_profiles).map(|(members, profiles)| [members, profiles]));
        Ok(Report { rows: delivery.end()?, newest: None, notices: Notices::default(), ends: Ends::default() })
    }
}

/// The tables are not of one moment.
fn under_way(what: impl std::fmt::Display) -> SourceError {
    SourceError::new(format!("Customer Insights' tables in Dataverse changed during the reading: {what}"))
        .kind(REFRESHING)
        .hint("a refresh is under way there; it is read again later, and until then nobody is added or taken out")
}
