//! What a request's address says after the question mark, each word once and none that is unknown.

use super::problem::Problem;
use std::collections::BTreeMap;
use url::form_urlencoded;

#[derive(Debug, Default)]
pub(super) struct Options(BTreeMap<String, String>);

/// Words of the query language that Dataverse knows and the stand-in does not.
const NOT_EMULATED: [&str; 4] = ["$expand", "$orderby", "$apply", "$top"];

impl Options {
    pub(super) fn read(query: &str, known: &[&str]) -> Result<Self, Problem> {
        let mut options = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if name == "$skip" {
                return Err(Problem::query("$skip is not taken here; follow @odata.nextLink."));
            }
            if NOT_EMULATED.contains(&&*name) {
                return Err(Problem::not_emulated(&name));
            }
            if !known.contains(&&*name) {
                return Err(Problem::query(format!("The query parameter {name} is not known here.")));
            }
            if options.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Problem::query("A query parameter is given twice."));
            }
        }
        Ok(Self(options))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names between commas.
    pub(super) fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.get(name).map(|text| text.split(',').map(str::trim).collect())
    }
}
