//! A connection signed in: what the sign-in gave is kept first, then proved by a call (C5).

use super::{Engine, Failure, FailureKind};
use crate::{
    definition::{Connection, Export},
    destination::{Account, Consents},
    oauth::{self, App, Authority, Bearer, Tokens},
};

/// How a sign-in stands.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Whose account it is, where that is known.
    pub account: Option<String>,
    /// Whether a call of the platform's API went through; `None`: no export uses the connection, so none was made.
    pub proved: Option<Result<(), Failure>>,
}

impl Engine {
    /// Keeps tokens, then uses them. `export`: one that uses the connection, if there is one.
    pub async fn sign_in(&self, connection: &Connection, export: Option<&Export>, tokens: Tokens) -> Result<SignedIn, Failure> {
        self.consents().give(connection, None).await?;
        let told = tokens.account.clone();
        self.sign_ins.keep(&connection.name, tokens).await?;
        let Some(export) = export else { return Ok(SignedIn { account: told, proved: None }) };
        let probed = self.probe(export).await;
        let account = probed.as_ref().ok().map(|account| account.name.clone()).filter(|name| !name.is_empty());
        if let Some(account) = &account {
            self.sign_ins.name_account(&connection.name, account).await?;
        }
        Ok(SignedIn { account: account.or(told), proved: Some(probed.map(drop)) })
    }

    /// As [`Engine::sign_in`], of tokens that a caller hands over: what the caller says of the account and of where its API is
    /// is asked of the authorization server instead.
    pub async fn sign_in_for(&self, connection: &Connection, export: Option<&Export>, tokens: Tokens) -> Result<SignedIn, Failure> {
        self.check_consent(connection)?;
        let tokens = match App::of(connection) {
            Some(app) => Authority::new(app?, &self.hub).confirmed(tokens).await?,
            None => return Err(Failure::new(FailureKind::Stalled, format!("connection {} has a key; nobody signs in", connection.name))),
        };
        self.sign_in(connection, export, tokens).await
    }

    /// Whether the connection's privacy consent covers what it is now; before anything of it is sent (C4).
    pub fn check_consent(&self, connection: &Connection) -> Result<(), Failure> {
        Ok(self.consents().check(connection)?)
    }

    /// What calls of a connection authorize themselves with; as [`Engine::check_consent`].
    pub fn bearer(&self, connection: &Connection) -> Result<Bearer, Failure> {
        self.check_consent(connection)?;
        Ok(self.sign_ins.bearer(connection)?)
    }

    /// A live probe of a connection's credentials, as one of its exports uses them.
    pub async fn probe(&self, export: &Export) -> Result<Account, Failure> {
        Ok(self.destination(export, &self.hub)?.verify().await?)
    }
}

impl From<oauth::Error> for Failure {
    fn from(error: oauth::Error) -> Self {
        let kind = match error.kind {
            oauth::ErrorKind::Retry { after } => FailureKind::Retry { after },
            oauth::ErrorKind::Stall => FailureKind::Stalled,
        };
        error.hint.into_iter().fold(Self::new(kind, error.message), Self::hint)
    }
}
