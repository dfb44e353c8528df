//! One instance of Customer Insights: its addresses, and who asks.

use super::super::{
    super::{Access, SourceError},
    caller::{Caller, Headers, Service},
    odata,
    patience::Patience,
};
use crate::{
    definition::InsightsApi,
    http::{Authorization, Spend},
};
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::Url;

/// What tokens are for, wherever the API is.
const SCOPE: &str = "https://api.ci.ai.microsoft.com";
const HEADERS: Headers = &[("accept", "application/json")];
pub const NAME: &str = "Customer Insights";

/// Microsoft's connector documents 100 calls in 60 s.
static SERVICE: Service = Service {
    name: NAME,
    platform: "customer-insights",
    spend: Spend { connections: 4, per_second: None, per_minute: Some(100), per_day: None },
    timeout: Duration::from_secs(130),
    answer_limit: 64 << 20,
    hint,
};

fn hint(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("check `credentials.subscriptionKey` (Permissions > APIs), and that the application may use the API (api.access)"),
        403 => Some("add the application as a user in Customer Insights, with at least the role Viewer: Permissions > Users"),
        404 => Some("check `instanceId`, and `url` if the source has one"),
        _ => None,
    }
}

pub struct Instance {
    caller: Caller,
    base: Url,
}

impl Instance {
    pub fn open(at: &InsightsApi, access: &Access) -> Result<Self, SourceError> {
        let key = at.subscription_key.read().map_err(|why| SourceError::new(format!("credentials.subscriptionKey: {why}")))?;
        let key = Authorization::header("ocp-apim-subscription-key", &key);
        let caller = Caller::open(&SERVICE, &at.url, &at.app, SCOPE, access)?.with(key);
        let mut base = at.url.clone();
        // The base is http(s), which always has segments.
        if let Ok(mut segments) = base.path_segments_mut() {
            segments.pop_if_empty().extend(["instances", &at.instance]);
        }
        Ok(Self { caller, base })
    }

    /// Asks what the path names; the query is encoded already.
    pub fn ask<T: DeserializeOwned>(&mut self, route: &'static str, path: [&str; 2], query: &str) -> Result<T, SourceError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url.set_query((!query.is_empty()).then_some(query));
        let answer = self.caller.get(route, url, HEADERS)?;
        odata::read(NAME, route, &answer)
    }

    pub fn patience(&self) -> &Patience {
        &self.caller.patience
    }

    /// Files come over TLS wherever the API does.
    pub fn may_fetch(&self, url: &Url) -> bool {
        url.scheme() == "https" || url.scheme() == self.base.scheme()
    }
}
