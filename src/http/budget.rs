//! What an account may spend, and what it spent.

use super::{Lane, Rate, gate::Gate, ledger::Purse, retry::RetryBudget};
use std::collections::BTreeMap;
use std::sync::{
    Arc, Mutex, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use std::time::SystemTime;

/// Limits of one budget. `None`: no limit of that sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spend {
    /// Calls in flight.
    pub connections: u32,
    pub per_second: Option<u32>,
    pub per_minute: Option<u32>,
    pub per_day: Option<u32>,
}

impl Spend {
    fn rates(self) -> Vec<Rate> {
        self.per_second.map(Rate::a_second).into_iter().chain(self.per_minute.map(Rate::a_minute)).collect()
    }

    fn stricter(self, other: Self) -> Self {
        let least = |a: Option<u32>, b: Option<u32>| a.into_iter().chain(b).min();
        Self {
            connections: self.connections.min(other.connections),
            per_second: least(self.per_second, other.per_second),
            per_minute: least(self.per_minute, other.per_minute),
            per_day: least(self.per_day, other.per_day),
        }
    }
}

/// What was spent since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Attempts sent, retries included.
    pub requests: u64,
    pub retries: u64,
    /// Answers that said "too much at once".
    pub throttled: u64,
    pub in_flight: u64,
    pub in_flight_max: u64,
}

#[derive(Debug)]
pub(super) struct Budget {
    pub gate: Arc<Gate>,
    pub retries: RetryBudget,
    pub tally: Tally,
    pub clock: Clock,
    /// Who is next to spend of the account's limits.
    pub queue: Queue,
    limits: RwLock<Limits>,
    lanes: Mutex<BTreeMap<&'static str, Arc<Queue>>>,
}

/// First come, first served.
pub(super) type Queue = tokio::sync::Mutex<()>;

#[derive(Debug)]
struct Limits {
    /// What is counted by it: days, minutes, seconds.
    key: String,
    spend: Spend,
}

impl Budget {
    pub(super) fn new(key: &str, spend: Spend) -> Self {
        Self {
            gate: Arc::new(Gate::new(spend.connections)),
            retries: RetryBudget::new(),
            tally: Tally::default(),
            clock: Clock::default(),
            queue: Queue::default(),
            limits: RwLock::new(Limits { key: key.to_owned(), spend }),
            lanes: Mutex::default(),
        }
    }

    pub(super) fn spend(&self) -> Spend {
        self.read().spend
    }

    /// What a call is counted against: the account's limits, and those of its lane.
    pub(super) fn purses(&self, lane: Option<&Lane>) -> Vec<Purse> {
        let limits = self.read();
        let account = Purse { account: limits.key.clone(), lane: "", rates: limits.spend.rates() };
        let lane = lane.map(|lane| Purse { account: limits.key.clone(), lane: lane.name, rates: vec![lane.rate] });
        [account].into_iter().chain(lane).filter(|purse| !purse.rates.is_empty()).collect()
    }

    /// Who is next of those calls that have a limit of their own.
    pub(super) fn lane(&self, lane: &Lane) -> Arc<Queue> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(lane.name).or_default())
    }

    pub(super) fn key(&self) -> String {
        self.read().key.clone()
    }

    pub(super) fn rename(&self, key: &str) {
        key.clone_into(&mut self.write().key);
    }

    /// From now on the stricter of both limits holds.
    pub(super) fn tighten(&self, other: Spend) {
        let mut limits = self.write();
        let both = limits.spend.stricter(other);
        if both != limits.spend {
            self.gate.tighten(both.connections);
            limits.spend = both;
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Limits> {
        self.limits.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Limits> {
        self.limits.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the account's platform last said that the time is.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Option<SystemTime>>);

impl Clock {
    pub(super) fn tells(&self, date: SystemTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(date);
    }

    pub(super) fn told(&self) -> Option<SystemTime> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    requests: AtomicU64,
    retries: AtomicU64,
    throttled: AtomicU64,
    in_flight: AtomicU64,
    in_flight_max: AtomicU64,
}

impl Tally {
    /// Counts an attempt; it is in flight until what comes back is dropped.
    pub(super) fn sent(&self, attempt: u32) -> Flight<'_> {
        self.requests.fetch_add(1, Relaxed);
        self.retries.fetch_add(u64::from(attempt > 1), Relaxed);
        let now = self.in_flight.fetch_add(1, Relaxed) + 1;
        self.in_flight_max.fetch_max(now, Relaxed);
        Flight(&self.in_flight)
    }

    pub(super) fn throttled(&self) {
        self.throttled.fetch_add(1, Relaxed);
    }

    pub(super) fn counters(&self) -> Counters {
        Counters {
            requests: self.requests.load(Relaxed),
            retries: self.retries.load(Relaxed),
            throttled: self.throttled.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            in_flight_max: self.in_flight_max.load(Relaxed),
        }
    }
}

/// An attempt in flight.
pub(super) struct Flight<'a>(&'a AtomicU64);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
