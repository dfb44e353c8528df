//! Which container a segment has already, by what is recorded of it; names come last (E9, E14, E17). Pure.
//!
//! | recorded | at the platform | the segment has |
//! |---|---|---|
//! | its container | there | that one, whatever it is called |
//! | its container | gone | one that is gone |
//! | one it had before it was dropped | there | that one again |
//! | one of a segment dropped since, called what this one wants | there | that one, with the people in it |
//! | nothing | | none: one is made, or taken over |

use super::resources::{Inputs, RecordedSlot};
use crate::{
    definition::{Name, Slot},
    destination::{ContainerId, RemoteContainer},
};

/// A container that is recorded as ours and is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ours<'a> {
    pub remote: &'a RemoteContainer,
    /// Its name as we last gave or saw it.
    pub known_as: &'a str,
    /// We made it.
    pub created: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Has<'a> {
    Container(Ours<'a>),
    Gone,
    /// It was dropped and comes back, or nobody's container of ours has the name it wants.
    Again(Ours<'a>),
    /// It goes on with the slot of a dropped segment.
    From(&'a RecordedSlot, Ours<'a>),
    Nothing,
}

impl<'a> Has<'a> {
    pub(super) fn ours(&self) -> Option<Ours<'a>> {
        match self {
            Self::Container(ours) | Self::Again(ours) | Self::From(_, ours) => Some(*ours),
            Self::Gone | Self::Nothing => None,
        }
    }
}

/// What each segment of the export has, in its order.
pub(super) fn of_slots<'a>(inputs: &'a Inputs<'_>, slots: &[Slot]) -> Vec<Has<'a>> {
    let by_segment: Vec<_> = slots.iter().map(|slot| by_segment(inputs, slot)).collect();
    let used = |id: &ContainerId| by_segment.iter().filter_map(Has::ours).any(|ours| ours.remote.id == *id);
    let named = |(slot, has): (&Slot, &Has<'a>)| match has {
        Has::Nothing => {
            by_name(inputs, slots, slot).filter(|found| found.ours().is_some_and(|ours| !used(&ours.remote.id))).unwrap_or(*has)
        }
        has => *has,
    };
    slots.iter().zip(&by_segment).map(named).collect()
}

fn by_segment<'a>(inputs: &'a Inputs<'_>, slot: &Slot) -> Has<'a> {
    let recorded = inputs.recorded.slots.iter().find(|s| s.segment == slot.name).and_then(|s| s.container.as_ref());
    if let Some((id, known_as, created)) = recorded {
        let ours = |remote| Has::Container(Ours { remote, known_as, created: *created });
        return inputs.remote(id).map_or(Has::Gone, ours);
    }
    if inputs.export.target.audience.container_id().is_some() {
        return Has::Nothing;
    }
    let orphans = inputs.recorded.orphans.iter().filter(|orphan| orphan.segment.as_ref() == Some(&slot.name));
    let there =
        orphans.filter_map(|orphan| Some(Ours { remote: inputs.remote(&orphan.id)?, known_as: &orphan.name, created: orphan.created }));
    there.map(Has::Again).next().unwrap_or(Has::Nothing)
}

/// One of ours that nobody uses any more and that has the name which the segment wants.
fn by_name<'a>(inputs: &'a Inputs<'_>, slots: &[Slot], slot: &Slot) -> Option<Has<'a>> {
    if inputs.export.target.audience.container_id().is_some() {
        return None;
    }
    let remote = inputs.named(&slot.container)?;
    if let Some(orphan) = inputs.recorded.orphans.iter().find(|orphan| orphan.id == remote.id) {
        return Some(Has::Again(Ours { remote, known_as: &orphan.name, created: orphan.created }));
    }
    let dropped = inputs.recorded.slots.iter().filter(|s| is_dropped(slots, &s.segment));
    dropped
        .filter_map(|s| s.container.as_ref().map(|c| (s, c)))
        .find(|(_, (id, ..))| *id == remote.id)
        .map(|(s, (_, known_as, created))| Has::From(s, Ours { remote, known_as, created: *created }))
}

pub(super) fn is_dropped(slots: &[Slot], segment: &Name) -> bool {
    slots.iter().all(|slot| slot.name != *segment)
}
