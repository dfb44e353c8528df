//! Whose account a token is for.

use super::{grants, refusal::Refusal, server::AuthorizationServer};
use crate::sandbox::vendor::{Ask, Reply};
use axum::http::header;
use serde_json::json;

impl AuthorizationServer {
    pub(super) fn metadata(&self, ask: &Ask) -> Result<Reply, Refusal> {
        let value = ask.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let settings = self.settings();
        let token = value.split_once(' ').filter(|(scheme, _)| *scheme == settings.metadata_scheme).map(|(_, token)| token);
        let now = self.now();
        let good = match token {
            Some(token) => self.grants().within(|db| grants::is_good(db, token, now))?,
            None => false,
        };
        if !good {
            return Ok(Reply::json(401, &json!({"error": "invalid_token", "error_description": "The token is not good."})));
        }
        let (name, email) = ("Sandbox", "sandbox@example.com");
        Ok(Reply::json(
            200,
            &json!({
                "dc": "us0", "role": "owner", "accountname": name, "user_id": 1, "login_url": self.origin,
                "login": {"email": email, "avatar": null, "login_id": 1, "login_name": name, "login_email": email},
                "api_endpoint": format!("{}/mailchimp", self.origin),
            }),
        ))
    }
}
