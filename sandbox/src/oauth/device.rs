//! Codes for machines without a browser: the person opens a page elsewhere.

use super::{
    ask::Fields,
    grants,
    refusal::Refusal,
    rules::{DEVICE_MS, INTERVAL_MS},
    server::AuthorizationServer,
};
use crate::vendor::{Ask, Reply};
use serde_json::json;

const KNOWN: &[&str] = &["client_id", "client_secret", "response_type", "scope", "state"];

impl AuthorizationServer {
    pub(super) fn device(&self, ask: &Ask) -> Result<Reply, Refusal> {
        let fields = Fields::of_form(ask, KNOWN)?;
        let client = fields.client(ask, self.rules)?;
        if fields.need("response_type")? != "code" {
            return Err(Refusal::wrong("unsupported_response_type", "Only codes are given."));
        }
        let (scope, now) = (self.scope(&fields)?, self.now());
        let device = self.grants().within(|db| grants::new_device(db, &client.id, &scope, now))?;
        let page = format!("{}{}/activate", self.origin, self.rules.base);
        Ok(Reply::json(
            200,
            &json!({
                "device_code": device.code, "user_code": device.user_code, "verification_uri": page,
                "verification_uri_complete": format!("{page}?user_code={}", device.user_code),
                "expires_in": DEVICE_MS / 1000, "interval": INTERVAL_MS / 1000,
            }),
        ))
    }

    /// Opening the page is saying yes, or no where that is set.
    pub(super) fn activate(&self, ask: &Ask) -> Result<Reply, Refusal> {
        let fields = Fields::of_query(ask, &["user_code"])?;
        let (code, now) = (fields.need("user_code")?, self.now());
        let said = if self.settings().deny { "no" } else { "yes" };
        let known = self.grants().within(|db| grants::answer_device(db, code, said, now))?;
        Ok(if known { Reply::text(200, "The device may go on.\n") } else { Reply::text(404, "There is no such code.\n") })
    }
}
