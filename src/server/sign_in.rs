//! Tokens on their way from whoever signed in to the daemon that keeps them.

use super::{
    Problem,
    extract::{Asker, Named, Sent},
    serve::App,
};
use crate::{
    definition::Name,
    oauth::{Binding, Tokens},
    run::SignedIn,
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

/// More characters than any platform's token has.
const TOKEN_CHARS: usize = 16 << 10;

pub(super) async fn keep(
    State(app): State<App>,
    Named(connection): Named<Name>,
    Asker(by): Asker,
    sent: Sent<SentTokens>,
) -> Result<Json<SignedInNow>, Problem> {
    Ok(Json(app.handle.sign_in(connection, sent.value.read()?, by).await?.into()))
}

/// What a sign-in gave, and for which app at which server. It is kept, and shown to nobody.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SentTokens {
    /// As in `type:` of the connection.
    vendor: String,
    /// The authorization server's base.
    endpoint: String,
    client_id: String,
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    obtained: DateTime<Utc>,
    /// Of the access token; `null`: never.
    #[serde(default)]
    expires: Option<DateTime<Utc>>,
    /// Whose account it is. The daemon asks the authorization server itself.
    #[serde(default)]
    account: Option<String>,
    /// Where the account's API is. The daemon asks the authorization server itself.
    #[serde(default)]
    #[schemars(extend("format" = "uri"))]
    api: Option<String>,
}

/// How the sign-in stands.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedInNow {
    pub account: Option<String>,
    /// Whether the platform took it; `null`: no export uses the connection, so it was not asked.
    pub connected: Option<bool>,
    /// Why it did not.
    pub why: Option<String>,
    pub hint: Option<String>,
}

impl From<&Tokens> for SentTokens {
    fn from(tokens: &Tokens) -> Self {
        let Tokens { bound, access, refresh, obtained, expires, account, api } = tokens.clone();
        let text = |secret: SecretString| secret.expose_secret().to_owned();
        Self {
            vendor: bound.vendor,
            endpoint: bound.endpoint,
            client_id: bound.client_id,
            access_token: text(access),
            refresh_token: refresh.map(text),
            obtained,
            expires,
            account,
            api: api.map(String::from),
        }
    }
}

impl SentTokens {
    fn read(self) -> Result<Tokens, Problem> {
        let Self { vendor, endpoint, client_id, access_token, refresh_token, obtained, expires, account, api } = self;
        let good = |token: &String| (1..=TOKEN_CHARS).contains(&token.len()) && token.chars().all(|c| c.is_ascii_graphic());
        if !std::iter::once(&access_token).chain(&refresh_token).all(good) {
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "a token is not a text of printable ASCII characters"));
        }
        let api = api.map(|text| text.parse::<Url>()).transpose();
        let api = api.map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("api is not an address: {error}")))?;
        let bound = Binding { vendor, endpoint, client_id };
        Ok(Tokens { bound, access: access_token.into(), refresh: refresh_token.map(Into::into), obtained, expires, account, api })
    }
}

impl From<SignedIn> for SignedInNow {
    fn from(signed_in: SignedIn) -> Self {
        let connected = signed_in.proved.as_ref().map(Result::is_ok);
        let failure = signed_in.proved.and_then(Result::err);
        let why = failure.as_ref().map(|failure| failure.message.clone());
        Self { account: signed_in.account, connected, why, hint: failure.and_then(|failure| failure.hints.into_iter().next()) }
    }
}
