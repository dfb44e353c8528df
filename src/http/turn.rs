//! Whose turn it is: a connection, and room in every window, in the moment in which the call is sent.
//!
//! What was counted and then waited for a connection would arrive together with what is counted later. So a connection is had
//! first, and the account's limits are waited for with it: they hold for everything that could use the connection. A lane's
//! limit is waited for before, since it holds for few.

use super::{Lane, Ledger, budget::Budget, gate::Permit, ledger::Purse};
use std::time::Duration;

impl Budget {
    /// Waits for everything that a call needs, and spends it.
    pub(super) async fn turn(&self, ledger: &dyn Ledger, lane: Option<&Lane>, speed: u32) -> Permit {
        let queue = lane.map(|lane| self.lane(lane));
        let _next_of_lane = match &queue {
            Some(queue) => Some(queue.lock().await),
            None => None,
        };
        loop {
            let purses = self.purses(lane);
            let (own, lanes): (Vec<_>, Vec<_>) = purses.iter().cloned().partition(|purse| purse.lane.is_empty());
            room(ledger, &lanes, speed).await;
            let permit = self.gate.enter().await;
            let _next = self.queue.lock().await;
            room(ledger, &own, speed).await;
            match ledger.spend(&purses, speed) {
                Ok(()) => return permit,
                // Another process was quicker: it all begins again, without what others could use meanwhile.
                Err(wait) => drop((permit, wait)),
            }
        }
    }
}

async fn room(ledger: &dyn Ledger, purses: &[Purse], speed: u32) {
    if purses.is_empty() {
        return;
    }
    loop {
        match ledger.wait(purses, speed) {
            Duration::ZERO => return,
            wait => tokio::time::sleep(wait).await,
        }
    }
}
