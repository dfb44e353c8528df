//! What calls say who they are with: a key, or a sign-in, whose token is another every day.

use super::Error;
use crate::{
    definition::Connection,
    http::{Answer, Authorization, Unproved},
    oauth::Bearer,
};
use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use url::Url;

/// The key of a connection that has one. `made`: how a person makes one.
pub(super) fn api_key(connection: &Connection, made: &str) -> Result<SecretString, Error> {
    connection.api_key().map_err(|why| {
        Error::stall(format!("connection {}: no API key: {why}", connection.name))
            .hint(format!("{made}, and put it where credentials.apiKey says"))
    })
}

/// What stands for a secret: it can be told from others, and nothing can be told of it.
pub(super) fn fingerprint(secret: &SecretString) -> String {
    blake3::hash(secret.expose_secret().as_bytes()).to_hex()[..12].to_owned()
}

/// The connection's endpoint, or the platform's own address.
pub(super) fn base(connection: &Connection, own: &str) -> Result<Url, Error> {
    match &connection.endpoint {
        Some(endpoint) => Ok(endpoint.clone()),
        None => Url::parse(own).map_err(|error| Error::stall(format!("{own} is no address: {error}; this is a bug in Listkeeper"))),
    }
}

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
