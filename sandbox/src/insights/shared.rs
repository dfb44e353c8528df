//! What the four doors share.

use super::{
    api::Api,
    dataverse::Dataverse,
    entra::Entra,
    files::{Files, Signer},
    folder,
    refresh::Refresh,
    sample,
    settings::Settings,
    store::Store,
    tokens::Tokens,
};
use crate::{Clock, Error, hold::Hold, rates::Rates, vendor::Vendor};
use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

#[derive(Debug)]
pub(crate) struct Insights {
    /// The sandbox's own address, without a slash at the end.
    pub(super) origin: String,
    pub(super) tokens: Tokens,
    pub(super) rates: Rates,
    pub(super) signer: Signer,
    clock: Clock,
    store: Mutex<Store>,
    settings: Mutex<Settings>,
    refresh: Mutex<Refresh>,
}

impl Insights {
    /// With what an export left in the folder; without one, with a built-in sample.
    pub(crate) fn open(hold: &Arc<Hold>, clock: &Clock, origin: &str, export: Option<&Path>) -> Result<Arc<Self>, Error> {
        let mut store = Store::open(hold)?;
        match export {
            Some(export) => folder::load(&mut store, export)?,
            None if store.is_empty()? => sample::fill(&mut store)?,
            None => {}
        }
        Ok(Arc::new(Self {
            origin: origin.to_owned(),
            tokens: Tokens::default(),
            rates: Rates::default(),
            signer: Signer::default(),
            clock: clock.clone(),
            store: Mutex::new(store),
            settings: Mutex::default(),
            refresh: Mutex::new(Refresh::idle(clock.now_ms())),
        }))
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn refresh(&self) -> MutexGuard<'_, Refresh> {
        self.refresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What stands at each address.
pub(crate) fn doors(shared: &Arc<Insights>) -> [Arc<dyn Vendor>; 4] {
    let share = || Arc::clone(shared);
    [Arc::new(Entra(share())), Arc::new(Dataverse(share())), Arc::new(Api(share())), Arc::new(Files(share()))]
}
