//! The way to the API: base URL, key, version, limits, calls.

use super::{
    super::{
        Error, call,
        credential::{api_key, base, fingerprint},
        no_answer,
    },
    errors,
};
use crate::{
    definition::{Connection, Limits},
    http::{Answer, Authorization, Client, Hub, Lane, Rate, Request, Spend, Unproved},
};
use serde::Deserialize;
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

pub(super) use super::super::call::{Call, What};

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
        let key = api_key(connection, errors::KEYS)?;
        // The brand's budget cannot be told from the key; until the brand is known, the key stands for it.
        let client = hub.client(format!("omnisend/key/{}", fingerprint(&key)), spend(&connection.limits));
        let authorization = Authorization::scheme("Omnisend-API-Key", &key);
        Ok(Self { client, base: base(connection, BASE)?, authorization, per_minute: per_minute(&connection.limits) })
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
        let request = call.request("omnisend", &self.base);
        Request {
            authorization: Some(self.authorization.clone()),
            headers: HEADERS,
            lane: request.lane.map(|lane| lane.scaled(self.per_minute, PER_MINUTE)),
            unproved: Unproved::Again,
            timeout: TIMEOUT,
            answer_limit: ANSWER_LIMIT,
            judge: errors::judge,
            ..request
        }
    }
}

/// A good answer, read. One that cannot be read was cut or mangled on the way.
pub(super) fn read<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, Error> {
    call::read("Omnisend", answer)
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
