//! The way to the API: base URL, credentials, calls.

use super::{
    super::{
        Error, ErrorKind, call,
        credential::{Credential, api_key, fingerprint},
        no_answer,
    },
    errors,
};
use crate::{
    definition::{Connection, Credentials, Limits},
    http::{Answer, Authorization, Client, Hub, Request, Spend},
    oauth::SignIns,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use url::Url;

/// The vendor ends a call after 120 s by itself; the rest is for the way.
const TIMEOUT: Duration = Duration::from_secs(130);
/// An answer to 500 rows is about 1.7 MB.
const ANSWER_LIMIT: usize = 32 << 20;

pub(super) use super::super::call::Call;

#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    base: Url,
    credential: Credential,
    /// The account's budget cannot be told from the key; until it is known, the key stands for it.
    pub key_name: String,
}

impl Api {
    pub(super) fn clock(&self) -> Option<std::time::SystemTime> {
        self.client.clock()
    }

    pub(super) fn open(connection: &Connection, hub: &Hub, sign_ins: &SignIns) -> Result<Self, Error> {
        let (credential, base, key_name) = match &connection.credentials {
            Credentials::OAuth(_) => {
                let bearer = sign_ins.bearer(connection)?;
                let base = signed_in_base(connection, bearer.api())?;
                (Credential::SignIn(bearer), base, format!("sign-in-{}", connection.name))
            }
            Credentials::ApiKey(_) => {
                let key = api_key(connection, "make a key at Mailchimp under Account & billing, Extras, API keys")?;
                let name = fingerprint(&key);
                (Credential::Key(Authorization::basic("listkeeper", &key)), base(connection, &key)?, name)
            }
        };
        let budget = format!("mailchimp/key/{key_name}/{}", base.host_str().unwrap_or_default());
        Ok(Self { client: hub.client(budget, spend(&connection.limits)), base, credential, key_name })
    }

    /// From now on everything that uses this account shares its connections.
    pub(super) fn belongs_to(&self, budget_key: &str) {
        self.client.belongs_to(budget_key);
    }

    /// Carries a call out; an answer that is not a success is an error.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answer, Error> {
        let rows = call.what.rows;
        let answer = self.answer(call).await?;
        if answer.is_success() { Ok(answer) } else { Err(errors::refused(&answer, rows)) }
    }

    /// Carries a call out; any answer is handed back.
    pub(super) async fn answer(&self, call: Call<'_>) -> Result<Answer, Error> {
        let (rows, request) = (call.what.rows, self.request(call));
        let signed = |authorization, unproved| {
            let request = Request { authorization: Some(authorization), unproved, ..request.clone() };
            async move { self.client.send(&request).await.map_err(|failure| no_answer::lost(&failure, rows > 1)) }
        };
        self.credential.authorize(signed).await
    }

    /// As [`Api::answer`], for a call that does not begin any more once `stop` ended; `None`: it did not, or nothing was done.
    pub(super) async fn answer_unless(&self, stop: &CancellationToken, call: Call<'_>) -> Result<Option<Answer>, Error> {
        let (rows, request, client) = (call.what.rows, self.request(call), self.client.stopped_by(stop.clone()));
        let signed = |authorization, unproved| {
            let (request, client) = (Request { authorization: Some(authorization), unproved, ..request.clone() }, &client);
            async move { client.send(&request).await.map_err(|failure| no_answer::lost(&failure, rows > 1)) }
        };
        match self.credential.authorize(signed).await {
            Err(Error { kind: ErrorKind::Retry { unknown: false, .. }, .. }) if stop.is_cancelled() => Ok(None),
            answered => answered.map(Some),
        }
    }

    /// Fetches what the vendor put somewhere else: without our credentials.
    pub(super) async fn fetch(&self, url: Url, route: &'static str, limit: usize) -> Result<Answer, Error> {
        let mut request = self.request(Call::get(route, &[]));
        (request.url, request.answer_limit, request.judge) = (url, limit, errors::judge_file);
        self.client.send(&request).await.map_err(|failure| no_answer::lost(&failure, false))
    }

    /// Files come over TLS wherever the API does.
    pub(super) fn may_fetch(&self, url: &Url) -> bool {
        url.scheme() == "https" || url.scheme() == self.base.scheme()
    }

    fn request(&self, call: Call<'_>) -> Request {
        let divisible = call.what.rows > 1;
        let request = call.request("mailchimp", &self.base);
        Request { divisible, timeout: TIMEOUT, answer_limit: ANSWER_LIMIT, judge: errors::judge, ..request }
    }
}

/// A good answer, read. One that cannot be read was cut or mangled on the way.
pub(super) fn read<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, Error> {
    call::read("Mailchimp", answer)
}

fn spend(limits: &Limits) -> Spend {
    Spend {
        connections: limits.connections.unwrap_or(super::capabilities::CONNECTIONS_DEFAULT),
        per_second: limits.per_second,
        per_minute: limits.per_minute,
        per_day: limits.per_day,
    }
}

/// `https://<dc>.api.mailchimp.com/3.0`, or the connection's endpoint.
fn base(connection: &Connection, key: &SecretString) -> Result<Url, Error> {
    if let Some(endpoint) = &connection.endpoint {
        return Ok(endpoint.clone());
    }
    let centre = key.expose_secret().rsplit_once('-').map(|(_, centre)| centre).filter(|centre| is_centre(centre));
    let Some(centre) = centre else {
        return Err(Error::stall(format!("connection {}: the API key does not end in a data centre (like -us6)", connection.name))
            .hint("copy the key whole, with what stands after the dash"));
    };
    Url::parse(&format!("https://{centre}.api.mailchimp.com/3.0"))
        .map_err(|error| Error::stall(format!("connection {}: no address can be made of the key's data centre: {error}", connection.name)))
}

/// What the vendor named at sign-in, or the connection's endpoint.
fn signed_in_base(connection: &Connection, told: Option<&Url>) -> Result<Url, Error> {
    if let Some(endpoint) = &connection.endpoint {
        return Ok(endpoint.clone());
    }
    let mut base = told.cloned().ok_or_else(|| {
        Error::stall(format!("connection {}: the sign-in did not tell where the account's API is", connection.name))
            .hint(format!("sign in again: listkeeper connect {}", connection.name))
    })?;
    base.set_path("/3.0");
    Ok(base)
}

/// Nothing that could lead the key to another host.
fn is_centre(text: &str) -> bool {
    (2..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::is_centre;

    #[test]
    fn a_data_centre_is_a_plain_word() {
        assert!(is_centre("us6") && is_centre("us21"));
        for bad in ["", "u", "us6.evil.example", "us6/", "US6", "us6@x"] {
            assert!(!is_centre(bad), "{bad}");
        }
    }
}
