//! Plans made for callers: so many at once, none of whom takes every place, each with an end.

use super::Problem;
use axum::http::StatusCode;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// At once: each reads its sources whole.
const PLANS: usize = 4;
/// One caller's.
const OF_ONE: usize = PLANS - 1;
/// Longest that a plan waits for its place.
const WAIT: Duration = Duration::from_secs(120);
/// Longest that a plan takes.
pub(super) const LONGEST: Duration = Duration::from_secs(900);

pub(super) struct Plans {
    all: Arc<Semaphore>,
    /// By caller. Those who plan nothing are forgotten.
    of: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// The right to make one plan.
#[derive(Debug)]
pub(super) struct Turn {
    _all: OwnedSemaphorePermit,
    _of: OwnedSemaphorePermit,
}

impl Default for Plans {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(PLANS)), of: Mutex::default() }
    }
}

impl Plans {
    /// Waits for a place. First for one of the caller's own, so that it stands in nobody's way meanwhile.
    pub async fn turn(&self, caller: &str) -> Result<Turn, Problem> {
        let own = self.of(caller);
        let places = async {
            let of = own.acquire_owned().await.ok()?;
            Some(Turn { _all: Arc::clone(&self.all).acquire_owned().await.ok()?, _of: of })
        };
        tokio::time::timeout(WAIT, places).await.ok().flatten().ok_or_else(|| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "other plans take all places").hint("ask again once they have ended")
        })
    }

    fn of(&self, caller: &str) -> Arc<Semaphore> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        of.retain(|_, places| Arc::strong_count(places) > 1 || places.available_permits() < OF_ONE);
        Arc::clone(of.entry(caller.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(OF_ONE))))
    }
}

#[cfg(test)]
mod tests {
    mod server {
        use super::super::*;

        #[tokio::test(start_paused = true)]
        async fn attack_one_caller_does_not_take_every_place() {
            let plans = Plans::default();
            let mut held = Vec::new();
            for _ in 0..OF_ONE {
                held.push(plans.turn("token ci").await.unwrap());
            }
            assert_eq!(plans.turn("token ci").await.unwrap_err().status, 503, "after a while");
            held.push(plans.turn("dana").await.unwrap());
            assert_eq!(plans.turn("kim").await.unwrap_err().status, 503);
            held.clear();
            plans.turn("kim").await.unwrap();
            assert!(plans.of.lock().unwrap().len() <= 2, "who plans nothing is forgotten");
        }
    }
}
