//! The vendor at the sandbox's common door.

use super::{BASE, Iterable, PROJECT, refusal::Refusal, route};
use crate::{
    Error, Fault,
    vendor::{About, Ask, Held, Reply, Vendor},
};
use serde_json::Value;

impl Vendor for Iterable {
    fn about(&self) -> About {
        About { name: "iterable", title: "Iterable", base: BASE, route: route::pattern }
    }

    fn answer(&self, ask: &Ask) -> Reply {
        self.reply(ask)
    }

    fn refuse(&self, fault: Fault) -> Reply {
        match fault {
            Fault::TooManyRequests => Refusal::rate(&format!("/api, project: {PROJECT} ")).reply(false),
            Fault::Forbidden => Refusal::new(403, "Forbidden", "Forbidden").reply(false),
            _ => Refusal::server().reply(false),
        }
    }

    fn ensure(&self, id: &str) -> Result<(), Error> {
        self.ensure_list(id)
    }

    fn containers(&self) -> Result<Vec<Held>, Error> {
        self.held()
    }

    fn person(&self, person: &Value) -> Result<(), Error> {
        self.set_person(person)
    }

    fn set(&self, settings: &Value) -> Result<(), Error> {
        self.change_settings(settings)
    }

    fn observed(&self) -> Result<Value, Error> {
        self.seen()
    }
}
