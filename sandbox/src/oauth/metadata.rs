//! Whose account a token is for.

use super::{grants, refusal::Refusal, rules::OtherScheme, server::AuthorizationServer};
use crate::vendor::{Ask, Reply};
use axum::http::header;
use serde_json::json;

impl AuthorizationServer {
    pub(super) fn metadata(&self, ask: &Ask) -> Result<Reply, Refusal> {
        let value = ask.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let settings = self.settings();
        let (scheme, token) = value.split_once(' ').unwrap_or_default();
        let liked = scheme == settings.metadata_scheme;
        let known = liked || (settings.other_scheme == OtherScheme::WithoutEndpoint && matches!(scheme, "OAuth" | "Bearer"));
        let now = self.now();
        if !known || !self.grants().within(|db| grants::is_good(db, token, now))? {
            return Ok(Reply::json(401, &json!({"error": "invalid_token", "error_description": "The token is not good."})));
        }
        let (name, email) = ("Sandbox", "sandbox@example.com");
        let mut told = json!({
            "role": "owner", "accountname": name, "user_id": 1, "login_url": self.origin,
            "login": {"email": email, "avatar": null, "login_id": 1, "login_name": name, "login_email": email},
        });
        if settings.names_centre {
            told["dc"] = "us0".into();
        }
        if settings.names_endpoint && liked {
            told["api_endpoint"] = format!("{}/mailchimp", self.origin).into();
        }
        Ok(Reply::json(200, &told))
    }
}
