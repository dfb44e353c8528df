//! The way to the API: base URL, credentials, calls.

use super::{
    super::{Error, credential::Credential, no_answer},
    capabilities::{PER_DAY, PER_SECOND},
    errors,
};
use crate::{
    definition::{Connection, Credentials, Limits},
    http::{Answer, Authorization, Client, Effect, Hub, Method, Request, Spend},
    oauth::SignIns,
};
use bytes::Bytes;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, time::Duration};
use url::Url;

const BASE: &str = "https://api.cc.email/v3";
/// Four megabytes up a slow line.
const TIMEOUT: Duration = Duration::from_secs(120);
/// A page of 500 contacts is below a megabyte.
const ANSWER_LIMIT: usize = 32 << 20;

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
        let base = match &connection.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => Url::parse(BASE).map_err(|error| Error::stall(format!("{BASE} is no address: {error}")))?,
        };
        let credential = credential(connection, sign_ins)?;
        let budget_key = format!("constant-contact/{}/{}", app(connection)?, base.host_str().unwrap_or_default());
        Ok(Self { client: hub.client(budget_key.clone(), spend(&connection.limits)), base, credential, budget_key })
    }

    /// Carries a call out; an answer that is not a success is an error.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answer, Error> {
        let rows = call.rows;
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

    fn request(&self, call: Call<'_>) -> Request {
        let mut url = Request::address(&self.base, call.path, &call.query);
        if let Some(cursor) = call.cursor {
            url.set_query(Some(cursor));
        }
        Request {
            method: call.method,
            body: call.body,
            content_type: call.content_type,
            effect: call.effect,
            // What takes long is the way, not the vendor: it only queues.
            divisible: false,
            timeout: TIMEOUT,
            answer_limit: ANSWER_LIMIT,
            judge: errors::judge,
            ..Request::get("constant-contact", call.route, url)
        }
    }
}

/// One call, described.
pub(super) struct Call<'a> {
    method: Method,
    /// The path as a template, for logs.
    route: &'static str,
    path: Vec<&'a str>,
    query: Vec<(&'static str, String)>,
    /// The whole query instead, as the vendor gave it.
    cursor: Option<&'a str>,
    body: Option<Bytes>,
    content_type: Cow<'static, str>,
    effect: Effect,
    rows: usize,
}

impl<'a> Call<'a> {
    pub(super) fn get(route: &'static str, path: &[&'a str]) -> Self {
        Self {
            method: Method::Get,
            route,
            path: path.to_vec(),
            query: Vec::new(),
            cursor: None,
            body: None,
            content_type: Request::JSON,
            effect: Effect::Repeatable,
            rows: 1,
        }
    }

    pub(super) fn delete(route: &'static str, path: &[&'a str]) -> Self {
        Self { method: Method::Delete, ..Self::get(route, path) }
    }

    /// A call with a JSON body. Repeating it ends as doing it once, unless [`Call::once`].
    pub(super) fn send(method: Method, route: &'static str, path: &[&'a str], body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|error| Error::stall(format!("a request could not be written: {error}")))?;
        Ok(Self::upload(route, path, body, Request::JSON).by(method))
    }

    /// A body of any kind.
    pub(super) fn upload(route: &'static str, path: &[&'a str], body: Vec<u8>, content_type: Cow<'static, str>) -> Self {
        Self { method: Method::Post, body: Some(body.into()), content_type, ..Self::get(route, path) }
    }

    pub(super) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Goes on where a page ended: a cursor stands for the whole query.
    pub(super) fn after(mut self, cursor: Option<&'a str>) -> Self {
        self.cursor = cursor;
        self
    }

    /// Doing it twice makes two.
    pub(super) fn once(mut self) -> Self {
        self.effect = Effect::Once;
        self
    }

    pub(super) fn rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    fn by(mut self, method: Method) -> Self {
        self.method = method;
        self
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
    serde_json::from_slice(&answer.body).map_err(|error| no_answer::unreadable("Constant Contact", &error))
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
    Ok(blake3::hash(id.expose_secret().as_bytes()).to_hex()[..12].to_owned())
}

fn spend(limits: &Limits) -> Spend {
    Spend {
        connections: limits.connections.unwrap_or(super::capabilities::DOCUMENTED.connections_default),
        per_second: Some(limits.per_second.unwrap_or(PER_SECOND)),
        per_minute: limits.per_minute,
        per_day: Some(limits.per_day.unwrap_or(PER_DAY)),
    }
}
