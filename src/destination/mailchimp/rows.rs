//! What the vendor says about one row, by text: there are no machine codes but two.

use super::{
    super::{Outcome, Rejection, words},
    errors::Problem,
};

/// A refusal of one row, from a bulk answer or a call of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Refusal<'a> {
    /// `ERROR_CONTACT_EXISTS`, `ERROR_GENERIC` or empty.
    pub code: &'a str,
    pub text: &'a str,
    pub field: &'a str,
    pub field_text: &'a str,
}

/// Part of the text, in lower case → code; in order, since an old wording of the first says "already a list member" too.
const BY_TEXT: [(&str, &str); 8] = [
    ("compliance state", "compliance-state"),
    ("permanently deleted", "forgotten"),
    ("forgotten email", "forgotten"),
    ("looks fake or invalid", "fake-address"),
    ("valid email address", "invalid-address"),
    ("signed up to a lot of lists", "too-many-lists"),
    ("complete address", "merge-field"),
    ("merge field", "merge-field"),
];

impl Refusal<'_> {
    pub(super) fn outcome(&self) -> Outcome {
        let text = self.text.to_lowercase();
        let known = BY_TEXT.iter().find(|(part, _)| text.contains(part)).map(|(_, code)| *code);
        match known {
            Some("too-many-lists") => Outcome::Later(self.rejection("too-many-lists")),
            Some(code) if code != "merge-field" => Outcome::Rejected(self.rejection(code)),
            _ if self.code == "ERROR_CONTACT_EXISTS" || text.contains("already a list member") => Outcome::Exists,
            _ if known.is_some() || !self.field.is_empty() => Outcome::Rejected(self.rejection("merge-field")),
            _ => Outcome::Rejected(self.rejection("vendor-error")),
        }
    }

    fn rejection(&self, code: &'static str) -> Rejection {
        let detail = match (self.text, self.field_text) {
            (text, "") => words::clean(text),
            ("", field_text) => words::clean(field_text),
            (text, field_text) => words::clean(&format!("{text}: {field_text}")),
        };
        Rejection { code, detail, field: (!self.field.is_empty()).then(|| words::clean(self.field)) }
    }
}

/// A 400 to a call of one row.
pub(super) fn refused_alone(problem: &Problem) -> Outcome {
    let text = format!("{}: {}", problem.title, problem.detail);
    let first = problem.errors.first();
    Refusal {
        code: "",
        text: if problem.detail.is_empty() { &text } else { &problem.detail },
        field: first.map_or("", |e| &e.field),
        field_text: first.map_or("", |e| &e.message),
    }
    .outcome()
}

/// The vendor's answer does not say what became of a row.
pub(super) fn unconfirmed(why: &str) -> Outcome {
    Outcome::Unconfirmed(words::clean(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn told(outcome: Outcome) -> String {
        match outcome {
            Outcome::Rejected(r) => format!("rejected {} {}| {}", r.code, r.field.map_or(String::new(), |f| f + " "), r.detail),
            Outcome::Later(r) => format!("later {} | {}", r.code, r.detail),
            other => format!("{other:?}"),
        }
    }

    #[rstest]
    #[case("ERROR_CONTACT_EXISTS", "a@b.io is already a list member, do you want to update?", "", "", "Exists")]
    #[case("ERROR_CONTACT_EXISTS", "", "", "", "Exists")]
    #[case(
        "ERROR_GENERIC",
        "a@b.io is already a list member in compliance state due to unsubscribe",
        "",
        "",
        "rejected compliance-state | this address is already a list member in compliance state due to unsubscribe"
    )]
    #[case(
        "ERROR_GENERIC",
        "a@b.io is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.",
        "",
        "",
        "rejected compliance-state | this address is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed."
    )]
    #[case(
        "ERROR_GENERIC",
        "a@b.io was permanently deleted and cannot be re-imported.",
        "",
        "",
        "rejected forgotten | this address was permanently deleted and cannot be re-imported."
    )]
    #[case(
        "ERROR_GENERIC",
        "foo@example.com looks fake or invalid, please enter a real email address.",
        "",
        "",
        "rejected fake-address | this address looks fake or invalid, please enter a real email address."
    )]
    #[case(
        "ERROR_GENERIC",
        "Please provide a valid email address.",
        "",
        "",
        "rejected invalid-address | Please provide a valid email address."
    )]
    #[case(
        "ERROR_GENERIC",
        "a@b.io has signed up to a lot of lists very recently; we're not allowing more signups for now",
        "",
        "",
        "later too-many-lists | this address has signed up to a lot of lists very recently; we're not allowing more signups for now"
    )]
    #[case(
        "ERROR_GENERIC",
        "Your merge fields were invalid.",
        "LTV",
        "Please enter a number",
        "rejected merge-field LTV | Your merge fields were invalid.: Please enter a number"
    )]
    #[case(
        "ERROR_GENERIC",
        "",
        "ADDRESS",
        "Please enter a complete address",
        "rejected merge-field ADDRESS | Please enter a complete address"
    )]
    #[case("ERROR_GENERIC", "Something new about a@b.io", "", "", "rejected vendor-error | Something new about this address")]
    #[case("", "", "", "", "rejected vendor-error | ")]
    fn refusals_by_text(#[case] code: &str, #[case] text: &str, #[case] field: &str, #[case] field_text: &str, #[case] expected: &str) {
        assert_eq!(told(Refusal { code, text, field, field_text }.outcome()), expected);
    }

    #[rstest]
    #[case(
        r#"{"title":"Member In Compliance State","detail":"a@b.io is in a compliance state due to unsubscribe"}"#,
        "rejected compliance-state | this address is in a compliance state due to unsubscribe"
    )]
    #[case(r#"{"title":"Forgotten Email Not Subscribed","detail":""}"#, "rejected forgotten | Forgotten Email Not Subscribed:")]
    #[case(r#"{"title":"Invalid Resource","detail":"Your merge fields were invalid.","errors":[{"field":"LTV","message":"Please enter a number"}]}"#, "rejected merge-field LTV | Your merge fields were invalid.: Please enter a number")]
    fn refusals_of_a_call(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(told(refused_alone(&Problem::of(body.as_bytes()).unwrap())), expected);
    }
}
