//! What every answer that is not a plain success means. The table is in the tests.
//!
//! Sources: the vendor's pages on errors and limits. Its refusals are problem documents; the items of a batch are also
//! answered in the form of its older versions, so both are read, and neither is relied on.

use super::{
    super::{Error, ErrorKind, words},
    api::{VERSION, What},
};
use crate::http::{Answer, Method, Request, Verdict};
use serde_json::Value as Json;
use std::time::Duration;

/// A limit is one of a minute; whoever is not told when to come back asks again four times within it.
const UNTOLD: Duration = Duration::from_secs(15);
/// The vendor's front door blocks for a while who makes many errors.
const BLOCKED: Duration = Duration::from_secs(300);

/// Where keys are made (the vendor's page on authentication).
pub(super) const KEYS: &str = "make one at Omnisend under Integrations → API (https://app.omnisend.com/integrations/api-keys)";
/// Where the vendor lists the calls that it refused.
const LOGS: &str = "https://app.omnisend.com/integrations/api-access-logs";

/// A refusal as the vendor words it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Problem {
    title: String,
    detail: String,
    /// Field and what is wrong with it.
    pub fields: Vec<(String, String)>,
    retry_after: Option<Duration>,
}

impl Problem {
    /// `None`: the body is not the API's.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        Self::read(&serde_json::from_slice(body).ok()?)
    }

    pub(super) fn read(body: &Json) -> Option<Self> {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (title, detail, old) = (text("title"), text("detail"), text("error"));
        let detail = if detail.is_empty() { old } else { detail };
        if title.is_empty() && detail.is_empty() {
            return None;
        }
        let retry_after = body["retryAfter"].as_u64().map(Duration::from_secs);
        Some(Self { title, detail, fields: new_fields(body).chain(old_fields(body)).collect(), retry_after })
    }

    /// In one line, without addresses.
    pub(super) fn words(&self) -> String {
        let fields = self.fields.iter().take(3).map(|(field, message)| format!("{field}: {message}")).collect::<Vec<_>>().join("; ");
        let parts = [self.title.as_str(), self.detail.as_str(), fields.as_str()];
        words::clean(&parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": "))
    }
}

fn new_fields(body: &Json) -> impl Iterator<Item = (String, String)> + '_ {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    body["errors"].as_array().into_iter().flatten().map(move |error| (text(&error["field"]), text(&error["message"])))
}

/// `{"fields": {"0": ["FIELD: MESSAGE"]}}`; also with the field in place of the number.
fn old_fields(body: &Json) -> impl Iterator<Item = (String, String)> + '_ {
    let lines = |lines: &'_ Json| match lines {
        Json::String(line) => vec![line.clone()],
        lines => lines.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect(),
    };
    let parted = |line: &str| line.split_once(": ").map_or((String::new(), line.to_owned()), |(f, m)| (f.to_owned(), m.to_owned()));
    let told = move |(name, said): (&String, &Json)| {
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        lines(said).into_iter().map(|line| if is_number { parted(&line) } else { (name.clone(), line) }).collect::<Vec<_>>()
    };
    body["fields"].as_object().into_iter().flatten().flat_map(told)
}

/// What the client may do about an answer by itself.
pub(super) fn judge(_: &Request, answer: &Answer) -> Verdict {
    match answer.status {
        429 => Verdict::Throttled { after: Some(Problem::of(&answer.body).and_then(|problem| problem.retry_after).unwrap_or(UNTOLD)) },
        408 | 500 | 502..=504 | 520..=599 => Verdict::Failed,
        202 | 204 => Verdict::Take,
        200..=299 if !is_whole(&answer.body) => Verdict::Failed,
        _ => Verdict::Take,
    }
}

/// Begins and ends as JSON does: cheap, and enough to tell a cut or foreign answer from a whole one.
fn is_whole(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    matches!((body.first(), body.last()), (Some(b'{'), Some(b'}')))
}

/// The meaning of a refusal of a call with rows, of which it names none.
pub(super) fn of_some_row(answer: &Answer, what: What) -> Error {
    let error = refused(answer, what);
    Error { kind: ErrorKind::Divide, ..error }.hint(format!("Omnisend lists refused calls at {LOGS}"))
}

/// The meaning of an answer that is not a success.
pub(super) fn refused(answer: &Answer, what: What) -> Error {
    let problem = Problem::of(&answer.body);
    let said = problem.as_ref().map_or_else(|| format!("HTTP {}", answer.status), |p| format!("HTTP {}: {}", answer.status, p.words()));
    let again = |after, unknown| ErrorKind::Retry { after, unknown: unknown || answer.uncertain };
    match answer.status {
        429 => Error::new(again(answer.retry_after, false), format!("Omnisend is asked too much at once ({said})"))
            .hint("everything that uses the brand shares its 400 calls a minute; lower limits.perMinute to leave other programs room"),
        401 => Error::stall(format!("Omnisend does not accept the API key ({said})"))
            .hint(format!("the key may be revoked, or of another kind: {KEYS}")),
        403 if problem.is_none() => Error::new(again(Some(BLOCKED), false), "Omnisend refuses for now (403 without a reason)")
            .hint(format!("it blocks for a while who makes many errors; Omnisend lists them at {LOGS}")),
        403 => Error::stall(format!("Omnisend does not allow this: the key lacks {} ({said})", scope(what))).hint(format!(
            "a key needs brands.read, contacts.read and contacts.write; for `target: {{segment: true}}` also segments.read and segments.write: \
             {KEYS}"
        )),
        404 if problem.is_none() => endpoint(format!("what answers is not the Omnisend API ({said})")),
        404 => Error::stall(format!("Omnisend does not have what was asked for ({said})"))
            .hint("it may have been deleted there; plan again to see what is missing"),
        410 => Error::stall(format!("Omnisend no longer serves version {VERSION} of its API, which this Listkeeper speaks ({said})"))
            .hint("update Listkeeper; nothing else has to change"),
        413 if what.rows > 1 => {
            Error::new(ErrorKind::TooLarge, format!("Omnisend did not take {} rows in one call ({said})", what.rows))
        }
        408 | 500..=599 => Error::new(again(None, true), format!("Omnisend is in trouble ({said})")),
        300..=399 => endpoint(format!("Omnisend sends us elsewhere ({said})")),
        _ => Error::stall(format!("Omnisend refused the call ({said})")),
    }
}

