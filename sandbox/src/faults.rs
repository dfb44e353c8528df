//! Bad weather on demand: shares of faults drawn from a seed, faults for the next matching requests, slow answers.
//! The n-th request of a sandbox meets the same weather in every run with the same seed.

use super::draw;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// 429 in the vendor's words; nothing was done.
    TooManyRequests,
    /// 429 in plain text, from something in front of the vendor; nothing was done.
    PlainTooManyRequests,
    /// 403 without a body, as under extreme load; nothing was done.
    Forbidden,
    /// 500 in the vendor's words; nothing was done.
    ServerError,
    /// 500 in plain text; nothing was done.
    PlainServerError,
    /// 503, as when a reading took the vendor too long; nothing was done.
    Unavailable,
    /// 502 with an HTML page, as from the content network; nothing was done.
    BadGateway,
    /// The connection ends before any answer; nothing was done.
    ResetConnection,
    /// The work was done; the answer's body ends in the middle.
    CutBody,
    /// The work was done; the connection ends without any answer.
    LostAnswer,
}

/// How long an answer takes at least, from the request's arrival, the work included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Latency {
    FixedMs(u64),
    Between { min_ms: u64, max_ms: u64 },
}

impl Default for Latency {
    fn default() -> Self {
        Self::FixedMs(0)
    }
}

/// A fault for the next requests that match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Next {
    pub fault: Fault,
    /// `POST`, …; any if absent.
    #[serde(default)]
    pub method: Option<String>,
    /// A route as the request log writes it (`/lists/{list_id}`); any if absent.
    #[serde(default)]
    pub route: Option<String>,
    /// Matching requests to let pass first.
    #[serde(default)]
    pub skip: u32,
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// The weather. The default is fair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Faults {
    pub seed: u64,
    /// Share of requests, 0 to 1, that meet each fault; together at most 1.
    pub shares: BTreeMap<Fault, f64>,
    pub latency_ms: Latency,
    /// Added to the latency for each member a request carries.
    pub per_row_ms: f64,
    /// Beyond this the client gets the content network's 502 page; the work was done all the same.
    pub timeout_ms: u64,
    pub next: Vec<Next>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { seed: 0, shares: BTreeMap::new(), latency_ms: Latency::default(), per_row_ms: 0.0, timeout_ms: 120_000, next: Vec::new() }
    }
}

impl Faults {
    /// Fair weather in which every answer takes at least this long.
    pub fn latency(latency_ms: u64) -> Self {
        Self { latency_ms: Latency::FixedMs(latency_ms), ..Self::default() }
    }

    /// The next request on this route meets the fault.
    #[must_use]
    pub fn next(mut self, fault: Fault, method: &str, route: &str) -> Self {
        let (method, route) = (Some(method.to_owned()), Some(route.to_owned()));
        self.next.push(Next { fault, method, route, skip: 0, times: 1 });
        self
    }

    pub fn is_fair(&self) -> bool {
        *self == Self { seed: self.seed, ..Self::default() }
    }

    pub(super) fn check(&self) -> Result<(), super::Error> {
        let refuse = |why: &str| Err(super::Error::Faults(why.to_owned()));
        if self.shares.values().any(|share| !(0.0..=1.0).contains(share)) {
            return refuse("a share is between 0 and 1");
        }
        if self.shares.values().sum::<f64>() > 1.0 {
            return refuse("the shares together are more than 1");
        }
        if !(0.0..=600_000.0).contains(&self.per_row_ms) {
            return refuse("perRowMs is between 0 and 600000");
        }
        match self.latency_ms {
            Latency::Between { min_ms, max_ms } if min_ms > max_ms => refuse("the least latency is above the greatest"),
            Latency::FixedMs(ms) | Latency::Between { max_ms: ms, .. } if ms > 600_000 => refuse("a latency is at most 600000 ms"),
            _ => Ok(()),
        }
    }
}

/// What one request meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weather {
    pub fault: Option<Fault>,
    pub latency: Duration,
}

/// The faults in force and how far the seed has been used.
#[derive(Debug, Default)]
pub(super) struct Injector {
    faults: Faults,
    requests: u64,
}

