//! Access tokens: opaque, each for one audience, each with an end.

use crate::vendor::Ask;
use axum::http::header;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Whose API a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    Dataverse,
    Insights,
}

/// Tokens that were given, with what they open and when they end. A restart forgets them, and clients have to ask again.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<String, (Audience, i64)>>);

impl Tokens {
    pub(super) fn give(&self, audience: Audience, now_ms: i64, life_ms: i64) -> String {
        let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let mut given = self.given();
        given.retain(|_, (_, dies_ms)| *dies_ms > now_ms);
        given.insert(token.clone(), (audience, now_ms + life_ms));
        token
    }

    /// Whether a request bears a token that is good here and now.
    pub(super) fn admit(&self, ask: &Ask, audience: Audience, now_ms: i64) -> bool {
        let Some(token) = bearer(ask) else { return false };
        self.given().get(token).is_some_and(|(opens, dies_ms)| *opens == audience && *dies_ms > now_ms)
    }

    fn given(&self) -> MutexGuard<'_, HashMap<String, (Audience, i64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn bearer(ask: &Ask) -> Option<&str> {
    ask.headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
