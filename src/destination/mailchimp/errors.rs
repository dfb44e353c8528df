//! What every answer that is not a plain success means. The table is in the tests.
//!
//! Sources: the vendor's error glossary and limits page; a bare 403 and an HTML page are its front doors' ways of saying
//! "too much" and "too slow".

use super::super::{Error, ErrorKind, words};
use crate::http::{Answer, Method, Request, Verdict};
use serde::Deserialize;

/// A refusal as the vendor words it (problem+json; some lack `type`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    pub title: String,
    pub detail: String,
    pub errors: Vec<FieldProblem>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FieldProblem {
    pub field: String,
    pub message: String,
}

impl Problem {
    /// `None`: the body is not the API's.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok().filter(|problem: &Self| !problem.title.is_empty() || !problem.detail.is_empty())
    }

    /// In one line, without addresses.
    pub(super) fn words(&self) -> String {
        let fields = self.errors.iter().take(3).map(|e| format!("{}: {}", e.field, e.message)).collect::<Vec<_>>().join("; ");
        let parts = [self.title.as_str(), self.detail.as_str(), fields.as_str()];
        words::clean(&parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": "))
    }
}

/// What the client may do about an answer by itself.
pub(super) fn judge(request: &Request, answer: &Answer) -> Verdict {
    match answer.status {
        429 => Verdict::Throttled { after: None },
        403 if Problem::of(&answer.body).is_none() => Verdict::Throttled { after: None },
        // Too long for its size: whoever divides it does not repeat it whole.
        504 | 524 if request.divisible => Verdict::Take,
        // So may these be, of a page; or it is the weather.
        500 | 502 if is_page(request) && answer.attempts >= PAGE_ATTEMPTS => Verdict::Take,
        408 | 500 | 502..=504 | 520..=599 => Verdict::Failed,
        200..=299 if answer.status != 204 && !is_whole(&answer.body) => Verdict::Failed,
        _ => Verdict::Take,
    }
}

/// How often a page is asked for whole before it is taken for too large.
const PAGE_ATTEMPTS: u32 = 3;

fn is_page(request: &Request) -> bool {
    request.divisible && request.method == Method::Get
}

/// A result file is refused for a moment after its batch is finished.
pub(super) fn judge_file(_: &Request, answer: &Answer) -> Verdict {
    match answer.status {
        400 | 408 | 429 | 500..=599 => Verdict::Failed,
        _ => Verdict::Take,
    }
}

