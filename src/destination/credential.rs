//! What calls say who they are with: a key, or a sign-in, whose token is another every day.

use super::Error;
use crate::{
    http::{Answer, Authorization, Unproved},
    oauth::Bearer,
};
use std::future::Future;

#[derive(Clone, Debug)]
pub(super) enum Credential {
    Key(Authorization),
    SignIn(Bearer),
}

impl Credential {
    /// Makes a call; once more with another token, where the vendor does not take the first any more (401). A token that cannot be
    /// renewed is tried a few times before it is called lost, as a key is.
    pub(super) async fn authorize<F>(&self, call: impl Fn(Authorization, Unproved) -> F) -> Result<Answer, Error>
    where
        F: Future<Output = Result<Answer, Error>>,
    {
        let bearer = match self {
            Self::Key(key) => return call(key.clone(), Unproved::Again).await,
            Self::SignIn(bearer) => bearer,
        };
        let first = bearer.current().await?;
        let unproved = if bearer.is_renewed() { Unproved::Take } else { Unproved::Again };
        let answer = call(first.clone(), unproved).await?;
        if answer.status == 401 { call(bearer.refused(&first).await?, Unproved::Again).await } else { Ok(answer) }
    }
}
