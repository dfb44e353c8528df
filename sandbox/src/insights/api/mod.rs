//! Customer Insights' own REST API: what the system knows of its segments, and their members by pages or by signed files.

mod data;
mod manage;
mod pages;
mod problem;
mod route;
mod workflows;

use super::{Insights, tokens::Audience};
use crate::{
    Error, Fault,
    kit::fail::Fail,
    vendor::{About, Ask, Held, Reply, Vendor},
};
use problem::Problem;
use route::Route;
use serde_json::Value;
use std::sync::Arc;

pub(crate) const NAME: &str = "customer-insights";
pub(crate) const BASE: &str = "/ci/v1";
/// The table of everyone.
pub(super) const CUSTOMER: &str = "Customer";
const WINDOW_MS: i64 = 60_000;

#[derive(Debug)]
pub(super) struct Api(pub Arc<Insights>);

impl Vendor for Api {
    fn about(&self) -> About {
        About {
            name: NAME,
            title: "Customer Insights",
            base: BASE,
            route: |path| Route::read(path).map_or("(unknown)", |(_, route)| route.pattern()),
        }
    }

    fn answer(&self, ask: &Ask) -> Reply {
        self.reply(ask).unwrap_or_else(|fail| fail.into_refusal().reply())
    }

    fn refuse(&self, fault: Fault) -> Reply {
        match fault {
            Fault::TooManyRequests => Problem::too_many(1_000).reply(),
            Fault::Forbidden => Problem::forbidden().reply(),
            _ => Problem::server().reply(),
        }
    }

    fn ensure(&self, id: &str) -> Result<(), Error> {
        self.0.ensure(id)
    }

    fn containers(&self) -> Result<Vec<Held>, Error> {
        self.0.held()
    }

    fn person(&self, person: &Value) -> Result<(), Error> {
        self.0.set_person(person)
    }

    fn set(&self, settings: &Value) -> Result<(), Error> {
        self.0.set(settings)
    }

    fn observed(&self) -> Result<Value, Error> {
        self.0.observed()
    }
}

impl Api {
    fn reply(&self, ask: &Ask) -> Result<Reply, Fail<Problem>> {
        self.admit(ask)?;
        let Some((instance, route)) = Route::read(&ask.path) else { return Err(Problem::nowhere().into()) };
        if instance.as_deref().is_some_and(|instance| instance != super::INSTANCE) {
            return Err(Problem::no_instance().into());
        }
        if ask.method != "GET" {
            return Err(Problem::read_only().into());
        }
        match route {
            Route::Instances => Ok(manage::instances()),
            Route::Segments => self.segments(ask),
            Route::Entities => self.entities(),
            Route::Size(entity) => self.size(&entity),
            Route::Data(entity) => self.data(ask, &entity),
            Route::Jobs => Ok(self.jobs()),
            Route::Schedules => Ok(workflows::schedules()),
        }
    }

    /// Both credentials, then the rate.
    fn admit(&self, ask: &Ask) -> Result<(), Problem> {
        let now_ms = self.0.now_ms();
        let key = ask.headers.get("ocp-apim-subscription-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
        let subscribed = !key.is_empty() && !key.starts_with("invalid");
        if !subscribed || !self.0.tokens.admit(ask, Audience::Insights, now_ms) {
            return Err(Problem::unauthorized());
        }
        let limit = self.0.settings().api_calls;
        self.0.rates.take(NAME, limit, WINDOW_MS, now_ms).map_err(Problem::too_many)
    }
}
