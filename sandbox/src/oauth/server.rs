//! One vendor's authorization server behind the common door.

use super::{
    grants::Grants,
    refusal::Refusal,
    rules::{Rules, Settings},
};
use crate::{
    Clock, Error, Fault,
    hold::Hold,
    rates::Rates,
    vendor::{About, Ask, Held, Reply, Vendor},
};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
pub(crate) struct AuthorizationServer {
    pub(super) rules: &'static Rules,
    pub(super) rates: Rates,
    /// The sandbox's own address.
    pub(super) origin: String,
    grants: Mutex<Grants>,
    settings: Mutex<Settings>,
    clock: Clock,
}

const ROUTES: [&str; 5] = ["/authorize", "/token", "/device/authorize", "/activate", "/metadata"];

impl AuthorizationServer {
    pub(crate) fn open(rules: &'static Rules, hold: &Arc<Hold>, clock: &Clock, origin: &str) -> Result<Self, Error> {
        Ok(Self {
            rules,
            rates: Rates::default(),
            origin: origin.to_owned(),
            grants: Mutex::new(Grants::open(hold, rules)?),
            settings: Mutex::default(),
            clock: clock.clone(),
        })
    }

    pub(super) fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settings(&self) -> Settings {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    fn nowhere(&self) -> Reply {
        Reply { violations: vec!["there is nothing at this address".into()], ..Reply::text(404, "Not Found") }
    }
}

impl Vendor for AuthorizationServer {
    fn about(&self) -> About {
        About {
            name: self.rules.name,
            title: self.rules.title,
            base: self.rules.base,
            route: |path| ROUTES.into_iter().find(|route| *route == path).unwrap_or("(unknown)"),
        }
    }

    fn answer(&self, ask: &Ask) -> Reply {
        let answered = match (ask.method.as_str(), ask.path.as_str()) {
            ("GET", "/authorize") => self.authorize(ask),
            ("POST", "/token") => self.token(ask),
            ("POST", "/device/authorize") if self.rules.device => self.device(ask),
            ("GET", "/activate") if self.rules.device => self.activate(ask),
            ("GET", "/metadata") if self.rules.metadata => self.metadata(ask),
            _ => return self.nowhere(),
        };
        answered.unwrap_or_else(|refusal: Refusal| refusal.reply())
    }

    fn refuse(&self, fault: Fault) -> Reply {
        match fault {
            Fault::TooManyRequests => Reply::text(429, "Too Many Requests"),
            Fault::Forbidden => Reply::bare(403),
            _ => Reply::json(500, &serde_json::json!({"error": "server_error"})),
        }
    }

    fn containers(&self) -> Result<Vec<Held>, Error> {
        Ok(Vec::new())
    }

    fn set(&self, settings: &Value) -> Result<(), Error> {
        let settings = serde_json::from_value(settings.clone()).map_err(|error| Error::Refused(error.to_string()))?;
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
        Ok(())
    }
}