impl Injector {
    pub(super) fn new(faults: Faults) -> Self {
        Self { faults, requests: 0 }
    }

    pub(super) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The weather for the next request, which carries `rows` members once that is known.
    pub(super) fn draw(&mut self, method: &str, route: &str) -> Weather {
        self.requests += 1;
        let fault = self.planned(method, route).or_else(|| self.by_share());
        Weather { fault, latency: self.latency() }
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.faults.timeout_ms)
    }

    pub(super) fn for_rows(&self, rows: usize) -> Duration {
        Duration::from_secs_f64(self.faults.per_row_ms * rows as f64 / 1000.0)
    }

    fn planned(&mut self, method: &str, route: &str) -> Option<Fault> {
        let fits = |n: &Next| n.method.as_deref().is_none_or(|m| m == method) && n.route.as_deref().is_none_or(|r| r == route);
        let index = self.faults.next.iter().position(fits)?;
        let next = &mut self.faults.next[index];
        if next.skip > 0 {
            next.skip -= 1;
            return None;
        }
        let fault = next.fault;
        next.times = next.times.saturating_sub(1);
        if next.times == 0 {
            self.faults.next.remove(index);
        }
        Some(fault)
    }

    fn by_share(&self) -> Option<Fault> {
        let mut drawn = self.chance(0);
        for (fault, share) in &self.faults.shares {
            if drawn < *share {
                return Some(*fault);
            }
            drawn -= share;
        }
        None
    }

    fn latency(&self) -> Duration {
        Duration::from_millis(match self.faults.latency_ms {
            Latency::FixedMs(ms) => ms,
            Latency::Between { min_ms, max_ms } => min_ms + (self.chance(1) * (max_ms - min_ms + 1) as f64) as u64,
        })
    }

    fn chance(&self, purpose: u64) -> f64 {
        draw::chance(self.faults.seed, self.requests, purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(seed: u64, share: f64) -> Vec<Option<Fault>> {
        let faults = Faults { seed, shares: [(Fault::BadGateway, share)].into(), ..Faults::default() };
        let mut injector = Injector::new(faults);
        (0..2_000).map(|_| injector.draw("GET", "/ping").fault).collect()
    }

    #[test]
    fn one_seed_is_one_weather_and_shares_are_kept() {
        assert_eq!(draws(7, 0.3), draws(7, 0.3));
        assert_ne!(draws(7, 0.3), draws(8, 0.3));
        let hit = draws(7, 0.3).into_iter().flatten().count();
        assert!((520..680).contains(&hit), "{hit} of 2000 at 30 %");
        assert_eq!(draws(7, 1.0).into_iter().flatten().count(), 2_000);
    }

    #[test]
    fn planned_faults_match_skip_and_end() {
        let next = Next { fault: Fault::LostAnswer, method: Some("POST".into()), route: Some("/batches".into()), skip: 1, times: 2 };
        let mut injector = Injector::new(Faults { next: vec![next], ..Faults::default() });
        let mut ask = |method, route| injector.draw(method, route).fault.is_some();
        assert!(!ask("GET", "/batches"));
        assert!(!ask("POST", "/batches"), "skipped");
        assert!(ask("POST", "/batches"));
        assert!(!ask("POST", "/lists"));
        assert!(ask("POST", "/batches"));
        assert!(!ask("POST", "/batches"), "over");
    }

    #[test]
    fn latency_stays_between_its_bounds() {
        let faults = Faults { latency_ms: Latency::Between { min_ms: 5, max_ms: 9 }, ..Faults::default() };
        let mut injector = Injector::new(faults);
        let seen: std::collections::BTreeSet<_> = (0..200).map(|_| injector.draw("GET", "/").latency.as_millis()).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [5, 6, 7, 8, 9]);
    }

    #[test]
    fn impossible_weather_is_refused() {
        let shares = |share| Faults { shares: [(Fault::CutBody, share), (Fault::Forbidden, 0.6)].into(), ..Faults::default() };
        assert!(shares(0.4).check().is_ok());
        assert!(shares(0.5).check().is_err());
        assert!(shares(-0.1).check().is_err());
        assert!(Faults::latency(600_001).check().is_err());
    }
}
