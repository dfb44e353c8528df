//! A request that describes itself, and its answer.

use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
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

/// The headers that say who we are, or that are a key to what is asked for. Never shown.
#[derive(Clone)]
pub struct Authorization(Vec<(Cow<'static, str>, SecretString)>);

impl Authorization {
    /// Basic: any user, the secret as password.
    pub fn basic(user: &str, secret: &SecretString) -> Self {
        use base64::{Engine, engine::general_purpose::STANDARD};
        Self::scheme("Basic", &STANDARD.encode(format!("{user}:{}", secret.expose_secret())).into())
    }

    pub fn bearer(token: &SecretString) -> Self {
        Self::scheme("Bearer", token)
    }

    /// `Authorization: SCHEME SECRET`.
    pub fn scheme(scheme: &str, secret: &SecretString) -> Self {
        Self::header("authorization", &format!("{scheme} {}", secret.expose_secret()).into())
    }

    /// A header of the vendor's own, lower case, with the secret as it is.
    pub fn header(header: impl Into<Cow<'static, str>>, secret: &SecretString) -> Self {
        Self(vec![(header.into(), secret.clone())])
    }

    /// For services that want to be told twice.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Names and values, for the transport alone.
    pub(super) fn expose(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.expose_secret()))
    }
}

/// Whether both say the same of us.
impl PartialEq for Authorization {
    fn eq(&self, other: &Self) -> bool {
        self.expose().eq(other.expose())
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorization(redacted)")
    }
}

/// A limit of its own that some calls have besides the account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Calls of one name share it.
    pub name: &'static str,
    pub calls: u32,
    pub per: Duration,
}

impl Lane {
    /// The same for an account whose contract allows `ours` calls where the vendor documents `documented`: all its limits are
    /// taken to be raised alike, or lowered.
    #[must_use]
    pub fn scaled(self, ours: u32, documented: u32) -> Self {
        let calls = u64::from(self.calls) * u64::from(ours) / u64::from(documented.max(1));
        Self { calls: u32::try_from(calls).unwrap_or(u32::MAX).max(1), ..self }
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
