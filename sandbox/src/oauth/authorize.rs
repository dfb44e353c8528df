//! The page that a person says yes on; here nobody is asked.

use super::{
    ask::Fields,
    grants::{self, Code},
    refusal::Refusal,
    server::AuthorizationServer,
};
use crate::vendor::{Ask, Reply};
use axum::http::{HeaderValue, header};
use url::Url;

impl AuthorizationServer {
    /// Sends the browser back at once. What cannot be told to the app safely is told to the person.
    pub(super) fn authorize(&self, ask: &Ask) -> Result<Reply, Refusal> {
        let fields = Fields::of_query(ask, self.rules.authorize)?;
        let app = fields.need("client_id")?;
        if app.starts_with("invalid") {
            return Err(Refusal::client("No app has this client id."));
        }
        let back = Url::parse(fields.need("redirect_uri")?).ok().filter(|url| url.fragment().is_none());
        let back = back.ok_or_else(|| Refusal::wrong("invalid_request", "The redirect address is none."))?;
        Ok(match self.code(&fields, app) {
            Ok(code) => redirect(back, &[("code", &code)], &fields, Vec::new()),
            Err(refusal) => {
                let told = [("error", refusal.error), ("error_description", refusal.why)];
                let violations = refusal.reply().violations;
                redirect(back, &told, &fields, violations)
            }
        })
    }

    fn code(&self, fields: &Fields, app: &str) -> Result<String, Refusal> {
        if fields.need("response_type")? != "code" {
            return Err(Refusal::wrong("unsupported_response_type", "Only codes are given."));
        }
        if fields.get("state").is_none() {
            return Err(Refusal::wrong("invalid_request", "The state is missing."));
        }
        let challenge = fields.get("code_challenge").map(str::to_owned);
        if challenge.is_some() && fields.get("code_challenge_method") != Some("S256") {
            return Err(Refusal::wrong("invalid_request", "The challenge's method must be S256."));
        }
        let scope = self.scope(fields)?;
        if self.settings().deny {
            return Err(Refusal::no("access_denied", "The person said no."));
        }
        let code = Code { app: app.to_owned(), redirect: fields.need("redirect_uri")?.to_owned(), challenge, scope };
        let now = self.now();
        self.grants().within(|db| grants::keep_code(db, &code, now))
    }

    /// The scopes asked for, all of which there must be.
    pub(super) fn scope(&self, fields: &Fields) -> Result<String, Refusal> {
        let scope = fields.get("scope").unwrap_or_default();
        let known = self.rules.scopes;
        if !known.is_empty() && (scope.is_empty() || !scope.split(' ').all(|one| known.contains(&one))) {
            return Err(Refusal::wrong("invalid_scope", "A scope is missing, or there is no such scope."));
        }
        Ok(scope.to_owned())
    }
}

fn redirect(mut back: Url, told: &[(&str, &str)], fields: &Fields, violations: Vec<String>) -> Reply {
    back.query_pairs_mut().extend_pairs(told).extend_pairs(fields.get("state").map(|state| ("state", state)));
    let location = HeaderValue::from_str(back.as_str()).unwrap_or_else(|_| HeaderValue::from_static("/"));
    Reply { headers: vec![(header::LOCATION, location)], violations, ..Reply::bare(302) }
}
