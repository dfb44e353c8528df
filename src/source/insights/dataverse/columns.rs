//! The columns of profiles: those of the tenant's unified customer, in lower case and with Customer Insights' prefix, besides
//! Dataverse's own. People write them as Customer Insights shows them: `EMail` is `msdynci_email`.

use super::{
    super::{
        super::{SourceError, SourceErrorKind, find_column},
        odata::Row,
    },
    profiles::{ROUTE, TABLE},
    tables::{ONE_ROW, Tables},
};
use crate::definition::Name;
use std::collections::BTreeMap;

const PREFIX: &str = "msdynci_";

pub struct Columns {
    /// As people write them, in alphabetical order.
    pub shown: Vec<String>,
    /// The same as Dataverse knows them.
    known: Vec<String>,
}

impl Columns {
    /// By one profile: Dataverse gives all columns of a row, those without a value too.
    pub fn ask(tables: &mut Tables) -> Result<Self, SourceError> {
        let page = tables.page::<Row>(ROUTE, tables.url(TABLE, ""), ONE_ROW)?;
        let Some(row) = page.value.into_iter().next() else {
            return Err(SourceError::new("there is no customer profile in Dataverse")
                .kind(SourceErrorKind::Unfit)
                .hint("profiles come with the first refresh of Customer Insights after unification"));
        };
        Ok(Self::of(row.into_keys().filter(|name| !name.contains('@'))))
    }

    /// Customer Insights' own go before Dataverse's of the same name.
    fn of(names: impl Iterator<Item = String>) -> Self {
        let (ours, theirs): (Vec<_>, Vec<_>) = names.partition(|name| name.starts_with(PREFIX));
        let all = theirs.into_iter().chain(ours).map(|name| (name.strip_prefix(PREFIX).unwrap_or(&name).to_owned(), name));
        let (shown, known) = all.collect::<BTreeMap<_, _>>().into_iter().unzip();
        Self { shown, known }
    }

    /// As Dataverse knows it, by its name in any letter case, with or without the prefix.
    pub fn find(&self, wanted: &str, segment: &Name) -> Result<&str, SourceError> {
        let prefixed = wanted.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
        let plain = if prefixed { &wanted[PREFIX.len()..] } else { wanted };
        Ok(&self.known[find_column(plain, &self.shown, segment)?])
    }
}
