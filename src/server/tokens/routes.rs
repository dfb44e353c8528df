//! What may be asked of tokens, by an administrator.

use super::mint::{Minted, NewToken, TokenView};
use crate::{
    definition::Name,
    server::{
        Problem,
        api::Done,
        extract::{Asker, Named, Sent},
        serve::App,
    },
};
use axum::{Json, extract::State, http::StatusCode};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

/// Every token, without itself.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TokenList {
    /// By name.
    pub tokens: Vec<TokenView>,
}

/// A token, this once.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct NewSecret {
    /// The token itself. It is kept nowhere.
    pub secret: String,
    pub token: TokenView,
}

impl From<Minted> for NewSecret {
    fn from(minted: Minted) -> Self {
        Self { secret: minted.token.expose_secret().to_owned(), token: TokenView::from(&minted.kept) }
    }
}

pub(in crate::server) async fn list(State(app): State<App>) -> Json<TokenList> {
    Json(TokenList { tokens: app.keyring.list().iter().map(TokenView::from).collect() })
}

pub(in crate::server) async fn create(
    State(app): State<App>,
    Asker(by): Asker,
    sent: Sent<NewToken>,
) -> Result<(StatusCode, Json<NewSecret>), Problem> {
    Ok((StatusCode::CREATED, Json(app.keyring.create(&sent.value, &by).await?.into())))
}

pub(in crate::server) async fn rotate(
    State(app): State<App>,
    Named(name): Named<Name>,
    Asker(by): Asker,
) -> Result<Json<NewSecret>, Problem> {
    Ok(Json(app.keyring.rotate(&name, &by).await?.into()))
}

pub(in crate::server) async fn revoke(State(app): State<App>, Named(name): Named<Name>, Asker(by): Asker) -> Result<Json<Done>, Problem> {
    app.keyring.revoke(&name, &by).await?;
    Ok(Json(Done { message: format!("the token {name} is revoked") }))
}
