//! Dynamics 365 Customer Insights, a way in each: `folder/` reads what it exported, `dataverse/` its tables in Dataverse, `api/`
//! its own REST API.
//!
//! The rest is what the last two share: `entra` signs in, `caller` asks, `odata` reads answers, `refusal` says in words why there is
//! none, `roster` remembers who is in a segment, `delivery` hands rows over.

mod api;
mod caller;
mod dataverse;
mod delivery;
mod entra;
mod folder;
mod odata;
mod patience;
mod refusal;
mod roster;
#[cfg(test)]
mod tests;

pub use api::{Api, Evaluations};
pub use dataverse::{Dataverse, Tracking};
pub use folder::Exported;

use super::{SourceError, SourceErrorKind};
use crate::definition::{Rows, Selection};
use std::time::Duration;

/// A refresh is under way: it takes minutes to hours, and is looked at again each minute.
const REFRESHING: SourceErrorKind = SourceErrorKind::UnderWay { after: Some(Duration::from_secs(60)) };

/// The segment's name at Customer Insights.
fn segment(rows: &Rows) -> Result<String, SourceError> {
    match &rows.select {
        Selection::Table(name) => Ok(name.clone()),
        Selection::Query(_) => Err(SourceError::new(format!("{}: Customer Insights runs no SQL", rows.file.display()))
            .hint("name the segment there: `table: NAME` in place of `query`")),
    }
}
