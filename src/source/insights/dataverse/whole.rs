//! Whether a reading was whole: some services stop at a round number of rows and give no link to the rest.
//!
//! A reading that ends at such a number is asked for once more. First beyond the greatest id that was seen; and since rows come in no
//! promised order, then in two parts, up to the id in the middle and beyond it: rows that were cut off belong to one of the two, and
//! each part is smaller than the cut. A row that was not seen before means that the reading was cut, and it is not used.

use super::{
    super::{
        super::{SourceError, SourceErrorKind},
        odata::quoted,
        roster::hash,
    },
    tables::{PAGES, Tables},
};
use serde::Deserialize;

/// Where readings are known to end early: a page of an elastic table, virtual tables, a page, aggregates.
const ROUND: [u64; 4] = [500, 1_000, 5_000, 50_000];
const GREATEST: u64 = ROUND[3];
const ID: &str = "msdynci_customerid";

/// What is kept of a reading: the ids seen, for as long as it may still end at a round number.
#[derive(Default)]
pub struct Seen {
    rows: u64,
    ids: Vec<String>,
}

/// Whose row it is.
#[derive(Deserialize)]
struct Whose {
    #[serde(rename = "msdynci_customerid")]
    id: Option<String>,
}

/// What was read.
pub struct What<'a> {
    pub table: &'static str,
    pub route: &'static str,
    /// Its condition, encoded, where it had one.
    pub filter: Option<&'a str>,
}

impl Seen {
    pub fn add(&mut self, id: Option<&str>) {
        self.rows += 1;
        if self.rows > GREATEST {
            self.ids = Vec::new();
        } else {
            self.ids.extend(id.map(str::to_owned));
        }
    }

    /// Fails if the reading was cut.
    pub fn check(mut self, tables: &mut Tables, what: &What<'_>) -> Result<(), SourceError> {
        self.ids.sort_unstable();
        let (Some(greatest), Some(middle)) = (self.ids.last(), self.ids.get(self.ids.len() / 2)) else { return Ok(()) };
        if !ROUND.contains(&self.rows) {
            return Ok(());
        }
        let mut known: Vec<u128> = self.ids.iter().map(|id| hash(id)).collect();
        known.sort_unstable();
        for (than, id) in [("gt", greatest), ("gt", middle), ("le", middle)] {
            if !self.holds(&known, tables, what, &format!("{ID} {than} '{}'", id.replace('\'', "''")))? {
                return Err(self.cut(what.table));
            }
        }
        Ok(())
    }

    /// Whether every row of a part of it was seen, and as often.
    fn holds(&self, known: &[u128], tables: &mut Tables, what: &What<'_>, part: &str) -> Result<bool, SourceError> {
        let filter = what.filter.map(|filter| format!("{filter}%20and%20")).unwrap_or_default();
        let url = tables.url(what.table, &format!("$select={ID}&$filter={filter}{}", quoted(part)));
        let mut again = Vec::new();
        tables.pages(what.route, url, PAGES, |rows: Vec<Whose>| {
            again.extend(rows.into_iter().filter_map(|row| row.id).map(|id| hash(&id)));
            Ok(())
        })?;
        again.sort_unstable();
        Ok(again.len() as u64 <= self.rows && again.chunk_by(|a, b| a == b).all(|same| count(known, same[0]) >= same.len()))
    }

    fn cut(&self, table: &str) -> SourceError {
        SourceError::new(format!(
            "Dataverse gave {} rows of {table} and no link to more, and has more: the reading was cut off, and is not used",
            self.rows
        ))
        .kind(SourceErrorKind::Broken)
        .hint(
            "nobody is added or removed by it. Ask the environment's administrator for what limits a query there (a virtual table's \
             provider, a plug-in, a proxy), or read an exported folder (`from: folder`)",
        )
    }
}

/// How often an id is among sorted ones.
fn count(known: &[u128], id: u128) -> usize {
    known.partition_point(|each| *each <= id) - known.partition_point(|each| *each < id)
}
