//! Every budget of the process.

use super::{
    Calls, Client, Counters, DayCounter, InMemoryDays, InMemoryLedger, Ledger, Spend, Transport, budget::Budget, meter::Meter,
    transport::Network,
};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// The way out of the process: connections that share an account share its permits here. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
    stop: CancellationToken,
}

struct Shared {
    transport: Arc<dyn Transport>,
    days: Arc<dyn DayCounter>,
    ledger: Arc<dyn Ledger>,
    dice: Mutex<fastrand::Rng>,
    budgets: Mutex<HashMap<String, Arc<Budget>>>,
    meter: Meter,
    speed: u32,
}

impl Default for Hub {
    /// Over the network, day counters in memory, random jitter.
    fn default() -> Self {
        Self::new(Arc::new(Network::default()), Arc::new(InMemoryDays::default()), fastrand::Rng::new())
    }
}

impl Hub {
    /// With every seam given: what carries requests, what counts days, what jitter is drawn from.
    pub fn new(transport: Arc<dyn Transport>, days: Arc<dyn DayCounter>, dice: fastrand::Rng) -> Self {
        Self::at_speed(transport, days, dice, 1)
    }

    /// For vendors whose time runs faster than the wall's, as a sandbox's may: rates and waits are scaled, and nothing else.
    pub fn at_speed(transport: Arc<dyn Transport>, days: Arc<dyn DayCounter>, dice: fastrand::Rng, speed: u32) -> Self {
        Self::of(transport, days, Arc::new(InMemoryLedger::default()), dice, speed)
    }

    /// Over the network, with day counters that outlive the process.
    pub fn with_days(days: Arc<dyn DayCounter>, speed: u32) -> Self {
        Self::at_speed(Arc::new(Network::default()), days, fastrand::Rng::new(), speed)
    }

    /// The same, where what was spent in the last minute outlives the process as well.
    pub fn with_ledger(days: Arc<dyn DayCounter>, ledger: Arc<dyn Ledger>, speed: u32) -> Self {
        Self::of(Arc::new(Network::default()), days, ledger, fastrand::Rng::new(), speed)
    }

    fn of(transport: Arc<dyn Transport>, days: Arc<dyn DayCounter>, ledger: Arc<dyn Ledger>, dice: fastrand::Rng, speed: u32) -> Self {
        let (budgets, meter, speed) = (Mutex::default(), Meter::default(), speed.max(1));
        let shared = Shared { transport, days, ledger, dice: Mutex::new(dice), budgets, meter, speed };
        Self { shared: Arc::new(shared), stop: CancellationToken::new() }
    }

    /// How many times faster than the wall the vendors' time runs; 1 but for sandboxes.
    pub fn speed(&self) -> u32 {
        self.shared.speed
    }

    /// The same budgets, for work that `stop` ends: waiting and backing off end at once, a request in flight is
    /// let finish.
    #[must_use]
    pub fn stopped_by(&self, stop: CancellationToken) -> Self {
        Self { shared: self.shared.clone(), stop }
    }

    /// A client that spends from the budget `key`; if that exists, the stricter limits of both hold. A key that an earlier
    /// process found to be of an account spends that account's from the first call on.
    pub fn client(&self, key: impl Into<String>, spend: Spend) -> Client {
        let key = key.into();
        let mut budgets = self.budgets();
        match budgets.get(&key) {
            Some(budget) => budget.tighten(spend),
            None => {
                let account = self.ledger().account_of(&key).unwrap_or_else(|| key.clone());
                budgets.insert(key.clone(), Arc::new(Budget::new(&account, spend)));
            }
        }
        drop(budgets);
        Client::new(self.clone(), key)
    }

    /// What all budgets spent; `in_flight_max` is the greatest of any.
    pub fn counters(&self) -> Counters {
        let mut seen = Vec::new();
        let mut sum = Counters::default();
        for budget in self.budgets().values() {
            if seen.contains(&Arc::as_ptr(budget)) {
                continue;
            }
            seen.push(Arc::as_ptr(budget));
            let one = budget.tally.counters();
            sum.requests += one.requests;
            sum.retries += one.retries;
            sum.throttled += one.throttled;
            sum.in_flight += one.in_flight;
            sum.in_flight_max = sum.in_flight_max.max(one.in_flight_max);
        }
        sum
    }

    /// What calls came to, by platform.
    pub fn calls(&self) -> BTreeMap<&'static str, Calls> {
        self.shared.meter.calls()
    }

    /// `alias` turned out to be `key`: both are one budget from now on.
    pub(super) fn merge(&self, alias: &str, key: &str) {
        let mut budgets = self.budgets();
        let Some(mine) = budgets.get(alias).cloned() else { return };
        if alias != key {
            self.ledger().belongs(alias, &mine.key(), key);
        }
        let theirs = budgets.entry(key.to_owned()).or_insert_with(|| mine.clone()).clone();
        if Arc::ptr_eq(&mine, &theirs) {
            mine.rename(key);
        } else {
            theirs.tighten(mine.spend());
            budgets.insert(alias.to_owned(), theirs);
        }
    }

    pub(super) fn budget(&self, key: &str) -> Option<Arc<Budget>> {
        self.budgets().get(key).cloned()
    }

    pub(super) fn transport(&self) -> &dyn Transport {
        &*self.shared.transport
    }

    pub(super) fn days(&self) -> &dyn DayCounter {
        &*self.shared.days
    }

    pub(super) fn ledger(&self) -> &dyn Ledger {
        &*self.shared.ledger
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.shared.meter
    }

    pub(super) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// 0..1.
    pub(super) fn throw(&self) -> f64 {
        self.shared.dice.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }

    fn budgets(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Budget>>> {
        self.shared.budgets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("counters", &self.counters()).finish_non_exhaustive()
    }
}
