//! Reading back what the platform only accepted (E12): `verify: always` reads everyone in the containers, `sample` looks some
//! people up and reads everyone when one of them is missing. Who is missing is sent again by the next run.

use super::{Failure, pages::Pages, phase::Phase, poll};
use crate::{
    definition::Verify,
    destination::ContainerId,
    member::{Email, Key, RemainingFlags, SegmentMask},
};
use std::{collections::BTreeSet, ops::ControlFlow, time::Duration};

/// People looked up by `sample`.
const SAMPLE: usize = 20;
/// What was accepted may take effect later: so often it is looked at again, and so long apart.
const LOOKS: u32 = 4;
const APART: Duration = Duration::from_secs(15);

/// What a reading found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Everyone who is not missing is where they were put.
    pub complete: bool,
    /// Of those that this run sent.
    pub missing: BTreeSet<Key>,
}

pub async fn verify(phase: &mut Phase<'_>) -> Result<Verified, Failure> {
    if !matches!(phase.context.export.verify, Some(Verify::Always | Verify::Sample)) {
        return Ok(Verified::default());
    }
    phase.recorder.flush().await?;
    // Until then the platform may show what was before.
    poll::wait(phase.context, phase.context.capabilities.settles).await?;
    match phase.context.export.verify {
        Some(Verify::Always) => everyone(phase).await,
        Some(Verify::Sample) if sample_is_missing(phase).await? => everyone(phase).await,
        _ => Ok(Verified::default()),
    }
}

async fn everyone(phase: &mut Phase<'_>) -> Result<Verified, Failure> {
    let mut missing = BTreeSet::new();
    for (bit, container) in &phase.ready.containers {
        missing.extend(missing_in(phase, *bit, container).await?);
    }
    let sent = |key: &Key| phase.remaining.binary_search_by_key(key, |entry| entry.key()).is_ok();
    Ok(Verified { complete: true, missing: missing.into_iter().filter(sent).collect() })
}

/// Recorded members who are not in the container, after some patience; they are recorded as out of it.
async fn missing_in(phase: &Phase<'_>, bit: u8, container: &ContainerId) -> Result<Vec<Key>, Failure> {
    let mut missing = Vec::new();
    for look in 0..LOOKS {
        if look > 0 {
            poll::wait(phase.context, APART).await?;
        }
        let present = read(phase, container).await?;
        missing = recorded(phase, bit)?;
        missing.retain(|key| present.binary_search(key).is_err());
        if missing.is_empty() {
            return Ok(missing);
        }
    }
    let people = missing.len();
    phase
        .context
        .watch
        .note(&format!("{people} of those recorded are not there although the platform accepted them; the next run sends them again"));
    let (export, keys) = (phase.ready.export, missing.clone());
    phase.recorder.record(move |store| store.leave(export, 1 << bit, keys)).await?;
    Ok(missing)
}

/// Everyone in the container, sorted.
async fn read(phase: &Phase<'_>, container: &ContainerId) -> Result<Vec<Key>, Failure> {
    phase.context.watch.phase("reading back who is there", None);
    let (mut pages, mut present) = (Pages::of_list(phase.context, &phase.ready.place, container), Vec::new());
    while let Some(contacts) = pages.next().await? {
        present.extend(contacts.iter().map(|contact| Key::of(&contact.email)));
    }
    present.sort_unstable();
    Ok(present)
}

fn recorded(phase: &Phase<'_>, bit: u8) -> Result<Vec<Key>, Failure> {
    let mut keys = Vec::new();
    phase.view.member_heads(phase.ready.export, |head| {
        keys.extend(SegmentMask(head.segments).has(bit).then_some(head.key));
        Ok::<_, crate::state::StateError>(ControlFlow::Continue(()))
    })?;
    Ok(keys)
}

/// Whether one of some people is not where they were put. Where the platform does not tell of one person, nobody is missing.
async fn sample_is_missing(phase: &Phase<'_>) -> Result<bool, Failure> {
    for (email, containers) in sample(phase)? {
        let Some(found) = phase.context.destination.find(&phase.ready.place, &email).await? else { return Ok(true) };
        if found.containers.is_some_and(|inside| containers.iter().any(|container| !inside.contains(container))) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn sample(phase: &Phase<'_>) -> Result<Vec<(Email, Vec<ContainerId>)>, Failure> {
    let unverified: Vec<_> = phase.remaining.iter().filter(|e| e.flags().has(RemainingFlags::UNVERIFIED)).collect();
    let mut people = Vec::new();
    for entry in unverified.iter().step_by(unverified.len().div_ceil(SAMPLE).max(1)) {
        let Some(member) = phase.view.member(phase.ready.export, entry.key())? else { continue };
        let inside = phase.ready.containers.iter().filter(|(bit, _)| SegmentMask(member.segments).has(*bit));
        people.extend(member.address.map(|email| (email, inside.map(|(_, id)| id.clone()).collect())));
    }
    Ok(people)
}
