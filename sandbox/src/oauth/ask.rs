//! What a request carries, read strictly: known names, each once.

use super::{refusal::Refusal, rules::Rules};
use crate::vendor::Ask;
use axum::http::header;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{borrow::Cow, collections::BTreeMap};
use url::form_urlencoded;

/// Parameters by name.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<String, String>);

/// Who asks.
#[derive(Debug)]
pub(super) struct Client {
    pub id: String,
    pub has_secret: bool,
}

impl Fields {
    pub(super) fn of_query(ask: &Ask, known: &[&str]) -> Result<Self, Refusal> {
        Self::read(ask.query.as_bytes(), known)
    }

    pub(super) fn of_form(ask: &Ask, known: &[&str]) -> Result<Self, Refusal> {
        let kind = ask.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
            return Err(Refusal::wrong("invalid_request", "The body must be a form."));
        }
        if !ask.query.is_empty() {
            return Err(Refusal::wrong("invalid_request", "Parameters belong in the form."));
        }
        Self::read(&ask.body, known)
    }

    fn read(text: &[u8], known: &[&str]) -> Result<Self, Refusal> {
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text) {
            if !known.contains(&&*name) {
                return Err(Refusal::wrong("invalid_request", "A parameter is not known here."));
            }
            if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Refusal::wrong("invalid_request", "A parameter is given twice."));
            }
        }
        Ok(Self(fields))
    }

    /// What is given and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::wrong("invalid_request", "A required parameter is missing."))
    }

    /// The app, and that it is itself. Ids and secrets that begin with `invalid` are nobody's.
    pub(super) fn client(&self, ask: &Ask, rules: &Rules) -> Result<Client, Refusal> {
        let basic = basic(ask)?;
        if basic.is_some() && (!rules.basic || self.get("client_secret").is_some()) {
            return Err(Refusal::wrong("invalid_request", "The app proves itself in one way."));
        }
        let (id, secret) = match &basic {
            Some((id, secret)) => (id.as_str(), Some(secret.as_str())),
            None => (self.need("client_id")?, self.get("client_secret")),
        };
        if rules.needs_secret && secret.is_none() {
            return Err(Refusal::wrong("invalid_client", "The client secret is missing."));
        }
        if self.get("client_id").is_some_and(|given| given != id) {
            return Err(Refusal::wrong("invalid_request", "Two client ids are given."));
        }
        if id.starts_with("invalid") || secret.is_some_and(|secret| secret.starts_with("invalid")) {
            return Err(Refusal::client("No app has these credentials."));
        }
        Ok(Client { id: id.to_owned(), has_secret: secret.is_some() })
    }
}

/// Id and secret, each encoded as in a form.
fn basic(ask: &Ask) -> Result<Option<(String, String)>, Refusal> {
    let Some(value) = ask.headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let wrong = || Refusal::wrong("invalid_request", "The authorization header is not Basic.");
    let token = value.to_str().ok().and_then(|value| value.strip_prefix("Basic ")).ok_or_else(wrong)?;
    let text = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(wrong)?;
    let (id, secret) = text.split_once(':').ok_or_else(wrong)?;
    Ok(Some((decoded(id).into_owned(), decoded(secret).into_owned())))
}

fn decoded(text: &str) -> Cow<'_, str> {
    form_urlencoded::parse(text.as_bytes()).next().map_or(Cow::Borrowed(""), |(name, _)| name)
}
