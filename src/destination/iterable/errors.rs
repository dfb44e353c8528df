//! What every answer that is not a plain success means. The table is in the tests.
//!
//! The HTTP status decides: a `code` of "Success" was seen beside refusals. Where one status means several things, the code
//! is looked at, and so are the message and the parameters.

use super::super::{Error, ErrorKind, words};
use crate::http::{Answer, Request, Verdict};
use serde::Deserialize;
use serde_json::Value as Json;

/// Where keys are made.
pub(super) const KEYS: &str = "make a server-side key at Iterable under Integrations → API keys";

/// A refusal is shorter.
const PROBLEM_BYTES: usize = 64 << 10;

/// A refusal as the vendor words it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    msg: String,
    code: String,
    params: Json,
}

/// A value is of another type than its field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Field → the type that it has; empty where the vendor does not say.
    pub fields: Vec<(String, String)>,
    pub words: String,
}

impl Problem {
    /// `None`: the body is not the API's.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok().filter(|problem: &Self| !problem.msg.is_empty() || !problem.code.is_empty())
    }

    /// In one line, without addresses.
    pub(super) fn words(&self) -> String {
        let code = Some(self.code.as_str()).filter(|code| !code.is_empty() && *code != "Success");
        let parts = code.into_iter().chain(Some(self.msg.as_str()).filter(|msg| !msg.is_empty()));
        words::clean(&parts.collect::<Vec<_>>().join(": "))
    }

    pub(super) fn is_no_list(&self) -> bool {
        self.msg.contains("invalidListId")
    }

    fn is_too_large(&self) -> bool {
        self.code == "BatchTooLarge" || self.msg.to_lowercase().contains("too large")
    }

    /// Names of fields come with a prefix at times: `project:::field`.
    fn misfit(&self) -> Option<Misfit> {
        let errors = self.params.get("validationErrors").and_then(Json::as_object);
        if self.code != "RequestFieldsTypesMismatched" && errors.is_none() {
            return None;
        }
        let bare = |name: &String| name.rsplit(":::").next().unwrap_or_default().to_owned();
        let expected = |error: &Json| error.get("expectedType").and_then(Json::as_str).unwrap_or_default().to_owned();
        let fields = errors.into_iter().flatten().map(|(name, error)| (bare(name), expected(error))).collect();
        Some(Misfit { fields, words: self.words() })
    }
}

/// The misfit for which all rows of a call were refused, if that is why.
pub(super) fn misfit(answer: &Answer) -> Option<Misfit> {
    if answer.status == 400 { Problem::of(&answer.body)?.misfit() } else { None }
}

/// The call does not know the list, whatever the HTTP status: it is gone, or not known everywhere yet ([`super::patient`]).
pub(super) fn no_list(answer: &Answer) -> bool {
    // The list of a million members is not parsed for it.
    let may_be = answer.body.len() < PROBLEM_BYTES && answer.body.trim_ascii_start().starts_with(b"{");
    may_be && Problem::of(&answer.body).is_some_and(|problem| answer.status == 404 || problem.is_no_list())
}

/// A refusal of which nothing tells the reason: neither the list, nor a value, nor the size, nor the form of the call.
pub(super) fn is_unexplained(answer: &Answer) -> bool {
    const TOLD: [&str; 2] = ["BadJsonBody", "UniqueFieldsLimitExceeded"];
    let told = |problem: &Problem| {
        problem.is_no_list() || problem.is_too_large() || problem.misfit().is_some() || TOLD.contains(&problem.code.as_str())
    };
    answer.status == 400 && Problem::of(&answer.body).is_some_and(|problem| !told(&problem))
}

/// What the client may do about an answer by itself.
pub(super) fn judge(request: &Request, answer: &Answer) -> Verdict {
    match answer.status {
        200..=299 if !is_whole(&answer.body) => Verdict::Failed,
        _ => judge_status(request, answer),
    }
}

/// As [`judge`], where the answer is plain text.
pub(super) fn judge_text(request: &Request, answer: &Answer) -> Verdict {
    match answer.status {
        200..=299 if answer.content_type.contains("html") => Verdict::Failed,
        _ => judge_status(request, answer),
    }
}

