//! Why there is no answer to speak of, in words.

use super::super::{SourceError, SourceErrorKind};
use super::patience::stopped;
use crate::http::{Answer, Failure, FailureKind};
use serde::Deserialize;

/// Of what a service says, in characters.
const LONGEST: usize = 200;
/// Longer words may be tokens, addresses with a signature, or people's data.
const LONGEST_WORD: usize = 60;

/// The three shapes that errors come in: `{"error": {"code", "message"}}` (Dataverse), `{"errorCode", "message", "target"}`
/// (data of the REST API), `{"httpStatusCode", "errorCode", "message"}` (the rest of it).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    error: Option<Inner>,
    #[serde(rename = "errorCode")]
    code: Option<String>,
    message: Option<String>,
    target: Option<String>,
}

#[derive(Deserialize)]
struct Inner {
    code: Option<String>,
    message: Option<String>,
}

/// An answer that is not a success. `hint`: what to do about a status.
pub fn refused(service: &str, route: &str, answer: &Answer, hint: fn(u16) -> Option<&'static str>) -> SourceError {
    let words = words(&answer.body);
    let words = if words.is_empty() { String::new() } else { format!(": {words}") };
    let failed = SourceError::new(format!("{service} answered {route} with {}{words}", answer.status)).kind(match answer.status {
        408 | 429 | 500.. => SourceErrorKind::Unreachable { after: answer.retry_after },
        _ => SourceErrorKind::Broken,
    });
    match hint(answer.status) {
        Some(hint) => failed.hint(hint),
        None => failed,
    }
}

fn words(body: &[u8]) -> String {
    let told: Told = serde_json::from_slice(body).unwrap_or_default();
    let (code, message) = match told.error {
        Some(inner) => (inner.code, inner.message),
        None => (told.code, told.message),
    };
    let target = told.target.map(|target| format!("({target})"));
    let parts = [code, message, target].into_iter().flatten().map(|part| plain(&part)).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

/// One short line, without what may be a secret or a person's address.
pub fn plain(text: &str) -> String {
    let word = |word: &str| {
        let hidden = word.chars().count() > LONGEST_WORD || word.contains('@') || word.contains("sig=");
        if hidden { "…".to_owned() } else { word.chars().filter(|c| !c.is_control()).collect() }
    };
    let line = text.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST).collect::<String>().trim_end_matches('.').to_owned()
}

/// No answer at all.
pub fn lost(failure: &Failure) -> SourceError {
    let failed = SourceError::new(failure.to_string());
    match &failure.kind {
        FailureKind::Stopped => stopped(),
        FailureKind::Unreachable(_) => failed
            .kind(SourceErrorKind::Unreachable { after: None })
            .hint("check the source's `url`, the network, and the proxy variables (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)"),
        FailureKind::TimedOut(_) | FailureKind::Broken(_) | FailureKind::QuotaSpent { .. } => {
            failed.kind(SourceErrorKind::Unreachable { after: None })
        }
        kind @ (FailureKind::TooBig(_) | FailureKind::NotKept(_) | FailureKind::Unusable(_)) => match (kind, failure.hint()) {
            (FailureKind::TooBig(_), _) => failed.hint("check that the source's `url` is the service's"),
            (_, Some(hint)) => failed.hint(hint),
            (_, None) => failed,
        },
    }
}
