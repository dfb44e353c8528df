//! How files of web servers are fetched: from the host that the source names, and no other.

use super::client::{CONNECT, READ, WHOLE};
use crate::http::same_origin;
use object_store::{
    ClientOptions, HeaderMap,
    client::{HttpClient, HttpConnector},
};

/// Follows redirects within the host only: what it would bring from elsewhere is nobody's file, and a token is not for there.
#[derive(Debug)]
pub struct SameHost {
    pub headers: HeaderMap,
    /// By HTTP without TLS, as the address says.
    pub plain: bool,
}

impl HttpConnector for SameHost {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = reqwest::Client::builder().user_agent(concat!("listkeeper/", env!("CARGO_PKG_VERSION")));
        let client = client.connect_timeout(CONNECT).read_timeout(READ).timeout(WHOLE).https_only(!self.plain);
        // A compressed answer would be another length than the range.
        let client = client.no_gzip().default_headers(self.headers.clone());
        let client = client.redirect(reqwest::redirect::Policy::custom(same_origin)).build();
        client.map(HttpClient::new).map_err(|error| object_store::Error::Generic { store: "HTTP", source: Box::new(error.without_url()) })
    }
}
