//! Where people sign in to a platform, and what its authorization server wants.

use super::Platform;

/// A platform's authorization server, as the platform documents it.
#[derive(Debug, PartialEq, Eq)]
pub struct AuthorizationServer {
    /// As in `type:` of a connection.
    pub name: &'static str,
    /// As people know it.
    pub title: &'static str,
    /// What the paths below stand under, unless `oauth.endpoint` says otherwise.
    pub base: &'static str,
    pub authorize: &'static str,
    pub token: &'static str,
    /// For signing in without a browser here.
    pub device: Option<&'static str>,
    /// Says whose account it is, and where its API is.
    pub metadata: Option<Metadata>,
    pub scopes: &'static [&'static str],
    pub secret: SecretUse,
    pub renewal: Renewal,
    /// Calls a minute, evenly spaced, where the token endpoint is limited.
    pub per_minute: Option<u32>,
    /// Where a person registers the app.
    pub register_at: &'static str,
}

/// Where an account's API is told.
#[derive(Debug, PartialEq, Eq)]
pub struct Metadata {
    pub path: &'static str,
    /// A token is sent nowhere else: the API's host ends so.
    pub api_host: &'static str,
}

/// How an app proves that it is itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretUse {
    /// It must have a secret, which goes with the form.
    Form,
    /// Its secret goes as Basic; an app without one proves itself by PKCE.
    BasicOrPkce,
}

/// How long a sign-in lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Until somebody takes it back; there is nothing to renew.
    Endless,
    /// Access tokens live this long where the answer does not say; a refresh token that is not used dies.
    Refresh { life_hours: i64, unused_days: i64 },
}

impl AuthorizationServer {
    /// `None`: nobody signs in at such a platform.
    pub fn named(name: &str) -> Option<&'static Self> {
        Platform::named(name)?.sheet().authorization_server
    }
}
