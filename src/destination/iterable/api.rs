//! The way to the API: base URL, credentials, calls.

use super::{
    super::{
        Error, PlaceId, call,
        credential::{api_key, base, fingerprint},
        no_answer,
    },
    errors,
    patient::Young,
    routes::Route,
};
use crate::{
    definition::{Connection, Region},
    http::{Answer, Authorization, Client, Effect, Hub, Request, Spend, Unproved},
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// Writes answer within seconds.
const TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_LIMIT: usize = 16 << 20;

#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    base: Url,
    authorization: Authorization,
    /// What stands for the project, which no call tells.
    pub place: PlaceId,
    pub budget_key: String,
    /// `limits.perSecond`.
    per_second: Option<u32>,
    /// How many times faster than the wall the vendor's time runs.
    speed: u32,
    pub young: Young,
}

impl Api {
    pub(super) fn clock(&self) -> Option<std::time::SystemTime> {
        self.client.clock()
    }

    pub(super) fn open(connection: &Connection, hub: &Hub) -> Result<Self, Error> {
        let key = api_key(connection, errors::KEYS)?;
        let (client, budget_key) = client(connection, hub, &fingerprint(&key));
        let base = address(connection)?;
        let (authorization, per_second) = (Authorization::header("api-key", &key), connection.limits.per_second);
        let (place, speed) = (place(connection, &base), hub.speed());
        Ok(Self { client, place, base, authorization, budget_key, per_second, speed, young: Young::default() })
    }

    pub(super) fn speed(&self) -> u32 {
        self.speed
    }

    /// Waits so long in the vendor's time; `false`: stopped before that.
    pub(super) async fn wait(&self, time: Duration) -> bool {
        self.client.wait(time).await
    }

    /// Carries a call out; an answer that is not a success is an error.
    pub(super) async fn call(&self, call: Call) -> Result<Answer, Error> {
        let rows = call.rows;
        let answer = self.answer(call).await?;
        if answer.is_success() { Ok(answer) } else { Err(errors::refused(&answer, rows)) }
    }

    /// Carries a call out; any answer is handed back.
    pub(super) async fn answer(&self, call: Call) -> Result<Answer, Error> {
        let request = self.request(call);
        self.client.send(&request).await.map_err(|failure| no_answer::lost(&failure, request.divisible))
    }

    fn request(&self, call: Call) -> Request {
        let path = call.route.path.replace("{listId}", &call.list.to_string());
        let url = Request::address(&self.base, path.split('/').skip(1), &call.query);
        Request {
            method: call.route.method,
            authorization: Some(self.authorization.clone()),
            body: call.body,
            lane: Some(call.route.lane(self.per_second)),
            effect: call.effect,
            unproved: Unproved::Again,
            // What must not be repeated whole must not be repeated in parts either.
            divisible: call.rows > 1 && call.effect == Effect::Repeatable,
            timeout: call.timeout,
            answer_limit: call.answer_limit,
            judge: if call.text { errors::judge_text } else { errors::judge },
            ..Request::get("iterable", call.route.path, url)
        }
    }
}

/// One call, described.
pub(super) struct Call {
    route: Route,
    list: u64,
    query: Vec<(&'static str, String)>,
    body: Option<Bytes>,
    effect: Effect,
    rows: usize,
    text: bool,
    timeout: Duration,
    answer_limit: usize,
}

impl Call {
    /// Repeating it ends as doing it once, unless [`Call::once`].
    pub(super) fn to(route: Route) -> Self {
        Self {
            route,
            list: 0,
            query: Vec::new(),
            body: None,
            effect: Effect::Repeatable,
            rows: 1,
            text: false,
            timeout: TIMEOUT,
            answer_limit: ANSWER_LIMIT,
        }
    }

    /// Of which list.
    pub(super) fn of(self, list: u64) -> Self {
        Self { list, ..self }
    }

    pub(super) fn body(self, body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { body: Some(call::json(body)?), ..self })
    }

    pub(super) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Doing it twice is not as doing it once.
    pub(super) fn once(self) -> Self {
        Self { effect: Effect::Once, ..self }
    }

    /// Rows it carries; over one it may be divided.
    pub(super) fn rows(self, rows: usize) -> Self {
        Self { rows, ..self }
    }

    /// The answer is plain text, and may take long and be long.
    pub(super) fn text(self, timeout: Duration, answer_limit: usize) -> Self {
        Self { text: true, timeout, answer_limit, ..self }
    }

    /// The answer may be long.
    pub(super) fn long(self, answer_limit: usize) -> Self {
        Self { answer_limit, ..self }
    }
}

/// A good answer, read. One that cannot be read was cut or mangled on the way.
pub(super) fn read<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, Error> {
    call::read("Iterable", answer)
}

/// Connections with one key share its budget. The vendor limits the project, whichever the key: `limits.shareWith` names the
/// connection whose budget is spent then.
fn client(connection: &Connection, hub: &Hub, key: &str) -> (Client, String) {
    let limits = &connection.limits;
    let spend = Spend {
        connections: limits.connections.unwrap_or(super::capabilities::CONNECTIONS_DEFAULT),
        per_second: limits.per_second,
        per_minute: limits.per_minute,
        per_day: limits.per_day,
    };
    let owner = limits.share_with.as_ref().unwrap_or(&connection.name);
    let by_name = format!("iterable/connection/{owner}");
    let client = hub.client(by_name.clone(), spend);
    if limits.share_with.is_some() {
        return (client, by_name);
    }
    let by_key = format!("iterable/key/{key}");
    client.belongs_to(&by_key);
    (client, by_key)
}

fn address(connection: &Connection) -> Result<Url, Error> {
    let own = match connection.region {
        Region::Us => "https://api.iterable.com/api",
        Region::Eu => "https://api.eu.iterable.com/api",
    };
    base(connection, own)
}

/// Without the port, which is nobody's property: a sandbox has another one each time.
fn place(connection: &Connection, base: &Url) -> PlaceId {
    PlaceId(match (&connection.endpoint, connection.region) {
        (Some(_), _) => base.host_str().unwrap_or_default().to_owned(),
        (None, Region::Us) => "iterable-us".to_owned(),
        (None, Region::Eu) => "iterable-eu".to_owned(),
    })
}