fn judge_status(_: &Request, answer: &Answer) -> Verdict {
    match answer.status {
        429 => Verdict::Throttled { after: None },
        408 | 500..=599 => Verdict::Failed,
        _ => Verdict::Take,
    }
}

/// Begins and ends as a JSON object does, or is a number: cheap, and enough to tell a cut or foreign answer from a whole one.
fn is_whole(body: &[u8]) -> bool {
    match body.trim_ascii() {
        [b'{', .., b'}'] => true,
        body => !body.is_empty() && body.iter().all(u8::is_ascii_digit),
    }
}

/// The meaning of an answer that is not a success, to a call of `rows` rows.
pub(super) fn refused(answer: &Answer, rows: usize) -> Error {
    let problem = Problem::of(&answer.body);
    let said = problem.as_ref().map_or_else(|| format!("HTTP {}", answer.status), |p| format!("HTTP {}: {}", answer.status, p.words()));
    let again = |unknown| ErrorKind::Retry { after: answer.retry_after, unknown: unknown || answer.uncertain };
    let is = |test: fn(&Problem) -> bool| problem.as_ref().is_some_and(test);
    match answer.status {
        429 => Error::new(again(false), format!("Iterable is asked too much at once ({said})"))
            .hint("other programs may be using the project; lower limits.perSecond to leave them room"),
        401 => Error::stall(format!("Iterable does not accept the API key ({said})"))
            .hint(format!("the key may be revoked, or of the other data centre: one of the European needs `region: eu`; {KEYS}")),
        403 => Error::stall(format!("Iterable does not allow this ({said})"))
            .hint(format!("keys for mobile apps, JavaScript or reading only cannot write lists: {KEYS}")),
        400 | 413 if answer.status == 413 || is(Problem::is_too_large) => too_large(rows, &said),
        400 if is(|p| p.code == "UniqueFieldsLimitExceeded") => {
            Error::stall(format!("the Iterable project has no room for new fields ({said})"))
                .hint("remove fields there that nobody uses, or map attributes to fields that exist")
        }
        404 if problem.is_none() => elsewhere("what answers is not the Iterable API", &said),
        300..=399 => elsewhere("Iterable sends us elsewhere", &said),
        408 | 500..=599 => Error::new(again(true), format!("Iterable is in trouble ({said})")),
        _ => Error::stall(format!("Iterable refused the call ({said})")),
    }
}

fn too_large(rows: usize, said: &str) -> Error {
    match rows {
        0 | 1 => Error::stall(format!("Iterable finds one row too large ({said})")).hint("send fewer or shorter attributes"),
        _ => Error::new(ErrorKind::TooLarge, format!("Iterable finds {rows} rows too many for one call ({said})")),
    }
}

