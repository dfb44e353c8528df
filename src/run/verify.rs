//! Reading back what the platform only accepted (E12): `verify: always` reads everyone in the containers, `sample` looks some
//! people up and reads everyone when one of them is missing. Who was sent by this run and is missing is sent again by the next;
//! anyone else who is missing was removed externally (E18).

use super::{
    Failure,
    back::{self, Back},
    pages::Pages,
    phase::Phase,
    poll,
};
use crate::{
    definition::Verify,
    destination::ContainerId,
    member::{Email, Key, RemainingFlags, SegmentMask},
    plan::words::counted,
    state::{MemberState, Store},
};
use std::{collections::BTreeSet, ops::ControlFlow};

/// People looked up by `sample`.
const SAMPLE: usize = 20;
/// What was accepted may take effect later: so often it is looked at again.
const LOOKS: u32 = 4;

/// What a reading found.
#[derive(Debug, Default)]
pub struct Verified {
    /// Everyone who is not missing is where they were put.
    pub complete: bool,
    /// Of those that this run sent.
    pub missing: BTreeSet<Key>,
    /// Others whom no list of the export has any more.
    pub removed: BTreeSet<Key>,
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

async fn everyone(phase: &Phase<'_>) -> Result<Verified, Failure> {
    let back = Back::of(phase.view, phase.ready.export, phase.ready.containers.clone())?;
    let (mut verified, mut off) = (Verified { complete: true, ..Verified::default() }, BTreeSet::new());
    for (bit, container) in &phase.ready.containers {
        let Absent { sent, others } = absent(phase, *bit, container, &back).await?;
        say(phase, &sent, &others);
        let (export, bits, again, removed) = (phase.ready.export, 1 << bit, sent.clone(), others.clone());
        let record = move |store: &mut Store| {
            store.leave(export, bits, again)?;
            store.take_off(export, bits, &removed)
        };
        phase.recorder.record(record).await?;
        verified.missing.extend(sent);
        off.extend(others);
    }
    for key in off {
        let gone = phase.view.member(phase.ready.export, key)?.is_some_and(|member| member.state == MemberState::Left);
        verified.removed.extend(gone.then_some(key));
    }
    Ok(verified)
}

fn say(phase: &Phase<'_>, sent: &[Key], others: &[Key]) {
    if !sent.is_empty() {
        let people = counted(sent.len() as u64, "member is", "members are");
        let note = format!("{people} not there although the platform accepted them; the next run sends them again");
        phase.context.watch.note(&note);
    }
    if !others.is_empty() {
        let people = counted(others.len() as u64, "member was", "members were");
        phase.context.watch.note(&format!("{people} removed externally; they are not added again"));
    }
}

/// Recorded members who are not on a list.
struct Absent {
    /// Put there by this run: accepted, and not carried out.
    sent: Vec<Key>,
    /// Put there by earlier runs: others have removed them (E18).
    others: Vec<Key>,
}

/// Looks again as long as someone whom this run put there is missing. Where the platform shows members late, so that what others of our
/// runs wrote may not show yet either, nobody is missing by one look: two that follow each other have to agree.
async fn absent(phase: &Phase<'_>, bit: u8, container: &ContainerId, back: &Back) -> Result<Absent, Failure> {
    let capabilities = phase.context.capabilities;
    let (late, apart) = (!capabilities.settles.is_zero(), capabilities.looks_apart);
    let mut joined = phase.noted.sent.get(&bit).cloned().unwrap_or_default();
    joined.sort_unstable();
    let (mut before, mut last): (Option<Vec<Key>>, Vec<Key>) = (None, Vec::new());
    for look in 0..LOOKS {
        if look > 0 {
            poll::wait(phase.context, apart).await?;
        }
        let present = read(phase, bit, container, back).await?;
        let mut missing = recorded(phase, bit)?;
        missing.retain(|key| present.binary_search(key).is_err());
        let earlier = std::mem::replace(&mut last, missing);
        before = (look > 0).then_some(earlier);
        let sent_is_there = last.iter().all(|key| joined.binary_search(key).is_err());
        let agrees = before.as_ref() == Some(&last);
        if last.is_empty() || (sent_is_there && !late) || (agrees && late) {
            break;
        }
    }
    if late {
        let before = before.unwrap_or_default();
        last.retain(|key| before.binary_search(key).is_ok());
    }
    let (sent, others) = last.into_iter().partition(|key| joined.binary_search(key).is_ok());
    Ok(Absent { sent, others })
}

/// Everyone on the list, sorted. Who is back there is recorded.
async fn read(phase: &Phase<'_>, bit: u8, container: &ContainerId, back: &Back) -> Result<Vec<Key>, Failure> {
    phase.context.watch.phase("reading back who is there", None);
    let (mut pages, mut present) = (Pages::of_list(phase.context, &phase.ready.place, container), Vec::new());
    while let Some(contacts) = pages.next().await? {
        present.extend(contacts.iter().map(|contact| Key::of(&contact.email)));
        back::put_back(phase.recorder, back.export, back.on_list(bit, &contacts))?;
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
