//! Rows of a table, by pages or by signed files.

use super::super::{INSTANCE, store::Store};
use super::{
    Api, CUSTOMER,
    pages::{Members, Page},
    problem::Problem,
};
use crate::{
    kit::fail::Fail,
    vendor::{Ask, Reply},
};
use serde_json::json;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// Rows a page, asked for or not.
const PAGE: usize = 100;
const KNOWN: [&str; 6] = ["$select", "$filter", "$top", "$skip", "proxy", "forceSearch"];

impl Api {
    pub(super) fn data(&self, ask: &Ask, entity: &str) -> Result<Reply, Fail<Problem>> {
        let mut query: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(ask.query.as_bytes()) {
            if !KNOWN.contains(&&*name) {
                return Err(Problem::query(&name, "this query parameter is not taken by the sandbox").into());
            }
            query.insert(name.into_owned(), value.into_owned());
        }
        let store = self.0.store();
        let members = members(&store, entity, query.get("$filter").map(String::as_str))?;
        if query.get("proxy").is_some_and(|proxy| proxy == "true") {
            drop(store);
            return self.requests(entity, query.contains_key("$filter"));
        }
        let page = Page {
            columns: chosen(&store, query.get("$select").map(String::as_str))?,
            top: number(&query, "$top")?.unwrap_or(PAGE).min(PAGE),
            skip: number(&query, "$skip")?.unwrap_or(0),
            context: format!("{}{}/instances/{INSTANCE}/data/$metadata#{entity}", self.0.origin, super::BASE),
        };
        Ok(page.read(&store, &members)?)
    }

    /// Where the files are, each with all that is needed to get it.
    fn requests(&self, entity: &str, filtered: bool) -> Result<Reply, Fail<Problem>> {
        if filtered {
            return Err(Problem::query("$filter", "files hold whole tables").into());
        }
        let uris = self.0.signed(entity)?;
        let request = |uri: String| json!({"uri": uri, "headers": {"x-ms-version": super::super::files::VERSION}});
        Ok(Reply::json(200, &json!({"httpRequests": uris.into_iter().map(request).collect::<Vec<_>>()})))
    }
}

/// Whose rows: everyone's, or a segment's, which is a table itself and can also be a filter on everyone.
fn members(store: &Store, entity: &str, filter: Option<&str>) -> Result<Members, Fail<Problem>> {
    let segment = match filter {
        None if entity == CUSTOMER => return Ok(Members::Everyone),
        None => entity,
        Some(filter) if entity == CUSTOMER => {
            let name = filter.trim().strip_prefix("IsMemberOfSegment('").and_then(|rest| rest.strip_suffix("')"));
            name.ok_or_else(|| Problem::query("$filter", "the sandbox takes IsMemberOfSegment('Name') only"))?
        }
        Some(_) => return Err(Problem::query("$filter", "segments cannot be filtered in the sandbox").into()),
    };
    match store.segment(segment)? {
        Some(segment) => Ok(Members::Of(segment.name)),
        None => Err(Problem::no_data(segment).into()),
    }
}

/// Places of the columns asked for, in the order asked for.
fn chosen(store: &Store, select: Option<&str>) -> Result<Vec<usize>, Problem> {
    let all = store.columns();
    match select.map(str::trim) {
        None | Some("*") => Ok((0..all.len()).collect()),
        Some(names) => {
            let place = |name: &str| all.iter().position(|column| column.name == name).ok_or_else(|| Problem::no_column(name));
            names.split(',').map(|name| place(name.trim())).collect()
        }
    }
}

fn number(query: &BTreeMap<String, String>, name: &str) -> Result<Option<usize>, Problem> {
    let parse = |text: &String| text.parse().map_err(|_| Problem::query(name, "a whole number is expected"));
    query.get(name).map(parse).transpose()
}
