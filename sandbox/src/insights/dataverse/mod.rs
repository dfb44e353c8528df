//! Dataverse's Web API over Customer Insights' tables: read only, 5,000 rows a page at most, limits of its own.

mod ask;
mod cursor;
mod definitions;
mod filter;
mod options;
mod page;
mod problem;
mod tables;

use super::{Insights, tokens::Audience};
use crate::{
    Error, Fault,
    kit::fail::Fail,
    vendor::{About, Ask, Held, Reply, Vendor},
};
use problem::Problem;
use serde_json::Value;
use std::sync::Arc;
use tables::Set;

pub(crate) const NAME: &str = "dataverse";
pub(crate) const BASE: &str = "/dataverse";
const API: &str = "/api/data/v9.2";
/// Requests of one app that are worked on at one time.
const AT_ONCE: usize = 52;
const WINDOW_MS: i64 = 300_000;

#[derive(Debug)]
pub(super) struct Dataverse(pub Arc<Insights>);

fn route(path: &str) -> &'static str {
    match (path, Set::at(path)) {
        (_, Some(set)) => set.path(),
        (definitions::PATH, _) => definitions::PATH,
        (path, _) if definitions::attributes_of(path).is_some() => definitions::ATTRIBUTES,
        _ => "(unknown)",
    }
}

impl Vendor for Dataverse {
    fn about(&self) -> About {
        About { name: NAME, title: "Dataverse", base: BASE, route }
    }

    fn slots(&self) -> Option<usize> {
        Some(AT_ONCE)
    }

    fn answer(&self, ask: &Ask) -> Reply {
        self.reply(ask).unwrap_or_else(|fail| fail.into_refusal().reply())
    }

    fn refuse(&self, fault: Fault) -> Reply {
        match fault {
            Fault::TooManyRequests => Problem::at_once(AT_ONCE).reply(),
            Fault::Forbidden => Problem::forbidden().reply(),
            _ => Problem::server().reply(),
        }
    }

    fn ensure(&self, id: &str) -> Result<(), Error> {
        self.0.ensure(id)
    }

    fn containers(&self) -> Result<Vec<Held>, Error> {
        Ok(Vec::new())
    }

    fn person(&self, person: &Value) -> Result<(), Error> {
        self.0.set_person(person)
    }

    fn set(&self, settings: &Value) -> Result<(), Error> {
        self.0.set(settings)
    }
}

impl Dataverse {
    fn reply(&self, ask: &Ask) -> Result<Reply, Fail<Problem>> {
        let now_ms = self.0.now_ms();
        if !self.0.tokens.admit(ask, Audience::Dataverse, now_ms) {
            return Err(Problem::unauthorized(&self.0.origin).into());
        }
        let limit = self.0.settings().dataverse_calls;
        if let Err(wait_ms) = self.0.rates.take(NAME, limit, WINDOW_MS, now_ms) {
            return Err(Problem::too_many(limit, wait_ms).into());
        }
        let (set, attributes) = (Set::at(&ask.path), definitions::attributes_of(&ask.path).transpose()?);
        if set.is_none() && attributes.is_none() && ask.path != definitions::PATH {
            return Err(Problem::nowhere().into());
        }
        if ask.method != "GET" {
            return Err(Problem::read_only().into());
        }
        match (set, attributes) {
            (Some(set), _) => self.rows(ask, set),
            (None, Some(set)) => self.attributes(ask, set),
            (None, None) => self.definitions(ask),
        }
    }
}
