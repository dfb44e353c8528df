//! What the common door is given.

use super::{
    BASE, NAME, gate,
    problem::Problem,
    route, segments,
    settings::Settings,
    tags,
    work::{Omnisend, held},
};
use crate::{
    Error, Fault,
    vendor::{About, Ask, Held, Reply, Vendor},
};
use serde_json::Value;

impl Vendor for Omnisend {
    fn about(&self) -> About {
        About { name: NAME, title: "Omnisend", base: BASE, route: route::pattern }
    }

    fn answer(&self, ask: &Ask) -> Reply {
        self.reply(ask)
    }

    fn refuse(&self, fault: Fault) -> Reply {
        gate::refusal(&match fault {
            Fault::TooManyRequests => Problem::too_many_requests(None, false),
            Fault::Forbidden => Problem::forbidden(),
            _ => Problem::server(),
        })
    }

    fn containers(&self) -> Result<Vec<Held>, Error> {
        Ok(self.transact(|ctx| Ok([tags::held(ctx)?, segments::held(ctx)?].concat()))?)
    }

    fn person(&self, person: &Value) -> Result<(), Error> {
        self.set_person(person)
    }

    fn set(&self, settings: &Value) -> Result<(), Error> {
        let settings: Settings = serde_json::from_value(settings.clone()).map_err(|error| Error::Refused(error.to_string()))?;
        settings.check().map_err(|why| Error::Refused(why.to_owned()))?;
        *held(&self.settings) = settings;
        Ok(())
    }

    fn observed(&self) -> Result<Value, Error> {
        self.transact(|_| Ok(()))?;
        Ok(held(&self.observed).to_json())
    }
}
