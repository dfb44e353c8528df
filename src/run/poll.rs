//! Asking for jobs, and waiting in the vendor's time.

use super::{Context, Failure, FailureKind};
use crate::{
    destination::{Jobs, PlaceId, Polled},
    plan::words::counted,
};
use std::time::Duration;

pub async fn ask(context: &Context, place: &PlaceId, jobs: &Jobs<'_>) -> Result<Polled, Failure> {
    Ok(context.destination.poll(place, jobs).await?)
}

/// What a run says that cannot wait until it is known what became of some of its rows.
pub fn unsettled(context: &Context, rows: usize) -> Failure {
    let capabilities = context.capabilities;
    let people = counted(rows as u64, "member is", "members are");
    let message = format!("{} does not show yet whether {people} on a {}", capabilities.vendor, capabilities.container_word);
    Failure::new(FailureKind::Retry { after: Some(capabilities.looks_apart) }, message)
        .hint("their call may have been carried out, and is not repeated on a doubt; the next run looks first and sends the rest then")
}

/// Waits as long as a vendor takes; an error if the run is stopped meanwhile.
pub async fn wait(context: &Context, time: Duration) -> Result<(), Failure> {
    let slept = context.cancel.run_until_cancelled(tokio::time::sleep(time / context.hub.speed())).await;
    slept.ok_or_else(Failure::canceled)
}
