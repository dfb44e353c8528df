//! Entra ID: an application signs in by itself (client credentials). Its token is kept in memory and nowhere else.

use super::super::{SourceError, SourceErrorKind};
use super::refusal::lost;
use crate::{
    definition::{EntraApp, Secret},
    http::{Answer, Authorization, Client, Hub, Request, Spend, Verdict},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::{Duration, Instant};
use url::Url;

const AUTHORITY: &str = "https://login.microsoftonline.com";
const SPEND: Spend = Spend { connections: 2, per_second: None, per_minute: None, per_day: None };
/// A token is replaced so long before its end, or a tenth of its life before.
const AHEAD: Duration = Duration::from_secs(300);

/// One application, and its right to use one service.
pub struct Entra {
    app: EntraApp,
    /// Of the service that is asked.
    scope: String,
    url: Url,
    client: Client,
    speed: u32,
    held: Option<Token>,
}

struct Token {
    authorization: Authorization,
    /// Until then it is used; `None`: no such moment can be told.
    good_until: Option<Instant>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    /// Seconds; one of Microsoft's older endpoints writes them as a text.
    #[serde(default)]
    expires_in: serde_json::Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    error: String,
    error_description: String,
}

impl Entra {
    /// `service`: the address that the token is for.
    pub fn new(app: &EntraApp, service: &str, hub: &Hub) -> Result<Self, SourceError> {
        let tenant = read(&app.tenant, "tenantId")?;
        let url = token_url(app, tenant.expose_secret())?;
        let budget = format!("entra/{}/{}", url.host_str().unwrap_or_default(), blake3::hash(url.path().as_bytes()).to_hex());
        let scope = format!("{}/.default", service.trim_end_matches('/'));
        Ok(Self { app: app.clone(), scope, url, client: hub.client(budget, SPEND), speed: hub.speed(), held: None })
    }

    /// The token that is good now.
    pub async fn token(&mut self) -> Result<Authorization, SourceError> {
        match &self.held {
            Some(Token { authorization, good_until: Some(until) }) if Instant::now() < *until => Ok(authorization.clone()),
            _ => self.another().await,
        }
    }

    /// A new token, whatever is held.
    pub async fn another(&mut self) -> Result<Authorization, SourceError> {
        let request = self.request()?;
        let answer = self.client.send(&request).await.map_err(|failure| lost(&failure))?;
        if !answer.is_success() {
            return Err(refused(&answer));
        }
        let granted = serde_json::from_slice(&answer.body).ok().filter(|granted: &Granted| !granted.access_token.is_empty());
        let granted = granted.ok_or_else(|| {
            SourceError::new("Entra ID answered with no token").hint("check that `credentials.authority` is an Entra ID, or leave it out")
        })?;
        let authorization = Authorization::bearer(&granted.access_token.into());
        let good_until = Instant::now().checked_add(used_for(&granted.expires_in) / self.speed);
        self.held = Some(Token { authorization: authorization.clone(), good_until });
        Ok(authorization)
    }

    fn request(&self) -> Result<Request, SourceError> {
        let (id, secret) = (read(&self.app.client_id, "clientId")?, read(&self.app.client_secret, "clientSecret")?);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id.expose_secret()),
            ("client_secret", secret.expose_secret()),
            ("scope", &self.scope),
        ];
        Ok(Request { judge, ..Request::get("entra", "/{tenant}/oauth2/v2.0/token", self.url.clone()) }.form(form))
    }
}

fn judge(_: &Request, answer: &Answer) -> Verdict {
    match answer.status {
        429 => Verdict::Throttled { after: None },
        500.. => Verdict::Failed,
        _ => Verdict::Take,
    }
}

fn read(secret: &Secret, field: &str) -> Result<SecretString, SourceError> {
    secret.read().map_err(|why| SourceError::new(format!("credentials.{field}: {why}")))
}

fn token_url(app: &EntraApp, tenant: &str) -> Result<Url, SourceError> {
    let bad = || SourceError::new("`credentials.authority` is no address that can be asked");
    let mut url = match &app.authority {
        Some(url) => url.clone(),
        None => Url::parse(AUTHORITY).map_err(|_| bad())?,
    };
    url.path_segments_mut().map_err(|()| bad())?.pop_if_empty().extend([tenant, "oauth2", "v2.0", "token"]);
    Ok(url)
}

/// Nothing, where the answer does not say how long it lives: then each call gets its own.
fn used_for(expires_in: &serde_json::Value) -> Duration {
    let seconds = expires_in.as_u64().or_else(|| expires_in.as_str()?.trim().parse().ok()).unwrap_or_default();
    let life = Duration::from_secs(seconds);
    life - AHEAD.min(life / 10)
}

/// Only the standard's word and Microsoft's number are passed on: the text may repeat what it was sent.
fn refused(answer: &Answer) -> SourceError {
    let told: Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
    let number =
        told.error_description.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| word.starts_with("AADSTS")).unwrap_or_default();
    let error: String = told.error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
    let words = [error.as_str(), number].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
    let words = if words.is_empty() { format!("status {}", answer.status) } else { words };
    let failed = SourceError::new(format!("Entra ID gave no token: {words}"));
    match answer.status {
        429 | 500.. => failed.kind(SourceErrorKind::Unreachable { after: answer.retry_after }),
        _ => failed.hint(what_to_do(&error, number)),
    }
}

fn what_to_do(error: &str, number: &str) -> &'static str {
    match (error, number) {
        (_, "AADSTS7000222") => "the client secret has expired: make a new one under Certificates & secrets of the application",
        (_, "AADSTS90002" | "AADSTS900023") => "there is no such tenant: check `credentials.tenantId`",
        (_, "AADSTS65001") | ("consent_required" | "interaction_required", _) => {
            "an administrator must consent to the application's permissions: API permissions > Grant admin consent"
        }
        ("invalid_scope" | "invalid_resource", _) | (_, "AADSTS500011") => {
            "the tenant does not know the service that is asked for: check `url`, and that `credentials.tenantId` is the tenant it is in"
        }
        ("unauthorized_client", _) | (_, "AADSTS700016") => {
            "the tenant does not know this application: check `credentials.clientId` and `credentials.tenantId`"
        }
        ("invalid_client", _) => {
            "the client secret is wrong: `credentials.clientSecret` must be the secret's value (not its id) of the application `clientId`"
        }
        _ => "check `credentials` against the application's page in Entra ID",
    }
}
