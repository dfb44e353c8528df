//! What the vendor says about one row.

use super::{
    super::{Error, Outcome, Rejection, words},
    api::What,
    errors::{self, Problem},
};
use crate::http::Answer;

/// What became of the rows of a call that was refused as a whole; or what it means, where they are not to blame or have to be
/// found by dividing the call.
pub(super) fn refused(answer: &Answer, list: &str, what: What) -> Result<Vec<Outcome>, Error> {
    let problem = if answer.status == 400 { Problem::of(&answer.body) } else { None };
    match problem.map(|problem| blame(&problem, list, what.rows)) {
        Some(Blame::Rows(outcomes)) => Ok(outcomes),
        Some(Blame::SomeRow) => Err(errors::of_some_row(answer, what)),
        Some(Blame::Call) | None => Err(errors::refused(answer, what)),
    }
}

/// What the refusal of a whole call is about. Nothing of the call was carried out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// These rows are rejected; the others were not carried out.
    Rows(Vec<Outcome>),
    /// One of the rows, or several, and it does not say which.
    SomeRow,
    /// The call itself.
    Call,
}

/// Fields of a call that are no rows.
const OF_CALLS: [&str; 5] = ["method", "endpoint", "origin", "tags", "segmentID"];

/// Reads a refusal of a call whose rows stand in the field `list`. The schema writes places with dots (`items.3.city`); older
/// versions wrote brackets (`items[3].city`), and pointers (`/items/3/city`) are read too.
pub(super) fn blame(problem: &Problem, list: &str, rows: usize) -> Blame {
    let mut outcomes = vec![Outcome::NotDone; rows];
    let mut named = false;
    for (field, message) in &problem.fields {
        let Some((at, rest)) = place(field, list) else { continue };
        let Some(outcome) = outcomes.get_mut(at) else { continue };
        *outcome = Outcome::Rejected(rejection(&rest, message));
        named = true;
    }
    let of_call = |(field, _): &(String, String)| steps(field).first().is_some_and(|step| OF_CALLS.contains(step));
    match named {
        true => Blame::Rows(outcomes),
        false if problem.fields.iter().any(of_call) => Blame::Call,
        false if rows == 1 => Blame::Rows(vec![Outcome::Rejected(unplaced(problem))]),
        false => Blame::SomeRow,
    }
}

/// A row that stood alone in a call that was refused.
fn unplaced(problem: &Problem) -> Rejection {
    match problem.fields.first() {
        Some((field, message)) => rejection(&steps(field).join("."), message),
        None => Rejection { code: "vendor-error", detail: problem.words(), field: None },
    }
}

/// `items[3].city` → 3, `city`.
fn place(field: &str, list: &str) -> Option<(usize, String)> {
    match steps(field).as_slice() {
        [first, at, rest @ ..] if *first == list => Some((at.parse().ok()?, rest.join("."))),
        _ => None,
    }
}

/// The steps of a path, whatever stands between them and before it. No name of a field has one of these characters.
fn steps(field: &str) -> Vec<&str> {
    let steps = field.split(['.', '[', ']', '/', '$', '#']).map(|step| step.trim_matches(['"', '\'']));
    let mut steps: Vec<_> = steps.filter(|step| !step.is_empty()).collect();
    if steps.first() == Some(&"body") {
        steps.remove(0);
    }
    steps
}

/// A batch's item that failed.
pub(super) fn failed(status: u16, problem: &Problem) -> Outcome {
    match status {
        403 | 408 | 429 | 503 => Outcome::Later(Rejection { code: "busy", detail: problem.words(), field: None }),
        409 => Outcome::Rejected(Rejection { code: "address-taken", detail: problem.words(), field: None }),
        400..=499 => Outcome::Rejected(match problem.fields.first() {
            Some((field, message)) => rejection(&steps(field).join("."), message),
            None => Rejection { code: "vendor-error", detail: problem.words(), field: None },
        }),
        status => Outcome::Unconfirmed(words::clean(&format!("HTTP {status}: {}", problem.words()))),
    }
}

