//! One call to a platform, described before it is made; and a good answer, read.

use super::{Error, no_answer};
use crate::http::{Answer, Effect, Lane, Method, Request};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use url::Url;

/// What a call is, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct What {
    pub method: Method,
    /// The path as a template, for logs.
    pub route: &'static str,
    /// Rows it carries; over one it may be divided when it takes too long.
    pub rows: usize,
}

/// One call.
pub(super) struct Call<'a> {
    pub what: What,
    path: Vec<&'a str>,
    query: Vec<(&'static str, String)>,
    /// The whole query instead, as the platform gave it.
    cursor: Option<&'a str>,
    body: Option<Bytes>,
    content_type: Cow<'static, str>,
    lane: Option<Lane>,
    effect: Effect,
}

impl<'a> Call<'a> {
    pub(super) fn get(route: &'static str, path: &[&'a str]) -> Self {
        Self {
            what: What { method: Method::Get, route, rows: 1 },
            path: path.to_vec(),
            query: Vec::new(),
            cursor: None,
            body: None,
            content_type: Request::JSON,
            lane: None,
            effect: Effect::Repeatable,
        }
    }

    /// Deleting twice ends as deleting once.
    pub(super) fn delete(route: &'static str, path: &[&'a str]) -> Self {
        Self::get(route, path).by(Method::Delete)
    }

    /// A call with a JSON body. Repeating it ends as doing it once, unless [`Call::once`].
    pub(super) fn send(method: Method, route: &'static str, path: &[&'a str], body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self { body: Some(json(body)?), ..Self::get(route, path) }.by(method))
    }

    /// A body of any kind.
    pub(super) fn upload(route: &'static str, path: &[&'a str], body: Vec<u8>, content_type: Cow<'static, str>) -> Self {
        Self { body: Some(body.into()), content_type, ..Self::get(route, path) }.by(Method::Post)
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

    pub(super) fn rows(mut self, rows: usize) -> Self {
        self.what.rows = rows;
        self
    }

    fn by(mut self, method: Method) -> Self {
        self.what.method = method;
        self
    }

    /// The request that it is below this base; what the platform wants of all its requests is for the caller to add.
    pub(super) fn request(self, platform: &'static str, base: &Url) -> Request {
        let mut url = Request::address(base, self.path, &self.query);
        if let Some(cursor) = self.cursor {
            url.set_query(Some(cursor));
        }
        let What { method, route, .. } = self.what;
        let Self { body, content_type, effect, lane, .. } = self;
        Request { method, body, content_type, effect, lane, ..Request::get(platform, route, url) }
    }
}

/// A body.
pub(super) fn json(body: &impl Serialize) -> Result<Bytes, Error> {
    let body = serde_json::to_vec(body).map_err(|error| Error::stall(format!("a request could not be written: {error}")))?;
    Ok(body.into())
}

/// A good answer, read. One that cannot be read was cut or mangled on the way.
pub(super) fn read<'a, T: Deserialize<'a>>(platform: &str, answer: &'a Answer) -> Result<T, Error> {
    serde_json::from_slice(&answer.body).map_err(|error| no_answer::unreadable(platform, &error))
}
