//! The vendor at the sandbox's common door.

use super::{
    BASE, ConstantContact, NAME, activities, lists, people, problem::Problem, rate, route, settings::Settings, tally, work::refuse,
};
use crate::{
    Error, Fault,
    vendor::{About, Ask, Held, Reply, Vendor},
};
use serde_json::{Value, json};

impl Vendor for ConstantContact {
    fn about(&self) -> About {
        About { name: NAME, title: "Constant Contact", base: BASE, route: route::pattern }
    }

    fn answer(&self, ask: &Ask) -> Reply {
        self.reply(ask)
    }

    /// The gateway speaks in single objects.
    fn refuse(&self, fault: Fault) -> Reply {
        match fault {
            Fault::TooManyRequests => refuse(&Problem { alone: true, ..Problem::throttled() }),
            Fault::Forbidden => refuse(&Problem { alone: true, ..Problem::forbidden() }),
            Fault::Unavailable => refuse(&Problem::unavailable()),
            _ => refuse(&Problem::server()),
        }
    }

    fn ensure(&self, id: &str) -> Result<(), Error> {
        self.inside(|ctx| lists::ensure(ctx, id))
    }

    fn containers(&self) -> Result<Vec<Held>, Error> {
        self.inside(|ctx| lists::held(ctx))
    }

    fn person(&self, person: &Value) -> Result<(), Error> {
        let person = serde_json::from_value(person.clone()).map_err(|error| Error::Refused(error.to_string()))?;
        self.inside(|ctx| people::set(ctx, &person))
    }

    fn set(&self, settings: &Value) -> Result<(), Error> {
        let settings: Settings = serde_json::from_value(settings.clone()).map_err(|error| Error::Refused(error.to_string()))?;
        settings.check().map_err(|why| Error::Refused(why.to_owned()))?;
        self.set_settings(settings);
        Ok(())
    }

    fn observed(&self) -> Result<Value, Error> {
        self.inside(|ctx| {
            let (requests, activities) = (rate::today(ctx.db, ctx.now)?, activities::by_kind(ctx)?);
            let mut seen = json!(tally::load(ctx.db)?);
            seen["requestsToday"] = requests.into();
            seen["activities"] = json!(activities);
            Ok(seen)
        })
    }
}
