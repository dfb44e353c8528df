//! A request that describes itself, and its answer.

use super::{Rate, authorization::Authorization};
use bytes::Bytes;
use std::{borrow::Cow, fmt, time::Duration};
use url::Url;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What carrying a request out twice does, and so what may follow when nobody knows whether it was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Twice ends as once: repeated freely.
    Repeatable,
    /// Twice makes two: repeated only when it was certainly not carried out; else the caller looks first.
    Once,
}

/// What an answer means for the client; the vendor's module judges its own answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The caller's business.
    Take,
    /// Refused for being too much at once; nothing was carried out. `after`: what the body says of how long to wait; a
    /// `Retry-After` header is known anyway.
    Throttled { after: Option<Duration> },
    /// Broken on the way; it may have been carried out.
    Failed,
}

/// What a 401 means. Servers refuse good proofs now and then, and nothing was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproved {
    /// The caller's business: it may have another proof.
    Take,
    /// This proof is all there is: it is tried twice more, with time between, before it is called wrong.
    Again,
}

/// A limit of its own that some calls have besides the account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Calls of one name share it.
    pub name: &'static str,
    pub rate: Rate,
}

impl Lane {
    /// The same for an account whose contract allows `ours` calls where the vendor documents `documented`: all its limits are
    /// taken to be raised alike, or lowered.
    #[must_use]
    pub fn scaled(self, ours: u32, documented: u32) -> Self {
        Self { rate: self.rate.scaled(ours, documented), ..self }
    }
}

/// One call, repeatable as it stands. `Debug` shows the route, never the URL's path or query, the body or the secret.
#[derive(Clone)]
pub struct Request {
    /// Whose API it is, for metrics.
    pub platform: &'static str,
    pub method: Method,
    pub url: Url,
    /// The path as a template (`/lists/{id}/members`), for logs and messages.
    pub route: &'static str,
    pub authorization: Option<Authorization>,
    /// Headers of the vendor's own, lower case.
    pub headers: &'static [(&'static str, &'static str)],
    pub body: Option<Bytes>,
    /// Of the body; [`Request::JSON`] mostly.
    pub content_type: Cow<'static, str>,
    /// A stricter limit than the account's, where the call has one.
    pub lane: Option<Lane>,
    pub effect: Effect,
    pub unproved: Unproved,
    /// The caller can send it in smaller parts, so an attempt that takes too long is not repeated as it is.
    pub divisible: bool,
    /// Of one attempt, from the first byte sent to the last received.
    pub timeout: Duration,
    /// Longest answer taken, in bytes after decompression.
    pub answer_limit: usize,
    pub judge: fn(&Request, &Answer) -> Verdict,
}

impl Request {
    pub const JSON: Cow<'static, str> = Cow::Borrowed("application/json");
    /// What [`Request::get`] allows one attempt, and the longest answer that it takes, in bytes.
    pub const TIMEOUT: Duration = Duration::from_secs(30);
    pub const ANSWER_LIMIT: usize = 1 << 20;

    /// The plainest call, to be filled in: a GET that may be repeated; without credentials; of any answer the caller thinks
    /// for itself.
    pub fn get(platform: &'static str, route: &'static str, url: Url) -> Self {
        Self {
            platform,
            method: Method::Get,
            url,
            route,
            authorization: None,
            headers: &[],
            body: None,
            content_type: Self::JSON,
            lane: None,
            effect: Effect::Repeatable,
            unproved: Unproved::Take,
            divisible: false,
            timeout: Self::TIMEOUT,
            answer_limit: Self::ANSWER_LIMIT,
            judge: |_, _| Verdict::Take,
        }
    }

    /// A form with these fields instead, POSTed.
    #[must_use]
    pub fn form<'f>(self, fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let content_type = Cow::Borrowed("application/x-www-form-urlencoded");
        Self { method: Method::Post, body: Some(body.into()), content_type, ..self }
    }

    /// An address below `base`: its path goes on with these segments, its query is these pairs.
    pub fn address<S: AsRef<str>>(base: &Url, path: impl IntoIterator<Item = S>, query: &[(&'static str, String)]) -> Url {
        let mut url = base.clone();
        // A base is http(s), which always has segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or("?")
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {} at {})", self.method.as_str(), self.route, self.host())
    }
}

/// What came back. `Debug` shows no body.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    /// The content type, in lower case, without parameters.
    pub content_type: String,
    /// `Retry-After`, where the server said one.
    pub retry_after: Option<Duration>,
    pub body: Bytes,
    /// Attempts it took.
    pub attempts: u32,
    /// An earlier attempt may have been carried out too.
    pub uncertain: bool,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({} {}, {} bytes, attempt {})", self.status, self.content_type, self.body.len(), self.attempts)
    }
}
