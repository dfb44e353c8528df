//! What the handlers share.

use super::{Clock, Error, Faults, Recorder, door::Door, faults::Injector, log::Log, mailchimp::Mailchimp, vendor::Vendor};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

#[derive(Debug)]
pub(super) struct App {
    pub doors: Vec<Arc<Door>>,
    pub mailchimp: Arc<Mailchimp>,
    pub log: Arc<Log>,
    pub recorder: Option<Recorder>,
    pub injector: Mutex<Injector>,
    pub clock: Clock,
}

impl App {
    pub(super) fn injector(&self) -> MutexGuard<'_, Injector> {
        self.injector.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// How long a request takes that carries so many members, and whether the content network gives up first.
    pub(super) fn latency(&self, drawn: Duration, rows: usize) -> (Duration, bool) {
        let injector = self.injector();
        let (wanted, limit) = (drawn + injector.for_rows(rows), injector.timeout());
        (wanted.min(limit), wanted > limit)
    }

    /// The vendor of this name.
    pub(super) fn vendor(&self, name: &str) -> Result<&Arc<dyn Vendor>, Error> {
        let found = self.doors.iter().map(|door| &door.vendor).find(|vendor| vendor.about().name == name);
        found.ok_or_else(|| Error::no_vendor(name))
    }

    pub(super) fn set_faults(&self, faults: Faults) -> Result<(), Error> {
        faults.check()?;
        *self.injector() = Injector::new(faults);
        Ok(())
    }
}
