//! So many connections at once. When all places are taken, the connection that has been without a request for longest gives
//! its place up: silent ones keep nobody out. When every one has a request, a few more are taken for probes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(super) struct Places {
    most: usize,
    spare: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    next: u64,
    seats: HashMap<u64, Seat>,
}

struct Seat {
    /// `None`: it has a request.
    idle_since: Option<Instant>,
    up: CancellationToken,
}

/// One connection's; free again once dropped.
pub(super) struct Place {
    id: u64,
    /// It is beyond those that everyone may take.
    pub probes_only: bool,
    up: CancellationToken,
    of: Arc<Places>,
}

/// While it lives, the connection has a request.
pub(super) struct Busy(Arc<Place>);

impl Places {
    pub fn new(most: usize, spare: usize) -> Self {
        Self { most, spare, taken: Mutex::default() }
    }

    /// A place for a connection that just came. `None`: there is none.
    pub fn take(this: &Arc<Self>) -> Option<Place> {
        let mut taken = this.lock();
        if taken.seats.len() >= this.most {
            taken.free_the_idlest();
        }
        let (count, id) = (taken.seats.len(), taken.next);
        if count >= this.most + this.spare {
            return None;
        }
        taken.next += 1;
        let up = CancellationToken::new();
        taken.seats.insert(id, Seat { idle_since: Some(Instant::now()), up: up.clone() });
        Some(Place { id, probes_only: count >= this.most, up, of: Arc::clone(this) })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, id: u64, idle_since: Option<Instant>) {
        if let Some(seat) = self.lock().seats.get_mut(&id) {
            seat.idle_since = idle_since;
        }
    }
}

impl Taken {
    fn free_the_idlest(&mut self) {
        let idle = self.seats.iter().filter_map(|(id, seat)| Some((seat.idle_since?, *id))).min();
        if let Some(seat) = idle.and_then(|(_, id)| self.seats.remove(&id)) {
            seat.up.cancel();
        }
    }
}

impl Place {
    /// Another connection got it.
    pub async fn given_up(&self) {
        self.up.cancelled().await;
    }

    pub fn busy(self: &Arc<Self>) -> Busy {
        self.of.set(self.id, None);
        Busy(Arc::clone(self))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.of.set(self.0.id, Some(Instant::now()));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.of.lock().seats.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    mod server {
        use super::*;
        use std::time::Duration;

        fn places() -> Arc<Places> {
            Arc::new(Places::new(3, 1))
        }

        #[tokio::test(start_paused = true)]
        async fn attack_silent_connections_give_way_the_oldest_first() {
            let places = places();
            let mut held = Vec::new();
            for _ in 0..3 {
                held.push(Arc::new(Places::take(&places).unwrap()));
                tokio::time::advance(Duration::from_millis(1)).await;
            }
            let _busy = held[0].busy();
            let newest = Places::take(&places).unwrap();
            assert!(!newest.probes_only && held[1].up.is_cancelled() && !held[0].up.is_cancelled() && !held[2].up.is_cancelled());
        }

        #[tokio::test(start_paused = true)]
        async fn attack_where_all_are_busy_a_probe_still_gets_in() {
            let places = places();
            let held: Vec<_> = (0..3).map(|_| Arc::new(Places::take(&places).unwrap())).collect();
            let busy: Vec<_> = held.iter().map(Place::busy).collect();
            let probe = Arc::new(Places::take(&places).unwrap());
            let _probed = probe.busy();
            assert!(probe.probes_only && Places::take(&places).is_none());
            drop(busy);
            assert!(Places::take(&places).is_some_and(|place| place.probes_only), "the probe's own place is still taken");
        }

        #[tokio::test(start_paused = true)]
        async fn a_place_is_free_again_once_its_connection_ended() {
            let places = places();
            for _ in 0..10 {
                let held: Vec<_> = (0..3).map(|_| Arc::new(Places::take(&places).unwrap())).collect();
                assert!(held.iter().all(|place| !place.probes_only && !place.up.is_cancelled()));
            }
            assert!(places.lock().seats.is_empty());
        }
    }
}
