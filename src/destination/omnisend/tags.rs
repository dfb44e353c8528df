//! Tags on and off: `/contacts/tags`, up to 250 addresses a call, carried out later.
//!
//! Whoever is no contact is passed over without a word, and no call tells what became of the others: nobody is more than
//! *unverified*. Saying it twice ends as saying it once.

use super::{
    super::{BatchRow, ContainerId, Error, Outcome},
    api::{Api, Call, TAGS},
    errors::{self, Problem},
    rows,
};
use crate::http::Method;
use serde::Serialize;

#[derive(Serialize)]
struct Body<'a> {
    emails: Vec<&'a str>,
    tags: [&'a str; 1],
}

/// Tags by POST, untags by DELETE.
pub(super) async fn send(api: &Api, method: Method, tag: &ContainerId, rows: &[BatchRow]) -> Result<Vec<Outcome>, Error> {
    let body = Body { emails: rows.iter().map(|row| row.email.as_str()).collect(), tags: [&tag.0] };
    let call = Call::send(method, "/contacts/tags", &["contacts", "tags"], &body)?.lane(TAGS).rows(rows.len());
    let what = call.what;
    let answer = api.answer(call).await?;
    if answer.is_success() {
        return Ok(vec![Outcome::Unverified; rows.len()]);
    }
    let problem = if answer.status == 400 { Problem::of(&answer.body) } else { None };
    problem.and_then(|problem| rows::at_fault(&problem, "emails", rows.len())).ok_or_else(|| errors::refused(&answer, what))
}
