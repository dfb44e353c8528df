//! What an authorization server says when it says no (RFC 6749, 5.2; RFC 8628, 3.5).

use crate::http::Answer;
use serde::Deserialize;

/// Longest description that is passed on, in characters.
const DETAIL_CHARS: usize = 200;

/// A refusal: the standard's word, and the server's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: Refused,
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The code or the refresh token is used up, too old or taken back.
    Grant,
    /// The app is not known, or its secret is wrong.
    Client,
    /// The device flow: nobody has said yes so far.
    Pending,
    /// The device flow: asked too often.
    SlowDown,
    /// The device flow: the code was not used in time.
    Expired,
    /// The person said no.
    Denied,
    /// Too many requests; nothing was carried out.
    Throttled,
    /// The server is not well.
    Unwell,
    Other(String),
}

#[derive(Deserialize)]
struct Wire {
    #[serde(alias = "errorCode")]
    error: String,
    #[serde(default, alias = "errorSummary")]
    error_description: Option<String>,
}

impl Refusal {
    /// Of an answer that grants nothing.
    pub(super) fn of(answer: &Answer) -> Self {
        let wire: Option<Wire> = serde_json::from_slice(&answer.body).ok();
        let detail = wire.as_ref().and_then(|wire| wire.error_description.as_deref()).map(plain).unwrap_or_default();
        let code = match (answer.status, wire) {
            (429, _) => Refused::Throttled,
            (500.., _) => Refused::Unwell,
            (_, Some(wire)) => Refused::named(&wire.error),
            (status, None) => Refused::Other(format!("status {status}")),
        };
        Self { code, detail }
    }

    /// As it comes back with a redirect.
    pub(super) fn redirected(error: &str, detail: &str) -> Self {
        Self { code: Refused::named(error), detail: plain(detail) }
    }

    /// `invalid_grant (the refresh token is expired)`.
    pub(super) fn words(&self) -> String {
        let code = match &self.code {
            Refused::Grant => "invalid_grant",
            Refused::Client => "invalid_client",
            Refused::Pending => "authorization_pending",
            Refused::SlowDown => "slow_down",
            Refused::Expired => "expired_token",
            Refused::Denied => "access_denied",
            Refused::Throttled => "too many requests",
            Refused::Unwell => "an error of its own",
            Refused::Other(code) => code,
        };
        if self.detail.is_empty() { code.to_owned() } else { format!("{code} ({})", self.detail) }
    }
}

impl Refused {
    fn named(code: &str) -> Self {
        match code {
            "invalid_grant" => Self::Grant,
            "invalid_client" | "unauthorized_client" => Self::Client,
            "authorization_pending" => Self::Pending,
            "slow_down" => Self::SlowDown,
            "expired_token" => Self::Expired,
            "access_denied" => Self::Denied,
            "temporarily_unavailable" | "server_error" => Self::Unwell,
            other => Self::Other(plain(other)),
        }
    }
}

/// One short line. What looks like a token is left out: a server may repeat what it was sent.
fn plain(text: &str) -> String {
    let word = |word: &str| if word.chars().count() > 40 { "…".to_owned() } else { word.chars().filter(|c| !c.is_control()).collect() };
    let line = text.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    line.chars().take(DETAIL_CHARS).collect::<String>().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn refusal(status: u16, body: &str) -> Refusal {
        let (content_type, retry_after) = ("application/json".to_owned(), None);
        Refusal::of(&Answer { status, content_type, retry_after, body: body.to_owned().into(), attempts: 1, uncertain: false })
    }

    #[rstest]
    #[case(400, r#"{"error":"invalid_grant","error_description":"It is expired."}"#, "invalid_grant (It is expired)")]
    #[case(401, r#"{"errorCode":"invalid_client","errorSummary":"Wrong secret"}"#, "invalid_client (Wrong secret)")]
    #[case(400, r#"{"error":"slow_down"}"#, "slow_down")]
    #[case(429, "<html>", "too many requests")]
    #[case(503, r#"{"error":"invalid_grant"}"#, "an error of its own")]
    #[case(404, "", "status 404")]
    #[case(400, r#"{"error":"odd","error_description":null}"#, "odd")]
    fn is_read_however_it_is_written(#[case] status: u16, #[case] body: &str, #[case] words: &str) {
        assert_eq!(refusal(status, body).words(), words);
    }

    #[test]
    fn a_token_that_the_server_repeats_is_not_passed_on() {
        let token = "eyJ".repeat(20);
        let body = format!(r#"{{"error":"invalid_grant","error_description":"the token {token}\n is unknown"}}"#);
        assert_eq!(refusal(400, &body).words(), "invalid_grant (the token … is unknown)");
    }
}
