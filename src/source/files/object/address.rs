//! An address, taken apart: whose bucket it is, and what is in it.

use crate::definition::Location;
use url::Url;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    S3,
    Azure,
    GoogleCloud,
    Web,
}

impl Service {
    pub fn name(self) -> &'static str {
        match self {
            Self::S3 => "S3",
            Self::Azure => "Azure",
            Self::GoogleCloud => "Google Cloud",
            Self::Web => "the server",
        }
    }
}

/// `s3://bucket/key`, and its like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub service: Service,
    /// What is before the key, with a slash at its end: `s3://bucket/`. Of a web server: all but the query, which may be secret.
    pub base: String,
    /// Of Azure: the container.
    pub bucket: String,
    /// `ACCOUNT.dfs.core.windows.net`, where the address names it.
    pub host: Option<String>,
    /// The object's key, or a pattern of keys. Of a web server: nothing.
    pub key: String,
}

impl Address {
    /// The definition has seen to it that the address is whole.
    pub fn of(written: &str) -> Self {
        let (scheme, rest) = written.split_once("://").unwrap_or(("https", written));
        let service = match scheme {
            "s3" => Service::S3,
            "az" | "abfss" => Service::Azure,
            "gs" => Service::GoogleCloud,
            _ => {
                let base = written.split(['?', '#']).next().unwrap_or_default().to_owned();
                return Self { service: Service::Web, base, bucket: String::new(), host: None, key: String::new() };
            }
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let base = format!("{scheme}://{bucket}/");
        let (bucket, host) = match bucket.split_once('@') {
            Some((container, host)) => (container, Some(host.to_owned())),
            None => (bucket, None),
        };
        Self { service, base, bucket: bucket.to_owned(), host, key: key.to_owned() }
    }

    /// For messages.
    pub fn shown(&self) -> String {
        format!("{}{}", self.base, self.key)
    }
}

/// A location for messages: of a web server's, without the query.
pub fn shown(location: &Location) -> String {
    match location {
        Location::Local(path) => path.display().to_string(),
        Location::Object(address) => Address::of(address).shown(),
    }
}

/// Requests without encryption are for servers on this machine; whether they may be is the definition's to say.
pub fn is_plain(url: Option<&Url>) -> bool {
    url.is_some_and(|url| url.scheme() == "http")
}
