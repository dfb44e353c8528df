//! Who our calls say we are: an API key, or a token that somebody's sign-in gave, renewed ahead of time.

use super::Error;
use crate::{
    definition::{Connection, Credentials},
    http::{Answer, Authorization, Client, Failure, Request},
    oauth::{Bearer, SignIns},
};

/// What a connection's calls are authorized with.
#[derive(Clone, Debug)]
pub enum Identity {
    Key(Authorization),
    SignedIn(Bearer),
}

/// What stands in the way of a call: the sign-in, or the way to the vendor.
pub enum NoAnswer {
    SignIn(Error),
    Lost(Failure),
}

impl Identity {
    /// Of a sign-in, where the connection has one; `None`: it has a key.
    pub fn signed_in(connection: &Connection, sign_ins: &SignIns) -> Result<Option<Bearer>, Error> {
        match &connection.credentials {
            Credentials::ApiKey(_) => Ok(None),
            Credentials::OAuth(_) => Ok(Some(sign_ins.bearer(connection)?)),
        }
    }

    /// Sends with whatever is good now. A token that the vendor refuses is renewed, once.
    pub async fn send(&self, client: &Client, mut request: Request) -> Result<Answer, NoAnswer> {
        let bearer = match self {
            Self::Key(key) => {
                request.authorization = Some(key.clone());
                return client.send(&request).await.map_err(NoAnswer::Lost);
            }
            Self::SignedIn(bearer) => bearer,
        };
        let used = bearer.current().await.map_err(NoAnswer::of)?;
        request.authorization = Some(used.clone());
        let answer = client.send(&request).await.map_err(NoAnswer::Lost)?;
        if answer.status != 401 {
            return Ok(answer);
        }
        request.authorization = Some(bearer.refused(&used).await.map_err(NoAnswer::of)?);
        client.send(&request).await.map_err(NoAnswer::Lost)
    }
}

impl NoAnswer {
    fn of(error: crate::oauth::Error) -> Self {
        Self::SignIn(error.into())
    }

    /// As an error of a destination; `lost` says what a lost answer means.
    pub fn or(self, lost: impl FnOnce(&Failure) -> Error) -> Error {
        match self {
            Self::SignIn(error) => error,
            Self::Lost(failure) => lost(&failure),
        }
    }
}
