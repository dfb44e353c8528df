//! What was asked of the sandbox: counters by route, the last requests, what broke the vendor's contract. Routes and
//! counts only: an address never gets in here.

use serde::Serialize;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// Requests and violations kept for the page.
const KEPT: usize = 50;

/// One answered request.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Unix seconds.
    pub at: i64,
    pub vendor: &'static str,
    pub method: String,
    pub route: String,
    /// 0: the connection ended without an answer.
    pub status: u16,
    /// From arrival to answer at the server, microseconds.
    pub took_us: u64,
    /// Members that the request carried.
    pub rows: usize,
    pub fault: Option<super::Fault>,
}

/// What one route was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RouteCount {
    pub requests: u64,
    pub rows: u64,
    /// Time at the server, together, microseconds.
    pub took_us: u64,
    pub by_status: BTreeMap<u16, u64>,
}

/// What one vendor was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VendorCount {
    pub requests: u64,
    pub violations: u64,
    /// By method and route, `POST /lists/{list_id}`.
    pub routes: BTreeMap<String, RouteCount>,
}

/// Counters since the start, all vendors together and each by itself.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Counters {
    pub requests: u64,
    /// By method and route, `POST /lists/{list_id}`.
    pub routes: BTreeMap<String, RouteCount>,
    pub in_flight: u64,
    /// The most requests that were under way at one time.
    pub most_at_once: u64,
    /// Answers 429 because all of a vendor's slots were taken (not those of `faults`).
    pub refused_slots: u64,
    /// Requests outside the vendor's contract, and the last of them in words.
    pub violations: u64,
    pub last_violations: VecDeque<String>,
    pub last_requests: VecDeque<Entry>,
    pub vendors: BTreeMap<&'static str, VendorCount>,
}

impl Counters {
    /// How often a route was asked (`"POST", "/lists/{list_id}"`).
    pub fn requests_of(&self, method: &str, route: &str) -> u64 {
        self.routes.get(&format!("{method} {route}")).map_or(0, |count| count.requests)
    }

    /// What one vendor was asked.
    pub fn of(&self, vendor: &str) -> VendorCount {
        self.vendors.get(vendor).cloned().unwrap_or_default()
    }
}

impl RouteCount {
    fn add(&mut self, entry: &Entry) {
        self.requests += 1;
        self.rows += entry.rows as u64;
        self.took_us += entry.took_us;
        *self.by_status.entry(entry.status).or_default() += 1;
    }
}

/// The counters, shared.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<Counters>);

impl Log {
    pub(super) fn counters(&self) -> Counters {
        self.with(|counters| counters.clone())
    }

    /// Counts a request in; it is counted out when the guard drops, also when the client went away.
    pub(super) fn enter(self: &Arc<Self>) -> InFlight {
        self.with(|counters| {
            counters.requests += 1;
            counters.in_flight += 1;
            counters.most_at_once = counters.most_at_once.max(counters.in_flight);
        });
        InFlight(Arc::clone(self))
    }

    pub(super) fn refused_slot(&self) {
        self.with(|counters| counters.refused_slots += 1);
    }

    pub(super) fn violation(&self, vendor: &'static str, method: &str, route: &str, what: &str) {
        self.with(|counters| {
            counters.violations += 1;
            counters.vendors.entry(vendor).or_default().violations += 1;
            push(&mut counters.last_violations, format!("{vendor} {method} {route}: {what}"));
        });
    }

    pub(super) fn answered(&self, entry: Entry) {
        self.with(|counters| {
            let call = format!("{} {}", entry.method, entry.route);
            let vendor = counters.vendors.entry(entry.vendor).or_default();
            vendor.requests += 1;
            vendor.routes.entry(call.clone()).or_default().add(&entry);
            counters.routes.entry(call).or_default().add(&entry);
            push(&mut counters.last_requests, entry);
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut Counters) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn push<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() == KEPT {
        queue.pop_front();
    }
    queue.push_back(item);
}

/// A request under way.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Log>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.with(|counters| counters.in_flight -= 1);
    }
}

/// One exchange in full, as a recorder keeps it. It holds addresses.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub vendor: &'static str,
    pub method: String,
    /// Below the vendor's base (`/lists/abc/members`), percent-encoded as it came.
    pub path: String,
    /// The query as it came, without `?`.
    pub query: String,
    pub body: String,
    pub status: u16,
    pub answer: String,
}

/// Keeps every exchange in memory, for checking against a contract; grows without limit.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<Exchange>>>);

impl Recorder {
    pub fn new() -> Self {
        Self::default()
    }

    /// What was kept since the last call.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn keep(&self, exchange: Exchange) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }
}
