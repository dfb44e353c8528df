//! What every answer that is not a plain success means. The table is in the tests.
//!
//! The API refuses with an array of problems, its gateway with a single one; both are read. Three refusals share the status
//! 429: too many calls in a second, too many in a day, too many activities in the queue.

use super::super::{Error, ErrorKind, words};
use crate::http::{Answer, Request, Verdict};
use serde::Deserialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Until some of a full queue of activities are done.
const QUEUE: Duration = Duration::from_secs(30);
const DAY_S: u64 = 86_400;

/// A refusal in the vendor's words.
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    #[serde(rename = "error_key")]
    key: String,
    #[serde(rename = "error_message", default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Problems {
    One(Problem),
    Several(Vec<Problem>),
}

impl Problem {
    /// The first of them; `None`: the body is not the API's.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        match serde_json::from_slice(body).ok()? {
            Problems::One(problem) => Some(problem),
            Problems::Several(problems) => problems.into_iter().next(),
        }
    }

    /// In one line, without addresses.
    pub(super) fn words(&self) -> String {
        words::clean(&format!("{}: {}", self.key, self.message))
    }

    fn is_quota(&self) -> bool {
        self.key == "quota_exceeded"
    }

    fn is_queue(&self) -> bool {
        self.message.contains("queued activities")
    }
}

/// The vendor says that something does not exist; not something else that answers at the endpoint.
pub(super) fn is_absent(answer: &Answer) -> bool {
    answer.status == 404 && Problem::of(&answer.body).is_some()
}

/// What the client may do about an answer by itself.
pub(super) fn judge(_: &Request, answer: &Answer) -> Verdict {
    let problem = || Problem::of(&answer.body);
    match answer.status {
        // Nothing that is sent before the day ends is taken, and it would count all the same.
        429 if problem().is_some_and(|problem| problem.is_quota()) => Verdict::Take,
        429 if problem().is_some_and(|problem| problem.is_queue()) => Verdict::Throttled { after: Some(QUEUE) },
        429 => Verdict::Throttled { after: None },
        // Not the API's own word, so something on the way.
        403 if problem().is_none() => Verdict::Failed,
        408 | 500 | 502..=504 | 520..=599 => Verdict::Failed,
        200..=299 if answer.status != 204 && !is_whole(&answer.body) => Verdict::Failed,
        _ => Verdict::Take,
    }
}