fn elsewhere(what: &str, said: &str) -> Error {
    Error::stall(format!("{what} ({said})")).hint("check the connection's endpoint: it must be the API's base, with /api")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Effect, script};
    use rstest::rstest;
    use std::time::Duration;

    const REFUSAL: &str = r#"{"msg":"dana@example.com said no","code":"BadParams","params":null}"#;
    const LIST: &str = r#"{"msg":"error.lists.invalidListId","code":"BadParams","params":null}"#;
    const LARGE: &str = r#"{"msg":"m","code":"BatchTooLarge","params":null}"#;
    const LIES: &str = r#"{"msg":"Batch is too large: 1600","code":"Success"}"#;
    const FULL: &str = r#"{"msg":"m","code":"UniqueFieldsLimitExceeded"}"#;
    const HTML: &str = "<html>Bad gateway</html>";

    fn answer(status: u16, body: &'static str) -> Answer {
        let retry_after = (status == 429).then_some(Duration::from_secs(9));
        Answer { status, content_type: "text/html".into(), retry_after, body: body.into(), attempts: 1, uncertain: false }
    }

    #[rstest]
    // status, body, rows → what the client does, what the run is told, and whether the hint helps
    #[case(429, REFUSAL, 9, "Throttled { after: None }", "Retry { after: Some(9s), unknown: false }", "limits.perSecond")]
    #[case(429, "Too Many Requests", 9, "Throttled { after: None }", "Retry { after: Some(9s), unknown: false }", "limits.perSecond")]
    #[case(401, REFUSAL, 9, "Take", "Stall", "region: eu")]
    #[case(403, REFUSAL, 9, "Take", "Stall", "server-side")]
    #[case(400, REFUSAL, 9, "Take", "Stall", "")]
    #[case(400, FULL, 9, "Take", "Stall", "fields that exist")]
    #[case(400, LARGE, 9, "Take", "TooLarge", "")]
    #[case(400, LIES, 9, "Take", "TooLarge", "")]
    #[case(400, LARGE, 1, "Take", "Stall", "attributes")]
    #[case(413, "", 9, "Take", "TooLarge", "")]
    #[case(404, HTML, 9, "Take", "Stall", "endpoint")]
    #[case(404, REFUSAL, 9, "Take", "Stall", "")]
    #[case(302, "", 9, "Take", "Stall", "endpoint")]
    #[case(500, REFUSAL, 9, "Failed", "Retry { after: None, unknown: true }", "")]
    #[case(502, HTML, 9, "Failed", "Retry { after: None, unknown: true }", "")]
    #[case(503, "", 1, "Failed", "Retry { after: None, unknown: true }", "")]
    fn refusals(
        #[case] status: u16,
        #[case] body: &'static str,
        #[case] rows: usize,
        #[case] verdict: &str,
        #[case] kind: &str,
        #[case] hint: &str,
    ) {
        let (request, answer) = (script::request(Effect::Once), answer(status, body));
        assert_eq!(format!("{:?} {:?}", judge(&request, &answer), judge_text(&request, &answer)), format!("{verdict} {verdict}"));
        let error = refused(&answer, rows);
        assert_eq!(format!("{:?}", error.kind), kind);
        assert!(error.hint.unwrap_or_default().contains(hint) && !error.message.contains('@'), "{}", error.message);
    }

    #[rstest]
    #[case("{}", "Take", "Failed")]
    #[case("2", "Take", "Failed")]
    #[case("", "Failed", "Failed")]
    #[case("{\"successCount\": 1", "Failed", "Failed")]
    #[case(HTML, "Failed", "Failed")]
    fn successes_are_whole_or_tried_again(#[case] body: &'static str, #[case] as_json: &str, #[case] as_text: &str) {
        let (request, answer) = (script::request(Effect::Once), answer(200, body));
        assert_eq!(
            (format!("{:?}", judge(&request, &answer)).as_str(), format!("{:?}", judge_text(&request, &answer)).as_str()),
            (as_json, as_text)
        );
    }

    #[rstest]
    #[case(r#"{"code":"RequestFieldsTypesMismatched","msg":"m","params":null}"#, Some(""))]
    #[case(
        r#"{"code":"Success","msg":"m","params":{"validationErrors":{"shop:::points":{"expectedType":"long"}}}}"#,
        Some("points is long")
    )]
    #[case(r#"{"code":"X","msg":"m","params":{"validationErrors":{"a b":{}}}}"#, Some("a b is "))]
    #[case(REFUSAL, None)]
    #[case(HTML, None)]
    fn misfits(#[case] body: &'static str, #[case] expected: Option<&str>) {
        let words = |misfit: Misfit| misfit.fields.iter().map(|(name, has)| format!("{name} is {has}")).collect::<String>();
        assert_eq!(misfit(&answer(400, body)).map(words).as_deref(), expected);
        assert_eq!(misfit(&answer(500, body)), None);
    }

    #[rstest]
    #[case(400, LIST, true, false)]
    #[case(404, LIST, true, false)]
    #[case(500, LIST, true, false)]
    #[case(200, LIST, true, false)]
    #[case(404, REFUSAL, true, false)]
    #[case(404, HTML, false, false)]
    #[case(400, REFUSAL, false, true)]
    #[case(400, HTML, false, false)]
    #[case(400, LARGE, false, false)]
    #[case(400, FULL, false, false)]
    #[case(400, r#"{"code":"BadJsonBody","msg":"m"}"#, false, false)]
    #[case(400, r#"{"code":"RequestFieldsTypesMismatched","msg":"m"}"#, false, false)]
    #[case(200, "a@example.com\n", false, false)]
    fn what_a_list_or_nothing_explains(#[case] status: u16, #[case] body: &'static str, #[case] of_list: bool, #[case] unexplained: bool) {
        let answer = answer(status, body);
        assert_eq!((no_list(&answer), is_unexplained(&answer)), (of_list, unexplained));
    }
}