fn rejection(field: &str, message: &str) -> Rejection {
    let of_address = field.is_empty() || field.starts_with("identifiers");
    let detail = words::clean(&if field.is_empty() { message.to_owned() } else { format!("{field}: {message}") });
    match of_address {
        true => Rejection { code: "invalid-address", detail, field: None },
        false => Rejection { code: "merge-field", detail, field: Some(words::clean(field)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn problem(fields: &[(&str, &str)]) -> Problem {
        let errors: Vec<_> = fields.iter().map(|(field, message)| serde_json::json!({"field": field, "message": message})).collect();
        Problem::read(&serde_json::json!({"title": "T", "errors": errors})).unwrap()
    }

    fn rejected(code: &'static str, detail: &str, field: Option<&str>) -> Outcome {
        Outcome::Rejected(Rejection { code, detail: detail.into(), field: field.map(str::to_owned) })
    }

    #[rstest]
    #[case::dots("items.2.identifiers.0.id", "items.0.birthdate", "emails.1")]
    #[case::brackets("items[2].identifiers[0].id", "items[0].birthdate", "emails[1]")]
    #[case::pointers("/items/2/identifiers/0/id", "/items/0/birthdate", "/emails/1")]
    #[case::of_the_body("body.items[2].identifiers.0.id", "$.items[0]['birthdate']", "#/emails/1")]
    fn the_rows_that_a_refusal_names_are_rejected_and_the_others_sent_again(#[case] id: &str, #[case] day: &str, #[case] email: &str) {
        let refusal = problem(&[(id, "Must be valid"), (day, "Must be a date")]);
        let expected = vec![
            rejected("merge-field", "birthdate: Must be a date", Some("birthdate")),
            Outcome::NotDone,
            rejected("invalid-address", "identifiers.0.id: Must be valid", None),
        ];
        assert_eq!(blame(&refusal, "items", 3), Blame::Rows(expected));
        let expected = vec![Outcome::NotDone, rejected("invalid-address", "Must be valid", None)];
        assert_eq!(blame(&problem(&[(email, "Must be valid")]), "emails", 2), Blame::Rows(expected));
    }

    #[rstest]
    #[case::old_with_the_place_in_the_line(serde_json::json!({"0": ["items[1].city: no"]}))]
    #[case::old_with_the_place_as_the_key(serde_json::json!({"items.1.city": ["no"]}))]
    #[case::old_with_one_line(serde_json::json!({"/items/1/city": "no"}))]
    fn the_older_form_names_rows_too(#[case] fields: serde_json::Value) {
        let refusal = Problem::read(&serde_json::json!({"error": "1 error(s)", "fields": fields})).unwrap();
        let expected = vec![Outcome::NotDone, rejected("merge-field", "city: no", Some("city"))];
        assert_eq!(blame(&refusal, "items", 2), Blame::Rows(expected));
    }

    #[rstest]
    #[case::of_the_call(&["method"], Blame::Call)]
    #[case::a_tag(&["tags.0"], Blame::Call)]
    #[case::nothing(&[], Blame::SomeRow)]
    #[case::beyond_the_rows(&["items.9.city"], Blame::SomeRow)]
    #[case::the_list(&["items"], Blame::SomeRow)]
    #[case::of_some_row(&["identifiers.0.id"], Blame::SomeRow)]
    fn a_refusal_that_names_no_row(#[case] fields: &[&str], #[case] expected: Blame) {
        let fields: Vec<_> = fields.iter().map(|field| (*field, "no")).collect();
        assert_eq!(blame(&problem(&fields), "items", 3), expected);
    }

    #[test]
    fn a_row_that_stands_alone_is_to_blame() {
        let of_field = Blame::Rows(vec![rejected("merge-field", "city: no", Some("city"))]);
        assert_eq!(blame(&problem(&[("/city", "no")]), "items", 1), of_field);
        assert_eq!(blame(&problem(&[]), "items", 1), Blame::Rows(vec![rejected("vendor-error", "T", None)]));
    }
}
