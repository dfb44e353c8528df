//! Tags on and off: `/contacts/tags`, up to 250 addresses a call, carried out later.
//!
//! Whoever is no contact is passed over without a word, and no call tells what became of the others: nobody is more than
//! *unverified*. Saying it twice ends as saying it once.

use super::{
    super::{BatchRow, ContainerId, Error, Outcome},
    api::{Api, Call, TAGS},
    rows, spelling,
};
use crate::http::Method;
use serde::Serialize;
use std::borrow::Cow;

#[derive(Serialize)]
struct Body<'a> {
    emails: Vec<Cow<'a, str>>,
    tags: [&'a str; 1],
}

/// Tags by POST, untags by DELETE.
pub(super) async fn send(api: &Api, method: Method, tag: &ContainerId, rows: &[BatchRow]) -> Result<Vec<Outcome>, Error> {
    let body = Body { emails: rows.iter().map(spelling::spelt).collect(), tags: [&tag.0] };
    let call = Call::send(method, "/contacts/tags", &["contacts", "tags"], &body)?.lane(TAGS).rows(rows.len());
    let what = call.what;
    let answer = api.answer(call).await?;
    if answer.is_success() {
        return Ok(vec![Outcome::Unverified; rows.len()]);
    }
    rows::refused(&answer, "emails", what)
}
