//! What a success says of each row: only who was not taken, by address, in a list for each reason.

use super::{
    super::{BatchRow, Error, Operation, Outcome, Rejection, outcomes::Outcomes},
    api::read,
};
use crate::http::Answer;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Some of it is missing in older answers.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Answered {
    fail_count: usize,
    filtered_out_fields: Option<Vec<String>>,
    failed_updates: Option<BTreeMap<String, Option<Vec<String>>>>,
    invalid_emails: Option<Vec<String>>,
}

/// The vendor's list, our code, and what it means: the vendor gives no words.
const REASONS: [(&str, &str, &str); 5] = [
    ("invalidEmails", "invalid-address", "Iterable does not take such an address"),
    ("notFoundEmails", "not-found", "Iterable has no such user and makes none"),
    ("invalidDataEmails", "invalid-data", "a value does not fit the project's field; Iterable does not say which"),
    ("conflictEmails", "conflict", "Iterable has this address under another user"),
    ("forgottenEmails", "forgotten", "this person was erased at Iterable and is not taken again"),
];

/// One answer, read.
pub(super) struct Told {
    /// In the order of the rows.
    pub outcomes: Vec<Outcome>,
    /// Fields that were dropped.
    pub left_out: Vec<String>,
}

pub(super) fn told(answer: &Answer, operation: Operation, rows: &[&BatchRow]) -> Result<Told, Error> {
    let answered: Answered = read(answer)?;
    let mut outcomes = Outcomes::of(rows.iter().copied());
    let lists = answered.failed_updates.into_iter().flatten().filter_map(|(name, addresses)| Some((name, addresses?)));
    let deprecated = answered.invalid_emails.map(|addresses| ("invalidEmails".to_owned(), addresses));
    for (list, addresses) in lists.chain(deprecated).filter(|(list, _)| list.ends_with("Emails")) {
        addresses.iter().for_each(|address| outcomes.put(address, refused(&list, operation)));
    }
    let outcomes = outcomes.into_inner();
    let named = outcomes.iter().flatten().count();
    let rest = if answered.fail_count > named { unnamed() } else { Outcome::Done { standing: None } };
    let outcomes = outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| rest.clone())).collect();
    Ok(Told { outcomes, left_out: answered.filtered_out_fields.unwrap_or_default() })
}

fn refused(list: &str, operation: Operation) -> Outcome {
    match (list, operation) {
        // Who is unknown or erased is on no list, and has nothing that could be told.
        ("notFoundEmails", Operation::Leave | Operation::Update) | ("forgottenEmails", Operation::Leave) => Outcome::Gone,
        _ => Outcome::Rejected(rejection(list)),
    }
}

fn rejection(list: &str) -> Rejection {
    let known = REASONS.iter().find(|(name, ..)| *name == list);
    let (code, detail) =
        known.map_or(("vendor-error", "Iterable did not take this row and does not say why"), |(_, code, words)| (code, words));
    Rejection { code, detail: detail.to_owned(), field: None }
}

fn unnamed() -> Outcome {
    Outcome::Unconfirmed("Iterable counts more failures than it names".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::{Email, Key};
    use rstest::rstest;

    fn rows() -> Vec<BatchRow> {
        let row = |address| {
            let email = Email::parse(address).unwrap().unwrap();
            BatchRow {
                key: Key::of(&email),
                email,
                attributes: Vec::new(),
                standing: None,
                joins: Vec::new(),
                consent_at: None,
                contact: None,
            }
        };
        ["a@example.com", "b@example.com"].map(row).into()
    }

    #[rstest]
    #[case(r#"{"successCount": 2, "failCount": 0, "invalidEmails": [], "invalidUserIds": []}"#, "done done")]
    #[case(r#"{"successCount": 1, "failCount": 1, "invalidEmails": ["B@Example.com"]}"#, "done invalid-address")]
    #[case(
        r#"{"failCount": 2, "failedUpdates": {"notFoundEmails": ["a@example.com"], "conflictEmails": ["b@example.com"]}}"#,
        "not-found conflict"
    )]
    #[case(
        r#"{"failCount": 1, "failedUpdates": {"invalidDataEmails": ["a@example.com"], "invalidDataUserIds": null}}"#,
        "invalid-data done"
    )]
    #[case(r#"{"failCount": 1, "failedUpdates": {"brandNewEmails": ["a@example.com"], "other": ["b@example.com"]}}"#, "vendor-error done")]
    #[case(r#"{"failCount": 1, "failedUpdates": {"forgottenEmails": ["a@example.com", "who@example.com"]}}"#, "forgotten done")]
    #[case(r#"{"failCount": 2, "failedUpdates": {"invalidEmails": ["a@example.com"]}}"#, "invalid-address unconfirmed")]
    #[case("{}", "done done")]
    fn answers(#[case] body: &'static str, #[case] expected: &str) {
        assert_eq!(outcomes(body, Operation::Join), expected);
    }

    #[rstest]
    #[case(Operation::Leave, "gone gone")]
    #[case(Operation::Update, "gone forgotten")]
    #[case(Operation::Join, "not-found forgotten")]
    fn who_is_nowhere_has_left(#[case] operation: Operation, #[case] expected: &str) {
        let body = r#"{"failCount": 2, "failedUpdates": {"notFoundEmails": ["a@example.com"], "forgottenEmails": ["b@example.com"]}}"#;
        assert_eq!(outcomes(body, operation), expected);
    }

    fn outcomes(body: &'static str, operation: Operation) -> String {
        let rows = rows();
        let answer =
            Answer { status: 200, content_type: String::new(), retry_after: None, body: body.into(), attempts: 1, uncertain: false };
        let told = told(&answer, operation, &rows.iter().collect::<Vec<_>>()).unwrap();
        let word = |outcome: &Outcome| match outcome {
            Outcome::Done { .. } => "done",
            Outcome::Gone => "gone",
            Outcome::Unconfirmed(_) => "unconfirmed",
            Outcome::Rejected(why) => why.code,
            _ => "something else",
        };
        told.outcomes.iter().map(word).collect::<Vec<_>>().join(" ")
    }
}
