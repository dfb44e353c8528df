//! What calls say who they are with: a key, or a sign-in, whose token is another every day.

use super::Error;
use crate::{
    http::{Answer, Authorization},
    oauth::Bearer,
};
use std::future::Future;

#[derive(Clone, Debug)]
pub(super) enum Credential {
    Key(Authorization),
    SignIn(Bearer),
}

impl Credential {
    /// Makes a call; once more with another token, where the vendor does not take the first any more (401).
    pub(super) async fn authorize<F>(&self, call: impl Fn(Authorization) -> F) -> Result<Answer, Error>
    where
        F: Future<Output = Result<Answer, Error>>,
    {
        let bearer = match self {
            Self::Key(key) => return call(key.clone()).await,
            Self::SignIn(bearer) => bearer,
        };
        let first = bearer.current().await?;
        let answer = call(first.clone()).await?;
        if answer.status == 401 { call(bearer.refused(&first).await?).await } else { Ok(answer) }
    }
}
