//! Tables of one environment, page by page.

use super::super::{
    super::{Access, SourceError},
    caller::{Caller, Headers, Service},
    odata::{self, Links, Page},
};
use crate::{
    definition::Dataverse,
    http::{Answer, Spend},
};
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::Url;

const NAME: &str = "Dataverse";
/// The most rows that a page may have.
pub const PAGES: Headers = &[VERSION, NEWEST, ("prefer", "odata.maxpagesize=5000")];
pub const TRACKED_PAGES: Headers = &[VERSION, NEWEST, ("prefer", "odata.track-changes,odata.maxpagesize=5000")];
/// As many as a page of an elastic table has anyway.
pub const SOME_ROWS: Headers = &[VERSION, NEWEST, ("prefer", "odata.maxpagesize=500")];
const VERSION: (&str, &str) = ("odata-version", "4.0");
const NEWEST: (&str, &str) = ("odata-maxversion", "4.0");

/// Dataverse documents 6,000 requests, and 20 minutes of its own work, in any 5 minutes, and 52 calls at once for each user; others
/// use the environment too.
static SERVICE: Service = Service {
    name: NAME,
    platform: "dataverse",
    spend: Spend { connections: 4, per_second: None, per_minute: Some(900), per_day: None },
    timeout: Duration::from_secs(130),
    answer_limit: 128 << 20,
    hint,
};

fn hint(status: u16) -> Option<&'static str> {
    Some(match status {
        401 => "make the application a user of this environment: Power Platform admin center > Users + permissions > Application users",
        403 => {
            "give the application's user a security role that may read Customer Insights' tables, and the role Viewer in Customer \
             Insights"
        }
        404 => "check that `url` is the environment that Customer Insights - Data is installed in",
        _ => return None,
    })
}

pub struct Tables {
    caller: Caller,
    base: Url,
}

impl Tables {
    pub fn open(at: &Dataverse, access: &Access) -> Result<Self, SourceError> {
        let caller = Caller::open(&SERVICE, &at.url, &at.app, at.url.as_str(), access)?;
        Ok(Self { caller, base: at.url.clone() })
    }

    /// The address of a table, or of what is asked of it. The query is encoded already.
    pub fn url(&self, table: &str, query: &str) -> Url {
        let mut url = self.base.clone();
        // The base is http(s), which always has segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "data", "v9.2"]).extend(table.split('/'));
        }
        url.set_query((!query.is_empty()).then_some(query));
        url
    }

    /// Any answer.
    pub fn answer(&mut self, route: &'static str, url: Url, headers: Headers) -> Result<Answer, SourceError> {
        self.caller.answer(route, url, headers)
    }

    /// One page.
    pub fn page<R: DeserializeOwned>(&mut self, route: &'static str, url: Url, headers: Headers) -> Result<Page<R>, SourceError> {
        let answer = self.caller.answer(route, url, headers)?;
        self.accept(route, answer)
    }

    /// The page that an answer is.
    pub fn accept<R: DeserializeOwned>(&self, route: &str, answer: Answer) -> Result<Page<R>, SourceError> {
        odata::read(NAME, route, &self.caller.accept(route, answer)?)
    }

    /// All pages from this one on; gives the link to what changes from now on, where there is one.
    pub fn pages<R: DeserializeOwned>(
        &mut self,
        route: &'static str,
        mut url: Url,
        headers: Headers,
        mut take: impl FnMut(Vec<R>) -> Result<(), SourceError>,
    ) -> Result<Option<Url>, SourceError> {
        let mut links = Links::from(&url);
        loop {
            let page = self.page(route, url, headers)?;
            take(page.value)?;
            match page.next {
                Some(next) => url = links.follow(&next)?,
                None => return page.delta.map(|delta| links.resolve(&delta)).transpose(),
            }
        }
    }
}
