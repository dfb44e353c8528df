//! The bottom: one attempt over the network, no patience, no memory.

use super::{Request, request::Method};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use std::error::Error as _;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
};

/// Carries one attempt. The seam where tests put a script in the network's place.
#[async_trait]
pub trait Transport: Send + Sync {
    async fn carry(&self, request: &Request) -> Result<Raw, Lost>;

    /// The same for a body of any length: that of a success goes into the file, in place of what it held.
    async fn download(&self, request: &Request, into: &mut File) -> Result<Raw, Lost>;
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Raw {
    pub status: u16,
    pub content_type: String,
    pub retry_after: Option<Duration>,
    /// `Date`: the server's clock.
    pub date: Option<SystemTime>,
    pub body: Bytes,
}

/// Why an attempt has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// No connection was made, so nothing was carried out.
    Unreachable(String),
    /// It was sent, or may have been.
    Broken(String),
    TooBig,
    /// It came and could not be written to disk.
    NotKept(String),
    /// The client cannot be made.
    Unusable(String),
}

/// The network, by reqwest. Made at first use; loopback never goes through a proxy.
#[derive(Default)]
pub(super) struct Network {
    outward: OnceLock<Result<reqwest::Client, String>>,
    loopback: OnceLock<Result<reqwest::Client, String>>,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Below what load balancers keep idle connections for, so that a reused connection is seldom a dead one.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const REDIRECTS: usize = 3;
/// Of a download that is refused.
const REFUSAL_LIMIT: usize = 1 << 20;

#[async_trait]
impl Transport for Network {
    async fn carry(&self, request: &Request) -> Result<Raw, Lost> {
        let response = self.prepared(request)?.send().await.map_err(|error| lost(&error))?;
        let head = head(&response);
        Ok(Raw { body: body(response, request.answer_limit).await?, ..head })
    }

    async fn download(&self, request: &Request, into: &mut File) -> Result<Raw, Lost> {
        let response = self.prepared(request)?.send().await.map_err(|error| lost(&error))?;
        let head = head(&response);
        if !response.status().is_success() {
            return Ok(Raw { body: body(response, REFUSAL_LIMIT).await?, ..head });
        }
        keep(response, request.answer_limit, into).await?;
        Ok(head)
    }
}

impl Network {
    fn prepared(&self, request: &Request) -> Result<reqwest::RequestBuilder, Lost> {
        let mut builder = self.client(request)?.request(method(request.method), request.url.clone());
        if let Some(authorization) = &request.authorization {
            for (name, value) in authorization.expose() {
                let mut value = HeaderValue::from_str(value)
                    .map_err(|_| Lost::Unusable("the secret holds characters that no header can carry".into()))?;
                value.set_sensitive(true);
                builder = builder.header(name, value);
            }
        }
        for (name, value) in request.headers {
            builder = builder.header(*name, *value);
        }
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, request.content_type.as_ref()).body(body.clone());
        }
        Ok(builder)
    }

    fn client(&self, request: &Request) -> Result<&reqwest::Client, Lost> {
        let local = match request.url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let slot = if local { &self.loopback } else { &self.outward };
        slot.get_or_init(|| client(local)).as_ref().map_err(|why| Lost::Unusable(why.clone()))
    }
}

fn client(local: bool) -> Result<reqwest::Client, String> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("listkeeper/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::custom(same_origin));
    let builder = if local { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| deepest(&error.without_url()))
}

/// A redirect elsewhere is handed up as the answer it is: neither the secret nor the body goes where nobody sent it.
pub fn same_origin(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    let first = attempt.previous().first().map(url::Url::origin);
    if first == Some(attempt.url().origin()) && attempt.previous().len() <= REDIRECTS { attempt.follow() } else { attempt.stop() }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

async fn body(mut response: reqwest::Response, limit: usize) -> Result<Bytes, Lost> {
    let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    let mut body = BytesMut::with_capacity(announced.min(limit).min(1 << 22));
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(Lost::TooBig);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

async fn keep(mut response: reqwest::Response, limit: usize, into: &mut File) -> Result<(), Lost> {
    let full = |error: std::io::Error| Lost::NotKept(error.to_string());
    into.set_len(0).await.map_err(full)?;
    into.rewind().await.map_err(full)?;
    let mut kept = 0;
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        kept += chunk.len();
        if kept > limit {
            return Err(Lost::TooBig);
        }
        into.write_all(&chunk).await.map_err(full)?;
    }
    into.flush().await.map_err(full)
}

/// An answer without its body.
fn head(response: &reqwest::Response) -> Raw {
    let (status, headers) = (response.status().as_u16(), response.headers());
    let retry_after = retry_after(headers, SystemTime::now());
    Raw { status, content_type: content_type(headers), retry_after, date: date(headers), body: Bytes::new() }
}

fn content_type(headers: &HeaderMap) -> String {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?.trim()).ok()
}

/// Seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()),
    }
}

fn lost(error: &reqwest::Error) -> Lost {
    if error.is_builder() {
        Lost::Unusable(deepest(error))
    } else if error.is_connect() {
        Lost::Unreachable(deepest(error))
    } else {
        Lost::Broken(deepest(error))
    }
}

/// The innermost cause: the one that says something, and the one that names no URL.
fn deepest(error: &reqwest::Error) -> String {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    let mut words = if error.is_timeout() { "timed out".to_owned() } else { "the request failed".to_owned() };
    while let Some(inner) = cause {
        words = inner.to_string();
        cause = inner.source();
    }
    words
}

#[cfg(test)]
mod tests;
