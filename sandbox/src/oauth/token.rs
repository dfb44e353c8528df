//! The token endpoint.

use super::{
    ask::{Client, Fields},
    grants::{self, Family},
    mint,
    refusal::Refusal,
    server::AuthorizationServer,
};
use crate::vendor::{Ask, Reply};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest, Sha256};

const KNOWN: &[&str] =
    &["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "device_code", "client_id", "client_secret", "scope"];
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Whether a refresh token goes with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refresh {
    Another,
    Same,
    None,
}

impl AuthorizationServer {
    pub(super) fn token(&self, ask: &Ask) -> Result<Reply, Refusal> {
        let fields = Fields::of_form(ask, KNOWN)?;
        let client = fields.client(ask, self.rules)?;
        if let Some(limit) = self.rules.per_second
            && self.rates.take(&client.id, limit, 1_000, self.now()).is_err()
        {
            let violations = vec![format!("more than {limit} a second at the token endpoint")];
            return Ok(Reply { violations, ..Reply::text(429, "Too Many Requests") });
        }
        match fields.need("grant_type")? {
            "authorization_code" => self.exchange(&fields, &client),
            "refresh_token" if self.rules.life_ms.is_some() => self.renew(&fields, &client),
            DEVICE if self.rules.device => self.poll(&fields, &client),
            _ => Err(Refusal::wrong("unsupported_grant_type", "There is no such grant.")),
        }
    }

    fn exchange(&self, fields: &Fields, client: &Client) -> Result<Reply, Refusal> {
        let (word, redirect) = (fields.need("code")?, fields.need("redirect_uri")?);
        let now = self.now();
        self.grants().within(|db| {
            let (code, family) = grants::use_code(db, word, now)?;
            if code.app != client.id || code.redirect != redirect {
                return Err(Refusal::wrong("invalid_grant", "The code is another app's, or for another redirect address."));
            }
            proven(code.challenge.as_deref(), fields.get("code_verifier"), client)?;
            self.give(db, &family, Refresh::Another)
        })
    }

    fn renew(&self, fields: &Fields, client: &Client) -> Result<Reply, Refusal> {
        let token = fields.need("refresh_token")?;
        let now = self.now();
        self.grants().within(|db| {
            let family = grants::use_refresh(db, token, now)?;
            if family.app != client.id {
                return Err(Refusal::wrong("invalid_grant", "The refresh token is another app's."));
            }
            let refresh = if self.settings().long_lived { Refresh::Same } else { Refresh::Another };
            let reply = self.give(db, &family, refresh)?;
            Ok(if refresh == Refresh::Same { with_refresh(reply, token) } else { reply })
        })
    }

    fn poll(&self, fields: &Fields, client: &Client) -> Result<Reply, Refusal> {
        let code = fields.need("device_code")?;
        let now = self.now();
        self.grants().within(|db| {
            let family = grants::use_device(db, code, &client.id, now)?;
            self.give(db, &family, if self.settings().device_refresh { Refresh::Another } else { Refresh::None })
        })
    }

    fn give(&self, db: &Connection, family: &Family, refresh: Refresh) -> Result<Reply, Refusal> {
        let now = self.now();
        let Some(life) = self.rules.life_ms else {
            // As the vendor's API wants keys to end.
            let token = format!("{}-us0", mint::word());
            grants::keep_access(db, &token, family.id, None)?;
            return Ok(Reply::json(200, &json!({"access_token": token, "expires_in": 0, "scope": null})));
        };
        let token = mint::jwt(&family.app, &family.scope, now, now + life);
        grants::keep_access(db, &token, family.id, Some(now + life))?;
        let expires_in = if self.settings().relative_expiry { life } else { now + life } / 1000;
        let body = json!({"token_type": "Bearer", "expires_in": expires_in, "access_token": token, "scope": family.scope});
        let reply = Reply::json(200, &body);
        let offline = family.scope.split(' ').any(|scope| scope == "offline_access");
        Ok(match refresh {
            Refresh::Another if offline => with_refresh(reply, &grants::new_refresh(db, family.id, now)?),
            _ => reply,
        })
    }
}

/// By the verifier of the challenge; an app without a secret has nothing else.
fn proven(challenge: Option<&str>, verifier: Option<&str>, client: &Client) -> Result<(), Refusal> {
    match (challenge, verifier) {
        (Some(challenge), Some(verifier)) if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge => Ok(()),
        (None, None) if client.has_secret => Ok(()),
        (None, None) => Err(Refusal::wrong("invalid_client", "An app without a secret needs PKCE.")),
        _ => Err(Refusal::wrong("invalid_grant", "The verifier is not the challenge's.")),
    }
}

fn with_refresh(reply: Reply, token: &str) -> Reply {
    let mut body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    body["refresh_token"] = token.into();
    Reply::json(reply.status, &body)
}
