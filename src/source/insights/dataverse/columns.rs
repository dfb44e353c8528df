//! The columns of profiles: those of the tenant's unified customer, in lower case and with Customer Insights' prefix, besides
//! Dataverse's own. People write them as Customer Insights shows them: `EMail` is `msdynci_email`.

use super::{
    super::{
        super::{SourceError, SourceErrorKind},
        odata::Row,
        refusal::no_column,
    },
    profiles::{ROUTE, TABLE},
    tables::{ONE_ROW, Tables},
};

const PREFIX: &str = "msdynci_";

/// In alphabetical order.
pub struct Columns(Vec<String>);

impl Columns {
    /// By one profile: Dataverse gives all columns of a row, those without a value too.
    pub fn ask(tables: &mut Tables) -> Result<Self, SourceError> {
        let page = tables.page::<Row>(ROUTE, tables.url(TABLE, ""), ONE_ROW)?;
        let Some(row) = page.value.into_iter().next() else {
            return Err(SourceError::new("there is no customer profile in Dataverse")
                .kind(SourceErrorKind::Unfit)
                .hint("profiles come with the first refresh of Customer Insights after unification"));
        };
        Ok(Self(row.into_keys().filter(|name| !name.contains('@')).collect()))
    }

    /// Without the prefix, in alphabetical order.
    pub fn shown(&self) -> Vec<String> {
        let mut names = self.0.iter().map(|name| name.strip_prefix(PREFIX).unwrap_or(name).to_owned()).collect::<Vec<_>>();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// As Dataverse knows it. Customer Insights' own go before Dataverse's of the same name.
    pub fn find(&self, wanted: &str, segment: &str) -> Result<&str, SourceError> {
        let is = |name: &&String, prefix: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.eq_ignore_ascii_case(wanted));
        let found = self.0.iter().find(|name| is(name, PREFIX)).or_else(|| self.0.iter().find(|name| is(name, "")));
        found.map(String::as_str).ok_or_else(|| no_column(wanted, segment, &self.shown()))
    }
}