/// Begins and ends as JSON does: cheap, and enough to tell a cut or foreign answer from a whole one.
fn is_whole(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    matches!((body.first(), body.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
}

/// The meaning of an answer that is not a success, to a call of `rows` rows.
pub(super) fn refused(answer: &Answer, rows: usize) -> Error {
    let problem = Problem::of(&answer.body);
    let said = problem.as_ref().map_or_else(|| format!("HTTP {}", answer.status), |p| format!("HTTP {}: {}", answer.status, p.words()));
    let again = |after, unknown| ErrorKind::Retry { after, unknown: unknown || answer.uncertain };
    match answer.status {
        429 if problem.as_ref().is_some_and(Problem::is_quota) => {
            let kind = ErrorKind::Wait { until: Some(next_day(SystemTime::now())) };
            Error::new(kind, format!("the app's calls of this day at Constant Contact are spent ({said})"))
                .hint("all accounts that use the app's client id share its calls; the vendor raises the limit on request")
        }
        429 if problem.as_ref().is_some_and(Problem::is_queue) => {
            Error::new(again(Some(QUEUE), false), format!("Constant Contact has too much queued for this account ({said})"))
        }
        429 => Error::new(again(answer.retry_after, false), format!("Constant Contact is asked too much at once ({said})"))
            .hint("other programs may be using the app's client id; lower limits.perSecond to leave them room"),
        // The authorization server gives tokens for the sign-in, so that it is not lost.
        401 => Error::new(again(None, false), format!("Constant Contact does not accept the sign-in at the moment ({said})"))
            .hint("where it stays so, the app may be switched off at Constant Contact; or sign in again: `listkeeper connect` with the connection's name"),
        403 if problem.is_some() => Error::stall(format!("Constant Contact does not allow this ({said})")).hint(
            "it does not say which is missing: the scopes contact_data and account_read (sign in again with `listkeeper connect`), \
             the user's privilege to manage contacts (ask the account's owner), or the app itself, which may be switched off",
        ),
        404 if problem.is_none() => elsewhere(format!("what answers is not the Constant Contact API ({said})")),
        404 => Error::stall(format!("Constant Contact does not have what was asked for ({said})"))
            .hint("the list may have been deleted there; plan again to see what is missing"),
        409 => Error::new(again(None, false), format!("somebody else changes the same thing at Constant Contact ({said})")),
        413 if rows > 1 => Error::new(ErrorKind::TooLarge, format!("Constant Contact does not take {rows} rows in one call ({said})")),
        403 | 408 | 500..=599 => Error::new(again(answer.retry_after, true), format!("Constant Contact is in trouble ({said})")),
        300..=399 => elsewhere(format!("Constant Contact sends us elsewhere ({said})")),
        _ => Error::stall(format!("Constant Contact refused the call ({said})")),
    }
}

fn elsewhere(message: String) -> Error {
    Error::stall(message).hint("check the connection's endpoint: it must be the API's base, with /v3")
}

/// When the day's quota begins anew: 00:00 UTC.
fn next_day(now: SystemTime) -> SystemTime {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    UNIX_EPOCH + Duration::from_secs((seconds / DAY_S + 1) * DAY_S)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Effect, script};
    use rstest::rstest;

    const ARRAY: &str = r#"[{"error_key":"contacts.api.x","error_message":"dana@example.com said no"}]"#;
    const OBJECT: &str = r#"{"error_key":"unauthorized","error_message":"Unauthorized"}"#;
    const SECOND: &str = r#"{"error_key":"throttled","error_message":"Too Many Requests"}"#;
    const DAY: &str = r#"{"error_key":"quota_exceeded","error_message":"Limit Exceeded"}"#;
    const DAY_ARRAY: &str = r#"[{"error_key":"quota_exceeded","error_message":"Limit Exceeded"}]"#;
    const FULL: &str = r#"[{"error_key":"k","error_message":"You exceeded 1,000 queued activities for this user account."}]"#;
    const HTML: &str = "<html>Bad gateway</html>";

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer { status, content_type: String::new(), retry_after: None, body: body.into(), attempts: 1, uncertain: false }
    }

    #[rstest]
    // status, body → what the client does, what the run is told
    #[case(429, SECOND, "Throttled { after: None }", "Retry { after: None, unknown: false }")]
    #[case(429, HTML, "Throttled { after: None }", "Retry { after: None, unknown: false }")]
    #[case(429, FULL, "Throttled { after: Some(30s) }", "Retry { after: Some(30s), unknown: false }")]
    #[case(429, DAY, "Take", "Wait")]
    #[case(429, DAY_ARRAY, "Take", "Wait")]
    #[case(401, OBJECT, "Take", "Retry { after: None, unknown: false }")]
    #[case(403, OBJECT, "Take", "Stall")]
    #[case(403, HTML, "Failed", "Retry { after: None, unknown: true }")]
    #[case(400, ARRAY, "Take", "Stall")]
    #[case(404, ARRAY, "Take", "Stall")]
    #[case(404, HTML, "Take", "Stall")]
    #[case(409, ARRAY, "Take", "Retry { after: None, unknown: false }")]
    #[case(413, HTML, "Take", "TooLarge")]
    #[case(415, ARRAY, "Take", "Stall")]
    #[case(307, "", "Take", "Stall")]
    #[case(500, ARRAY, "Failed", "Retry { after: None, unknown: true }")]
    #[case(502, HTML, "Failed", "Retry { after: None, unknown: true }")]
    #[case(503, OBJECT, "Failed", "Retry { after: None, unknown: true }")]
    fn refusals(#[case] status: u16, #[case] body: &'static str, #[case] verdict: &str, #[case] kind: &str) {
        let answer = answer(status, body);
        assert_eq!(format!("{:?}", judge(&script::request(Effect::Repeatable), &answer)), verdict);
        let error = refused(&answer, 500);
        let told = if matches!(error.kind, ErrorKind::Wait { .. }) { "Wait".to_owned() } else { format!("{:?}", error.kind) };
        assert_eq!(told, kind);
        assert!(!error.message.contains('@'), "{}", error.message);
    }

    #[rstest]
    #[case(200, "{}", "Take")]
    #[case(204, "", "Take")]
    #[case(201, "{\"activity_id\":\"86b9", "Failed")]
    #[case(200, HTML, "Failed")]
    fn successes_are_whole_or_tried_again(#[case] status: u16, #[case] body: &'static str, #[case] verdict: &str) {
        assert_eq!(format!("{:?}", judge(&script::request(Effect::Once), &answer(status, body))), verdict);
    }

    #[test]
    fn a_spent_day_ends_at_midnight_utc() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(next_day(at(1_795_600_000)), at(1_795_651_200));
        assert_eq!(next_day(at(1_795_651_200)), at(1_795_737_600));
    }
}
