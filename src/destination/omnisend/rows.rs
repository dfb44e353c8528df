//! What the vendor says about one row.

use super::{
    super::{Outcome, Rejection, words},
    errors::Problem,
};

/// The rows that the refusal of a whole call names (`items[3].…`, `emails[3]`) are refused; the others were not carried out.
/// `None`: it names none, so it is about the call.
pub(super) fn at_fault(problem: &Problem, list: &str, rows: usize) -> Option<Vec<Outcome>> {
    let mut outcomes = vec![Outcome::NotDone; rows];
    let mut named = false;
    for (field, message) in &problem.fields {
        let Some((at, rest)) = place(field, list) else { continue };
        let Some(outcome) = outcomes.get_mut(at) else { continue };
        *outcome = Outcome::Rejected(rejection(rest, message));
        named = true;
    }
    named.then_some(outcomes)
}

/// `items[3].city` → 3, `city`.
fn place<'a>(field: &'a str, list: &str) -> Option<(usize, &'a str)> {
    let (at, rest) = field.strip_prefix(list)?.strip_prefix('[')?.split_once(']')?;
    Some((at.parse().ok()?, rest.trim_start_matches('.')))
}

/// A batch's item that failed.
pub(super) fn failed(status: u16, problem: &Problem) -> Outcome {
    match status {
        403 | 408 | 429 | 503 => Outcome::Later(Rejection { code: "busy", detail: problem.words(), field: None }),
        409 => Outcome::Rejected(Rejection { code: "address-taken", detail: problem.words(), field: None }),
        400..=499 => Outcome::Rejected(match problem.fields.first() {
            Some((field, message)) => rejection(field, message),
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

    fn problem(fields: &[(&str, &str)]) -> Problem {
        let errors: Vec<_> = fields.iter().map(|(field, message)| serde_json::json!({"field": field, "message": message})).collect();
        Problem::read(&serde_json::json!({"title": "T", "errors": errors})).unwrap()
    }

    #[test]
    fn the_rows_that_a_refusal_names_are_refused_and_the_others_sent_again() {
        let refusal = problem(&[("items[2].identifiers[0].id", "Must be valid"), ("items[0].birthdate", "Must be a date")]);
        let outcomes = at_fault(&refusal, "items", 3).unwrap();
        let rejected = |code, detail: &str, field: Option<&str>| {
            Outcome::Rejected(Rejection { code, detail: detail.into(), field: field.map(str::to_owned) })
        };
        let expected = [
            rejected("merge-field", "birthdate: Must be a date", Some("birthdate")),
            Outcome::NotDone,
            rejected("invalid-address", "identifiers[0].id: Must be valid", None),
        ];
        assert_eq!(outcomes, expected);
        assert_eq!(
            at_fault(&problem(&[("emails[1]", "Must be valid")]), "emails", 2).unwrap()[1],
            rejected("invalid-address", "Must be valid", None)
        );
    }

    #[test]
    fn a_refusal_of_the_call_names_no_row() {
        for field in ["tags[0]", "items", "items[9].city", "method"] {
            assert_eq!(at_fault(&problem(&[(field, "no")]), "items", 3), None, "{field}");
        }
    }
}
