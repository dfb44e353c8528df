//! The comparison of a million members with a million others, left out when both sides are known to be as they were.

use super::{Failure, Recorder};
use crate::{
    member::{Desired, WantedFlags},
    plan::diff::{DiffRules, DiffTally},
    state::{ExportId, SettledRecord, View},
};
use xxhash_rust::xxh3::Xxh3;

/// xxh3-128 of everything that a diff looks at on the wanted side.
pub fn digest(desired: &Desired, rules: DiffRules) -> [u8; 16] {
    let mut hash = Xxh3::new();
    hash.update(format!("{rules:?}").as_bytes());
    for entry in &desired.entries {
        hash.update(&entry.key().to_bytes());
        // Ids too: a comparison that was equal but for them was not equal.
        hash.update(&entry.signature().0.to_le_bytes());
        hash.update(&desired.sets.mask(entry.set()).0.to_le_bytes());
        hash.update(&[WantedFlags::REJECTED, WantedFlags::NO_CONSENT].map(|flag| u8::from(entry.flags().has(flag))));
    }
    desired.suppressed.iter().for_each(|key| hash.update(&key.to_bytes()));
    desired.protected.iter().for_each(|person| hash.update(&person.id().to_le_bytes()));
    hash.digest128().to_be_bytes()
}

/// The tally of an equal comparison, if there was one and nothing was applied since.
pub fn known(view: &View, export: ExportId, digest: [u8; 16]) -> Result<Option<DiffTally>, Failure> {
    let record = view.settled(export)?.filter(|record| record.digest == digest);
    Ok(record.and_then(|record| serde_json::from_str(&record.tally).ok()))
}

/// Records that a whole comparison found nothing to do.
pub async fn remember(recorder: &Recorder, export: ExportId, digest: [u8; 16], tally: &DiffTally) -> Result<(), Failure> {
    let Ok(tally) = serde_json::to_string(tally) else { return Ok(()) };
    recorder.flush().await?;
    recorder.record(move |store| store.remember_settled(export, &SettledRecord { digest, tally })).await
}
