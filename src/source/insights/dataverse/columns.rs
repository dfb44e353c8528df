//! The columns of profiles: those of the tenant's unified customer, in lower case and with Customer Insights' prefix, besides
//! Dataverse's own. People write them as Customer Insights shows them: `EMail` is `msdynci_email`.
//!
//! One row does not tell them: a row of an elastic or virtual table may leave out a column that has no value. So they are those of
//! the table's definition, where it may be read, and of every row of a first page.

use super::{
    super::{
        super::{SourceError, SourceErrorKind, find_column},
        odata::Row,
    },
    profiles::{ROUTE, TABLE},
    tables::{PAGES, SOME_ROWS, Tables},
};
use crate::definition::Name;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const PREFIX: &str = "msdynci_";
const DEFINITION: &str = "EntityDefinitions(LogicalName='msdynci_customerprofile')/Attributes";
const DEFINITION_ROUTE: &str = "/EntityDefinitions(…)/Attributes";

pub struct Columns {
    /// As people write them, in alphabetical order.
    pub shown: Vec<String>,
    /// The same as Dataverse knows them.
    known: Vec<String>,
}

#[derive(Deserialize)]
struct Attribute {
    #[serde(rename = "LogicalName")]
    name: String,
}

impl Columns {
    /// By the table's definition and a page of profiles.
    pub fn ask(tables: &mut Tables) -> Result<Self, SourceError> {
        let mut names = defined(tables)?;
        let page = tables.page::<Row>(ROUTE, tables.url(TABLE, ""), SOME_ROWS)?;
        if page.value.is_empty() {
            return Err(SourceError::new("there is no customer profile in Dataverse")
                .kind(SourceErrorKind::Unfit)
                .hint("profiles come with the first refresh of Customer Insights after unification"));
        }
        names.extend(page.value.into_iter().flat_map(BTreeMap::into_keys).filter(|name| !name.contains('@')));
        Ok(Self::of(names.into_iter()))
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

/// None, where the application may not read definitions.
fn defined(tables: &mut Tables) -> Result<BTreeSet<String>, SourceError> {
    let url = tables.url(DEFINITION, "$select=LogicalName");
    let answer = tables.answer(DEFINITION_ROUTE, url, PAGES)?;
    if matches!(answer.status, 400 | 403 | 404 | 501) {
        tracing::debug!(status = answer.status, "Dataverse does not say which columns profiles have; those of a page of them are used");
        return Ok(BTreeSet::new());
    }
    Ok(tables.accept::<Attribute>(DEFINITION_ROUTE, answer)?.value.into_iter().map(|attribute| attribute.name).collect())
}
