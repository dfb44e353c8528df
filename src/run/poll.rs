//! Asking for jobs, and waiting in the vendor's time.

use super::{Context, Failure};
use crate::{
    destination::{JobId, Jobs, PlaceId, Polled},
    member::Key,
};
use std::time::Duration;

pub async fn ask(context: &Context, place: &PlaceId, ids: &[JobId], rows: &(dyn Fn(&JobId) -> Vec<Key> + Sync)) -> Result<Polled, Failure> {
    Ok(context.destination.poll(place, &Jobs { ids, rows }).await?)
}

/// Waits as long as a vendor takes; an error if the run is stopped meanwhile.
pub async fn wait(context: &Context, time: Duration) -> Result<(), Failure> {
    let slept = context.cancel.run_until_cancelled(tokio::time::sleep(time / context.hub.speed())).await;
    slept.ok_or_else(Failure::canceled)
}
