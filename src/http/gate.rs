//! How many calls may be in flight: a cap that is never passed, and below it what the vendor bears right now.
//!
//! Others use the account too, so the cap alone is not enough. Where more than about one call of nine is refused for being too
//! many, the limit is lowered by a tenth (at least one, at most once a second); it rises by one after twenty good answers per
//! connection in use. A refusal now and then is the weather, and lowers nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

const LOWER_BY: f64 = 0.9;
const LOWER_AT_MOST_EVERY: Duration = Duration::from_secs(1);
const GOOD_ANSWERS_PER_CONNECTION: usize = 20;
/// Good answers that make up for a refusal, and refusals that lower the limit where nothing makes up for them.
const GOOD_PER_REFUSAL: usize = 8;
const REFUSALS: usize = 3;

#[derive(Debug)]
pub(super) struct Gate {
    semaphore: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    cap: usize,
    limit: usize,
    /// Permits to be withheld as they come back.
    debt: usize,
    good: usize,
    /// Refusals that good answers have not made up for, in eighths.
    pressure: usize,
    lowered: Option<Instant>,
}

/// Leave to have one call in flight.
#[derive(Debug)]
pub(super) struct Permit {
    gate: Arc<Gate>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Gate {
    pub(super) fn new(cap: u32) -> Self {
        let cap = cap.max(1) as usize;
        let state = State { cap, limit: cap, debt: 0, good: 0, pressure: 0, lowered: None };
        Self { semaphore: Arc::new(Semaphore::new(cap)), state: Mutex::new(state) }
    }

    /// Waits for a place, first come first served.
    pub(super) async fn enter(self: &Arc<Self>) -> Permit {
        // The semaphore is never closed; were it, no limit would be lost but the waiting.
        let permit = self.semaphore.clone().acquire_owned().await.ok();
        Permit { gate: self.clone(), permit }
    }

    pub(super) fn throttled(&self) {
        let mut state = self.lock();
        state.pressure += GOOD_PER_REFUSAL;
        if state.pressure < REFUSALS * GOOD_PER_REFUSAL {
            return;
        }
        (state.good, state.pressure) = (0, 0);
        if state.lowered.is_some_and(|at| at.elapsed() < LOWER_AT_MOST_EVERY) {
            return;
        }
        state.lowered = Some(Instant::now());
        let lower = ((state.limit as f64 * LOWER_BY) as usize).min(state.limit - 1).max(1);
        self.lower(&mut state, lower);
    }

    pub(super) fn succeeded(&self) {
        let mut state = self.lock();
        state.pressure = state.pressure.saturating_sub(1);
        if state.limit == state.cap {
            return;
        }
        state.good += 1;
        if state.good >= GOOD_ANSWERS_PER_CONNECTION * state.limit {
            state.good = 0;
            state.limit += 1;
            match state.debt {
                0 => self.semaphore.add_permits(1),
                _ => state.debt -= 1,
            }
        }
    }

    /// The stricter of two caps holds when two keys turn out to share an account.
    pub(super) fn tighten(&self, cap: u32) {
        let mut state = self.lock();
        state.cap = state.cap.min(cap.max(1) as usize);
        let lower = state.limit.min(state.cap);
        self.lower(&mut state, lower);
    }

    fn lower(&self, state: &mut State, to: usize) {
        let less = state.limit - to;
        state.limit = to;
        state.debt += less - self.semaphore.forget_permits(less);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        if let Some(permit) = self.permit.take()
            && state.debt > 0
        {
            state.debt -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many may enter now.
    async fn room(gate: &Arc<Gate>) -> usize {
        let mut held = Vec::new();
        while let Ok(permit) = tokio::time::timeout(Duration::from_millis(1), gate.enter()).await {
            held.push(permit);
        }
        held.len()
    }

    fn refused(gate: &Gate, times: usize) {
        (0..times).for_each(|_| gate.throttled());
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_lower_the_limit_once_a_second_and_good_answers_raise_it() {
        let gate = Arc::new(Gate::new(8));
        assert_eq!(room(&gate).await, 8);
        refused(&gate, 9);
        assert_eq!(room(&gate).await, 7);
        tokio::time::advance(Duration::from_secs(2)).await;
        refused(&gate, 3);
        assert_eq!(room(&gate).await, 6);
        for _ in 0..120 + 140 + 1000 {
            gate.succeeded();
        }
        assert_eq!(room(&gate).await, 8, "never over the cap");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_now_and_then_lowers_nothing() {
        let gate = Arc::new(Gate::new(8));
        for n in 0..900 {
            if n % 11 == 0 {
                gate.throttled()
            } else {
                gate.succeeded()
            }
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert_eq!(room(&gate).await, 8);
    }

    #[tokio::test(start_paused = true)]
    async fn permits_in_use_are_withheld_when_they_come_back() {
        let gate = Arc::new(Gate::new(3));
        let held = (gate.enter().await, gate.enter().await, gate.enter().await);
        gate.tighten(1);
        assert_eq!(room(&gate).await, 0);
        drop(held);
        assert_eq!(room(&gate).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn one_connection_is_always_left() {
        let gate = Arc::new(Gate::new(1));
        refused(&gate, 9);
        assert_eq!(room(&gate).await, 1);
    }
}
