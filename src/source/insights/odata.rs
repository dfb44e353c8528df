//! OData: rows in pages, each naming the next.

use super::super::{Cell, SourceError, SourceErrorKind};
use crate::http::{Answer, Request, Verdict};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use url::{Url, form_urlencoded};
use xxhash_rust::xxh3::xxh3_128;

/// A row as it came: the name of a property → its JSON text.
pub type Row = BTreeMap<String, Box<RawValue>>;

#[derive(Debug, Deserialize)]
pub struct Page<R> {
    pub value: Vec<R>,
    #[serde(rename = "@odata.nextLink")]
    pub next: Option<String>,
    /// On the last page, where changes were asked to be tracked.
    #[serde(rename = "@odata.deltaLink")]
    pub delta: Option<String>,
}

/// An answer that is read as JSON. A success that ends in the middle is broken, and asked for again.
pub fn judge(_: &Request, answer: &Answer) -> Verdict {
    match answer.status {
        429 => Verdict::Throttled { after: None },
        500.. => Verdict::Failed,
        200..300 if !matches!(answer.body.trim_ascii_end().last(), Some(b'}' | b']')) => Verdict::Failed,
        _ => Verdict::Take,
    }
}

/// Reads a success. The parser's own words would quote the text; its place is enough.
pub fn read<T: DeserializeOwned>(service: &str, route: &str, answer: &Answer) -> Result<T, SourceError> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        SourceError::new(format!("the answer of {service} to {route} is not what it should be (at {at})"))
            .kind(SourceErrorKind::Unreachable { after: None })
            .hint("the answer was cut off, or something between here and the service answered in its place")
    })
}

/// A text as a part of a query string: blanks are not written as `+`, which OData may take for itself.
pub fn quoted(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The links of one reading: all to one place, and none twice.
pub struct Links {
    from: Url,
    followed: BTreeSet<u128>,
}

impl Links {
    pub fn from(url: &Url) -> Self {
        Self { from: url.clone(), followed: BTreeSet::from([xxh3_128(url.as_str().as_bytes())]) }
    }

    /// To the next page.
    pub fn follow(&mut self, link: &str) -> Result<Url, SourceError> {
        let url = self.resolve(link)?;
        if !self.followed.insert(xxh3_128(url.as_str().as_bytes())) {
            return Err(SourceError::new("a page names one as the next that was read already: the reading would never end")
                .kind(SourceErrorKind::Unreachable { after: None }));
        }
        Ok(url)
    }

    /// To what may be asked later.
    pub fn resolve(&self, link: &str) -> Result<Url, SourceError> {
        let Ok(url) = self.from.join(link) else { return Err(SourceError::new("a link in an answer is no address")) };
        if url.origin() != self.from.origin() {
            let host = url.host_str().unwrap_or_default();
            return Err(SourceError::new(format!("a link in an answer leads to {host}, and the token is not sent there"))
                .hint("check that the source's `url` is the service's own address, without a proxy that rewrites answers"));
        }
        Ok(url)
    }
}

/// One value of a row, as files of JSON lines give it too: numbers exactly as written, `true` and `false` as 1 and 0, an object
/// or a list as its JSON text.
pub enum Value {
    Null,
    Flag(bool),
    Text(String),
}

impl Value {
    /// Of a property that a row may lack.
    pub fn of(row: &Row, name: &str) -> Result<Self, SourceError> {
        let Some(raw) = row.get(name) else { return Ok(Self::Null) };
        Ok(match raw.get() {
            "null" => Self::Null,
            "true" => Self::Flag(true),
            "false" => Self::Flag(false),
            text if text.starts_with('"') => {
                let bad = |_| SourceError::new(format!("a row's {name} is a text that holds half a character"));
                Self::Text(serde_json::from_str(text).map_err(bad)?)
            }
            other => Self::Text(other.to_owned()),
        })
    }

    pub fn cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Flag(flag) => Cell::Integer(i64::from(*flag)),
            Self::Text(text) => Cell::Text(text),
        }
    }
}
