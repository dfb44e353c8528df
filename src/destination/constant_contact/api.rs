//! The way to the API: base URL, credentials, calls.

use super::{
    super::{
        Error, call,
        credential::{Credential, base, fingerprint},
        no_answer,
    },
    capabilities::{PER_DAY, PER_SECOND},
    errors,
};
use crate::{
    definition::{Connection, Credentials, Limits},
    http::{Answer, Authorization, Client, Hub, Request, Spend},
    oauth::SignIns,
};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

const BASE: &str = "https://api.cc.email/v3";
/// Four megabytes up a slow line.
const TIMEOUT: Duration = Duration::from_secs(120);
/// A page of 500 contacts is below a megabyte.
const ANSWER_LIMIT: usize = 32 << 20;

pub(super) use super::super::call::Call;

#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    base: Url,
    credential: Credential,
    /// What shares the vendor's limits with us: the app, whoever's account it is used for.
    pub budget_key: String,
}

impl Api {
    pub(super) fn clock(&self) -> Option<std::time::SystemTime> {
        self.client.clock()
    }

    pub(super) fn open(connection: &Connection, hub: &Hub, sign_ins: &SignIns) -> Result<Self, Error> {
        let base = base(connection, BASE)?;
        let credential = credential(connection, sign_ins)?;
        let budget_key = format!("constant-contact/{}/{}", app(connection)?, base.host_str().unwrap_or_default());
        Ok(Self { client: hub.client(budget_key.clone(), spend(&connection.limits)), base, credential, budget_key })
    }

    /// Carries a call out; an answer that is not a success is an error.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answer, Error> {
        let rows = call.what.rows;
        let answer = self.answer(call).await?;
        if answer.is_success() { Ok(answer) } else { Err(errors::refused(&answer, rows)) }
    }

    /// Carries a call out; any answer is handed back.
    pub(super) async fn answer(&self, call: Call<'_>) -> Result<Answer, Error> {
        let request = self.request(call);
        let signed = |authorization, unproved| {
            let request = Request { authorization: Some(authorization), unproved, ..request.clone() };
            async move { self.client.send(&request).await.map_err(|failure| no_answer::lost(&failure, false)) }
        };
        self.credential.authorize(signed).await
    }

    /// Waits in the vendor's time; `false`: stopped before that.
    pub(super) async fn wait(&self, time: Duration) -> bool {
        self.client.wait(time).await
    }

    /// Never divisible: what takes long is the way, not the vendor, which only queues.
    fn request(&self, call: Call<'_>) -> Request {
        let request = call.request("constant-contact", &self.base);
        Request { timeout: TIMEOUT, answer_limit: ANSWER_LIMIT, judge: errors::judge, ..request }
    }
}

/// `_links` of a page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Links {
    next: Option<Link>,
}

#[derive(Debug, Deserialize)]
struct Link {
    href: String,
}

impl Links {
    /// The query of the next page. The link itself begins at the host, whatever the connection's endpoint is.
    pub(super) fn next(self) -> Option<String> {
        let link = self.next?.href;
        link.split_once('?').map(|(_, query)| query.to_owned())
    }
}

/// A good answer, read. One that cannot be read was cut or mangled on the way.
pub(super) fn read<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, Error> {
    call::read("Constant Contact", answer)
}

/// A sign-in; a key is what the sandbox names.
fn credential(connection: &Connection, sign_ins: &SignIns) -> Result<Credential, Error> {
    if let Credentials::OAuth(_) = connection.credentials {
        return Ok(Credential::SignIn(sign_ins.bearer(connection)?));
    }
    let token = connection.api_key().map_err(|why| Error::stall(format!("connection {}: {why}", connection.name)))?;
    Ok(Credential::Key(Authorization::bearer(&token)))
}

/// The app whose limits are spent, without its name.
fn app(connection: &Connection) -> Result<String, Error> {
    let id = match &connection.credentials {
        Credentials::OAuth(app) => app.client_id.read_key(),
        Credentials::ApiKey(key) => key.read_key(),
    };
    let id = id.map_err(|why| Error::stall(format!("connection {}: {why}", connection.name)))?;
    Ok(fingerprint(&id))
}

fn spend(limits: &Limits) -> Spend {
    Spend {
        connections: limits.connections.unwrap_or(super::capabilities::DOCUMENTED.connections_default),
        per_second: Some(limits.per_second.unwrap_or(PER_SECOND)),
        per_minute: limits.per_minute,
        per_day: Some(limits.per_day.unwrap_or(PER_DAY)),
    }
}
