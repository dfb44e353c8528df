//! Who may have a token, and for what.

use super::{super::tokens::Audience, refusal::Refusal};
use crate::vendor::Ask;
use axum::http::header;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// What the REST API's tokens are asked for.
const INSIGHTS: &str = "https://api.ci.ai.microsoft.com";

/// What the app asks a token for, if it may have one. Tenants, ids and secrets that begin with `invalid` are nobody's.
pub(super) fn audience(ask: &Ask, tenant: &str, origin: &str) -> Result<Audience, Refusal> {
    let fields = form(ask)?;
    let need = |name| fields.get(name).filter(|value| !value.is_empty()).ok_or_else(|| Refusal::missing(name));
    if tenant.starts_with("invalid") {
        return Err(Refusal::no_tenant());
    }
    if need("grant_type")? != "client_credentials" {
        return Err(Refusal::grant());
    }
    if need("client_id")?.starts_with("invalid") {
        return Err(Refusal::no_app());
    }
    let (scope, secret) = (need("scope")?, need("client_secret")?);
    let audience = opened(scope, origin)?;
    if secret.starts_with("invalid") {
        return Err(Refusal::wrong_secret());
    }
    Ok(audience)
}

/// An app that signs in by itself asks for all it was granted at one resource.
fn opened(scope: &str, origin: &str) -> Result<Audience, Refusal> {
    let Some(resource) = scope.strip_suffix("/.default") else { return Err(Refusal::scope()) };
    match resource.trim_end_matches('/') {
        INSIGHTS => Ok(Audience::Insights),
        // The environment's address, with what stands between the sandbox's address and the environment or without.
        address if address == origin || address.strip_prefix(origin) == Some(super::super::dataverse::BASE) => Ok(Audience::Dataverse),
        _ => Err(Refusal::resource()),
    }
}

fn form(ask: &Ask) -> Result<BTreeMap<String, String>, Refusal> {
    let kind = ask.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::not_a_form());
    }
    Ok(form_urlencoded::parse(&ask.body).into_owned().collect())
}