/// Begins and ends as JSON does: cheap, and enough to tell a cut or foreign answer from a whole one.
fn is_whole(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    matches!((body.first(), body.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
}

/// The same of a page of so many contacts: what a large one is answered with is not documented, and was seen to be any of these
/// (VingtCinq/python-mailchimp, 207 and 208).
pub(super) fn page_refused(answer: &Answer, rows: usize) -> Error {
    let error = refused(answer, rows);
    match answer.status {
        500 | 502 if rows > 1 => Error { kind: ErrorKind::TooLarge, ..error },
        _ => error,
    }
}

/// The meaning of an answer that is not a success, to a call of `rows` rows.
pub(super) fn refused(answer: &Answer, rows: usize) -> Error {
    let problem = Problem::of(&answer.body);
    let said = problem.as_ref().map_or_else(|| format!("HTTP {}", answer.status), |p| format!("HTTP {}: {}", answer.status, p.words()));
    let again = |unknown| ErrorKind::Retry { after: answer.retry_after, unknown: unknown || answer.uncertain };
    match answer.status {
        429 => Error::new(again(false), format!("Mailchimp is asked too much at once ({said})"))
            .hint("other programs may be using the account; lower limits.connections to leave them room"),
        403 if problem.is_none() => Error::new(again(false), "Mailchimp refuses for overload (403 without a reason)"),
        401 => Error::stall(format!("Mailchimp does not accept the API key ({said})"))
            .hint("the key may be revoked, or of another data centre: what stands after its dash must be the account's"),
        403 => Error::stall(format!("Mailchimp does not allow this ({said})"))
            .hint("the key's user lacks the role, or the account the plan, that this needs"),
        404 if problem.is_none() => Error::stall(format!("what answers is not the Mailchimp API ({said})"))
            .hint("check the connection's endpoint: it must be the API's base, with /3.0"),
        404 => Error::stall(format!("Mailchimp does not have what was asked for ({said})"))
            .hint("the audience or tag may have been deleted there; plan again to see what is missing"),
        413 | 504 | 524 if rows > 1 => {
            Error::new(ErrorKind::TooLarge, format!("Mailchimp did not manage {rows} rows in one call ({said})"))
        }
        408 | 500..=599 => Error::new(again(true), format!("Mailchimp is in trouble ({said})")),
        300..=399 => Error::stall(format!("Mailchimp sends us elsewhere ({said})"))
            .hint("check the connection's endpoint: it must be the API's base, with /3.0"),
        _ => Error::stall(format!("Mailchimp refused the call ({said})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Effect, script};
    use rstest::rstest;
    use std::time::Duration;

    const JSON: &str = r#"{"title":"T","status":0,"detail":"dana@example.com said no","instance":"i"}"#;
    const HTML: &str = "<html>Bad gateway</html>";

    fn answer(status: u16, body: &'static str) -> Answer {
        let retry_after = (status == 429).then_some(Duration::from_secs(9));
        Answer { status, content_type: String::new(), retry_after, body: body.into(), attempts: 1, uncertain: false }
    }

    #[rstest]
    // status, body, rows → what the client does, what the run is told
    #[case(429, JSON, 500, "Throttled { after: None }", "Retry { after: Some(9s), unknown: false }")]
    #[case(403, "", 500, "Throttled { after: None }", "Retry { after: None, unknown: false }")]
    #[case(403, HTML, 1, "Throttled { after: None }", "Retry { after: None, unknown: false }")]
    #[case(403, JSON, 1, "Take", "Stall")]
    #[case(401, JSON, 1, "Take", "Stall")]
    #[case(404, JSON, 500, "Take", "Stall")]
    #[case(404, HTML, 1, "Take", "Stall")]
    #[case(405, JSON, 1, "Take", "Stall")]
    #[case(414, JSON, 1, "Take", "Stall")]
    #[case(422, JSON, 1, "Take", "Stall")]
    #[case(426, JSON, 1, "Take", "Stall")]
    #[case(400, JSON, 500, "Take", "Stall")]
    #[case(307, "", 1, "Take", "Stall")]
    #[case(413, HTML, 500, "Take", "TooLarge")]
    #[case(413, HTML, 1, "Take", "Stall")]
    #[case(504, HTML, 500, "Take", "TooLarge")]
    #[case(504, HTML, 1, "Failed", "Retry { after: None, unknown: true }")]
    #[case(500, JSON, 500, "Failed", "Retry { after: None, unknown: true }")]
    #[case(502, HTML, 500, "Failed", "Retry { after: None, unknown: true }")]
    #[case(503, JSON, 1, "Failed", "Retry { after: None, unknown: true }")]
    fn refusals(#[case] status: u16, #[case] body: &'static str, #[case] rows: usize, #[case] verdict: &str, #[case] kind: &str) {
        let request = Request { divisible: rows > 1, ..script::request(Effect::Repeatable) };
        let answer = answer(status, body);
        assert_eq!(format!("{:?}", judge(&request, &answer)), verdict);
        let error = refused(&answer, rows);
        assert_eq!(format!("{:?}", error.kind), kind);
        assert!(!error.message.contains('@'), "{}", error.message);
    }

    #[rstest]
    #[case(200, "{}", "Take")]
    #[case(200, " {\"a\": 1}\n", "Take")]
    #[case(204, "", "Take")]
    #[case(200, "", "Failed")]
    #[case(200, "{\"new_members\":[{\"em", "Failed")]
    #[case(200, HTML, "Failed")]
    fn successes_are_whole_or_tried_again(#[case] status: u16, #[case] body: &'static str, #[case] verdict: &str) {
        assert_eq!(format!("{:?}", judge(&script::request(Effect::Once), &answer(status, body))), verdict);
    }

    /// A page is divided: at once where it took too long, else where it failed more than once. The smallest is tried as often as
    /// anything.
    #[rstest]
    #[case(504, 1, 1_000, "Take", "TooLarge")]
    #[case(524, 1, 1_000, "Take", "TooLarge")]
    #[case(502, 1, 1_000, "Failed", "TooLarge")]
    #[case(502, 3, 1_000, "Take", "TooLarge")]
    #[case(500, 3, 51, "Take", "TooLarge")]
    #[case(503, 3, 1_000, "Failed", "Retry { after: None, unknown: true }")]
    #[case(504, 3, 1, "Failed", "Retry { after: None, unknown: true }")]
    #[case(500, 3, 1, "Failed", "Retry { after: None, unknown: true }")]
    #[case(404, 1, 1_000, "Take", "Stall")]
    fn pages(#[case] status: u16, #[case] attempts: u32, #[case] rows: usize, #[case] verdict: &str, #[case] kind: &str) {
        let request = Request { divisible: rows > 1, method: Method::Get, ..script::request(Effect::Repeatable) };
        let answer = Answer { attempts, ..answer(status, HTML) };
        assert_eq!(format!("{:?}", judge(&request, &answer)), verdict);
        assert_eq!(format!("{:?}", page_refused(&answer, rows).kind), kind);
    }

    #[test]
    fn doubt_of_an_earlier_attempt_stays() {
        let error = refused(&Answer { uncertain: true, ..answer(429, JSON) }, 1);
        assert_eq!(error.kind, ErrorKind::Retry { after: Some(Duration::from_secs(9)), unknown: true });
    }
}