fn endpoint(message: String) -> Error {
    Error::stall(message).hint("check the connection's endpoint: it must be the API's base, as https://api.omnisend.com/api")
}

/// What a key must be allowed for a call.
fn scope(what: What) -> &'static str {
    let reads = what.method == Method::Get;
    match what.route.split('/').nth(1) {
        Some("brands") => "brands.read",
        Some("segments") if reads => "segments.read",
        Some("segments") => "segments.write",
        _ if reads => "contacts.read",
        _ => "contacts.write",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Effect, script};
    use rstest::rstest;

    const JSON: &str = r#"{"type":"t","title":"T","status":0,"detail":"dana@example.com said no","instance":"i"}"#;
    const SLOW: &str = r#"{"title":"Rate limit exceeded","detail":"Too many","retryAfter":42}"#;
    const HTML: &str = "<html>Bad gateway</html>";

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer { status, content_type: String::new(), retry_after: None, body: body.into(), attempts: 1, uncertain: false }
    }

    fn what(route: &'static str, rows: usize) -> What {
        What { method: Method::Post, route, rows }
    }

    #[rstest]
    // status, body, rows → what the client does, what the run is told
    #[case(429, SLOW, 1, "Throttled { after: Some(42s) }", "Retry { after: None, unknown: false }")]
    #[case(429, "", 1, "Throttled { after: Some(15s) }", "Retry { after: None, unknown: false }")]
    #[case(401, JSON, 1, "Take", "Stall")]
    #[case(403, JSON, 1, "Take", "Stall")]
    #[case(403, "", 1, "Take", "Retry { after: Some(300s), unknown: false }")]
    #[case(404, JSON, 1, "Take", "Stall")]
    #[case(404, HTML, 1, "Take", "Stall")]
    #[case(409, JSON, 1, "Take", "Stall")]
    #[case(410, JSON, 1, "Take", "Stall")]
    #[case(400, JSON, 100, "Take", "Stall")]
    #[case(307, "", 1, "Take", "Stall")]
    #[case(413, HTML, 100, "Take", "TooLarge")]
    #[case(413, HTML, 1, "Take", "Stall")]
    #[case(408, JSON, 1, "Failed", "Retry { after: None, unknown: true }")]
    #[case(500, JSON, 100, "Failed", "Retry { after: None, unknown: true }")]
    #[case(502, HTML, 100, "Failed", "Retry { after: None, unknown: true }")]
    #[case(503, "", 1, "Failed", "Retry { after: None, unknown: true }")]
    fn refusals(#[case] status: u16, #[case] body: &'static str, #[case] rows: usize, #[case] verdict: &str, #[case] kind: &str) {
        let answer = answer(status, body);
        assert_eq!(format!("{:?}", judge(&script::request(Effect::Once), &answer)), verdict);
        let error = refused(&answer, what("/batches", rows));
        assert_eq!(format!("{:?}", error.kind), kind);
        assert!(!error.message.contains('@'), "{}", error.message);
    }

    #[rstest]
    #[case(201, "{}", "Take")]
    #[case(202, "", "Take")]
    #[case(204, "", "Take")]
    #[case(200, "", "Failed")]
    #[case(200, "{\"contacts\":[{\"em", "Failed")]
    #[case(201, HTML, "Failed")]
    fn successes_are_whole_or_in_doubt(#[case] status: u16, #[case] body: &'static str, #[case] verdict: &str) {
        assert_eq!(format!("{:?}", judge(&script::request(Effect::Once), &answer(status, body))), verdict);
    }

    #[rstest]
    #[case(403, "/segments", "Omnisend does not allow this: the key lacks segments.write (HTTP 403: T: this address said no)")]
    #[case(403, "/contacts/tags", "Omnisend does not allow this: the key lacks contacts.write (HTTP 403: T: this address said no)")]
    #[case(
        410,
        "/batches",
        "Omnisend no longer serves version 2026-03-15 of its API, which this Listkeeper speaks (HTTP 410: T: this address said no)"
    )]
    fn what_people_are_told(#[case] status: u16, #[case] route: &'static str, #[case] message: &str) {
        assert_eq!(refused(&answer(status, JSON), what(route, 1)).message, message);
    }

    #[rstest]
    #[case(r#"{"title":"T","errors":[{"field":"a","message":"m"},{"field":"b","message":"n"}]}"#, "T: a: m; b: n")]
    #[case(r#"{"error":"1 error(s)","fields":{"0":["a.b: m","odd"]}}"#, "1 error(s): a.b: m; : odd")]
    fn both_forms_are_read(#[case] body: &str, #[case] words: &str) {
        assert_eq!(Problem::of(body.as_bytes()).unwrap().words(), words);
    }
}
