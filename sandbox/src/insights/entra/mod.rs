//! Entra ID's token endpoint, for apps that sign in by themselves.

mod grant;
mod refusal;

use super::{Insights, tokens::Audience};
use crate::{
    Error, Fault,
    vendor::{About, Ask, Held, Reply, Vendor},
};
use refusal::Refusal;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const NAME: &str = "entra";
pub(crate) const BASE: &str = "/entra";
const ROUTE: &str = "/{tenant}/oauth2/v2.0/token";

#[derive(Debug)]
pub(super) struct Entra(pub Arc<Insights>);

impl Vendor for Entra {
    fn about(&self) -> About {
        About { name: NAME, title: "Entra ID", base: BASE, route: |path| tenant(path).map_or("(unknown)", |_| ROUTE) }
    }

    fn answer(&self, ask: &Ask) -> Reply {
        let Some(tenant) = tenant(&ask.path).filter(|_| ask.method == "POST") else {
            let violations = vec!["tokens are asked for with POST /{tenant}/oauth2/v2.0/token".to_owned()];
            return Reply { violations, ..Reply::text(404, "Not Found") };
        };
        let now_ms = self.0.now_ms();
        match grant::audience(ask, tenant, &self.0.origin) {
            Ok(audience) => self.give(audience, now_ms),
            Err(refusal) => refusal.reply(now_ms),
        }
    }

    fn refuse(&self, fault: Fault) -> Reply {
        match fault {
            Fault::TooManyRequests => Refusal::busy().reply(self.0.now_ms()),
            Fault::Forbidden => Reply::bare(403),
            _ => Refusal::own_fault().reply(self.0.now_ms()),
        }
    }

    fn containers(&self) -> Result<Vec<Held>, Error> {
        Ok(Vec::new())
    }

    fn set(&self, settings: &Value) -> Result<(), Error> {
        self.0.set(settings)
    }
}

impl Entra {
    fn give(&self, audience: Audience, now_ms: i64) -> Reply {
        let seconds = self.0.settings().token_seconds;
        let token = self.0.tokens.give(audience, now_ms, seconds * 1000);
        let body = json!({"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token});
        Reply::json(200, &body)
    }
}

/// The tenant in the one path there is.
fn tenant(path: &str) -> Option<&str> {
    let tenant = path.strip_prefix('/')?.strip_suffix("/oauth2/v2.0/token")?;
    (!tenant.is_empty() && !tenant.contains('/')).then_some(tenant)
}
