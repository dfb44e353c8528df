//! The way to the API: base URL, key, version, limits, calls.

use super::{
    super::{Error, no_answer},
    errors,
};
use crate::{
    definition::{Connection, Limits},
    http::{Answer, Authorization, Client, Effect, Hub, Lane, Method, Rate, Request, Spend, Unproved},
};
use bytes::Bytes;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// The version of the API that is spoken here; the vendor wants it named in every call.
pub(super) const VERSION: &str = "2026-03-15";
const HEADERS: &[(&str, &str)] = &[("omnisend-version", VERSION)];
const BASE: &str = "https://api.omnisend.com/api";
/// The vendor advises 10 s; whoever gives up on a batch too early has to look for it.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The results of a batch say again what was sent, about a megabyte.
const ANSWER_LIMIT: usize = 32 << 20;
/// Calls a minute of a brand, whoever makes them.
pub(super) const PER_MINUTE: u32 = 400;

pub(super) const TAGS: Lane = lane("tags", 60);
pub(super) const SEGMENTS: Lane = lane("segments", 100);
pub(super) const SEGMENT_WRITES: Lane = lane("segment-writes", 15);

const fn lane(name: &'static str, calls: u32) -> Lane {
    Lane { name, rate: Rate::a_minute(calls) }
}

#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    base: Url,
    authorization: Authorization,
    /// Calls a minute that we allow ourselves; the stricter limits follow it.
    per_minute: u32,
}

impl Api {
    pub(super) fn clock(&self) -> Option<std::time::SystemTime> {
        self.client.clock()
    }

    pub(super) fn open(connection: &Connection, hub: &Hub) -> Result<Self, Error> {
        let key = connection.api_key().map_err(|why| no_key(connection, &why))?;
        // The brand's budget cannot be told from the key; until the brand is known, the key stands for it.
        let key_name = blake3::hash(key.expose_secret().as_bytes()).to_hex()[..12].to_owned();
        let client = hub.client(format!("omnisend/key/{key_name}"), spend(&connection.limits));
        let authorization = Authorization::scheme("Omnisend-API-Key", &key);
        Ok(Self { client, base: base(connection)?, authorization, per_minute: per_minute(&connection.limits) })
    }

    /// From now on everything that uses this brand shares its budget.
    pub(super) fn belongs_to(&self, budget_key: &str) {
        self.client.belongs_to(budget_key);
    }

    /// Carries a call out; an answer that is not a success is an error.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answer, Error> {
        let what = call.what;
        let answer = self.answer(call).await?;
        if answer.is_success() { Ok(answer) } else { Err(errors::refused(&answer, what)) }
    }

    /// Carries a call out; any answer is handed back.
    pub(super) async fn answer(&self, call: Call<'_>) -> Result<Answer, Error> {
        let request = self.request(call);
        self.client.send(&request).await.map_err(|failure| no_answer::lost(&failure, false))
    }

    /// Waits so long in the vendor's time; `false`: stopped before that.
    pub(super) async fn wait(&self, time: Duration) -> bool {
        self.client.wait(time).await
    }

    fn request(&self, call: Call<'_>) -> Request {
        let url = Request::address(&self.base, call.path, &call.query);
        Request {
            method: call.what.method,
            authorization: Some(self.authorization.clone()),
            headers: HEADERS,
            body: call.body,
            lane: call.lane.map(|lane| lane.scaled(self.per_minute, PER_MINUTE)),
            effect: call.effect,
            unproved: Unproved::Again,
            timeout: TIMEOUT,
            answer_limit: ANSWER_LIMIT,
            judge: errors::judge,
            ..Request::get("omnisend", call.what.route, url)
        }
    }
}

/// What a call is, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct What {
    pub method: Method,
    /// The path as a template.
    pub route: &'static str,
    pub rows: usize,
}

/// One call, described.
pub(super) struct Call<'a> {
    pub what: What,
    path: Vec<&'a str>,
    query: Vec<(&'static str, String)>,
    body: Option<Bytes>,
    lane: Option<Lane>,
    effect: Effect,
}

impl<'a> Call<'a> {
    pub(super) fn get(route: &'static str, path: &[&'a str]) -> Self {
        let what = What { method: Method::Get, route, rows: 1 };
        Self { what, path: path.to_vec(), query: Vec::new(), body: None, lane: None, effect: Effect::Repeatable }
    }

    /// Deleting twice ends as deleting once.
    pub(super) fn delete(route: &'static str, path: &[&'a str]) -> Self {
        let get = Self::get(route, path);
        Self { what: What { method: Method::Delete, ..get.what }, ..get }
    }

    /// A call with a body. Repeating it ends as doing it once, unless [`Call::once`].
    pub(super) fn send(method: Method, route: &'static str, path: &[&'a str], body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|error| Error::stall(format!("a request could not be written: {error}")))?;
        let get = Self::get(route, path);
        Ok(Self { what: What { method, ..get.what }, body: Some(body.into()), ..get })
    }

    pub(super) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// It has a limit of its own.
    pub(super) fn lane(mut self, lane: Lane) -> Self {
        self.lane = Some(lane);
        self
    }

    /// Doing it twice makes two.
    pub(super) fn once(mut self) -> Self {
        self.effect = Effect::Once;
        self
    }

    /// Rows it carries.
    pub(super) fn rows(mut self, rows: usize) -> Self {
        self.what.rows = rows;
        self
    }
}

/// A good answer, read. One that cannot be read was cut or mangled on the way.
pub(super) fn read<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, Error> {
    serde_json::from_slice(&answer.body).map_err(|error| no_answer::unreadable("Omnisend", &error))
}

fn spend(limits: &Limits) -> Spend {
    Spend {
        connections: limits.connections.unwrap_or(super::capabilities::CONNECTIONS),
        per_second: limits.per_second,
        per_minute: Some(per_minute(limits)),
        per_day: limits.per_day,
    }
}

fn per_minute(limits: &Limits) -> u32 {
    limits.per_minute.unwrap_or(PER_MINUTE)
}

fn no_key(connection: &Connection, why: &str) -> Error {
    Error::stall(format!("connection {}: no API key: {why}", connection.name))
        .hint(format!("{}, and put it where credentials.apiKey says", errors::KEYS))
}

fn base(connection: &Connection) -> Result<Url, Error> {
    match &connection.endpoint {
        Some(endpoint) => Ok(endpoint.clone()),
        None => Url::parse(BASE).map_err(|error| Error::stall(format!("{BASE} is no address: {error}"))),
    }
}
