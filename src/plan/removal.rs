//! What a deleted export leaves behind × its `onDelete` → what is taken away, and what is kept (E8). Pure.
//!
//! | recorded | at the platform | `remove-members` | `delete-target` |
//! |---|---|---|---|
//! | we created it | there | emptied of ours, kept | emptied of ours, then deleted |
//! | taken over | there | emptied of ours, kept | emptied of ours, kept |
//! | either | gone | nothing to do | nothing to do |
//! | the place, its fields | there | kept | kept |

use super::{
    PlacePlan, ResourceStep,
    resources::{ContainerPlan, ContainerState, Inputs, RecordedSlot, Resources},
    words::quoted,
};
use crate::{
    definition::{OnDelete, PlaceRef},
    destination::{ContainerId, Fields, RemoteContainer, RemotePlace, SeenFields},
};

/// Settles a deleted export's resources: nothing is ever created or adopted for it.
pub(super) fn settle(inputs: &Inputs<'_>) -> Resources {
    let recorded = inputs.recorded.place.as_ref();
    let place = inputs.observed.place.as_ref().filter(|place| recorded == Some(&place.id));
    let deleted = if place.is_some() { to_delete(inputs) } else { Vec::new() };
    Resources {
        place: place_plan(inputs, place),
        containers: inputs.recorded.slots.iter().map(|slot| container(inputs, slot, place.is_some())).collect(),
        kinds: Fields::new(),
        seen: SeenFields::new(),
        notes: place.map(|place| kept(inputs, place, &deleted)).unwrap_or_default(),
        steps: deleted.into_iter().map(step).collect(),
        successions: Vec::new(),
    }
}

fn place_plan(inputs: &Inputs<'_>, place: Option<&RemotePlace>) -> PlacePlan {
    match (place, inputs.export.target.audience.place()) {
        (Some(place), _) => {
            PlacePlan::Existing { id: place.id.0.clone(), name: place.name.clone(), contacts: place.contacts, adopted: false }
        }
        (None, PlaceRef::Id(name) | PlaceRef::Named { name, .. }) => PlacePlan::Absent { name: name.to_owned() },
        (None, PlaceRef::Account) => PlacePlan::Absent { name: inputs.export.connection.display_name.clone() },
    }
}

fn container(inputs: &Inputs<'_>, slot: &RecordedSlot, place_is_there: bool) -> ContainerPlan {
    let name = slot.container.as_ref().map_or_else(|| slot.segment.to_string(), |(_, name, _)| name.clone());
    let there = slot.container.as_ref().and_then(|(id, ..)| remote(inputs, id)).filter(|_| place_is_there);
    let state = ContainerState::Dropped(there.map(|c| c.id.clone()));
    ContainerPlan { bit: slot.bit, segment: slot.segment.clone(), title: slot.segment.to_string(), name, state, mirror: true }
}

/// What we created and is still there, those of segments dropped earlier included.
fn to_delete<'a>(inputs: &'a Inputs<'_>) -> Vec<&'a RemoteContainer> {
    if inputs.export.on_delete != OnDelete::DeleteTarget {
        return Vec::new();
    }
    let slots = inputs.recorded.slots.iter().filter_map(|slot| slot.container.as_ref());
    let orphans = inputs.recorded.orphans.iter().filter(|orphan| orphan.created).map(|orphan| &orphan.id);
    let created = slots.filter(|(_, _, created)| *created).map(|(id, ..)| id);
    created.chain(orphans).filter_map(|id| remote(inputs, id)).collect()
}

fn remote<'a>(inputs: &Inputs<'a>, id: &ContainerId) -> Option<&'a RemoteContainer> {
    inputs.observed.containers.iter().find(|c| c.id == *id)
}

fn step(container: &RemoteContainer) -> ResourceStep {
    ResourceStep::DeleteContainer { id: container.id.0.clone(), name: container.name.clone(), members: container.members }
}

fn kept(inputs: &Inputs<'_>, place: &RemotePlace, deleted: &[&RemoteContainer]) -> Vec<String> {
    let (vendor, container) = (inputs.capabilities.vendor, inputs.capabilities.container_word);
    let slots = inputs.recorded.slots.iter().filter_map(|slot| slot.container.as_ref());
    let there = slots.filter_map(|(id, ..)| remote(inputs, id)).filter(|c| deleted.iter().all(|d| d.id != c.id));
    let names: Vec<_> = there.map(|c| quoted(&c.name)).collect();
    let mut notes = Vec::new();
    if !names.is_empty() {
        let why = match inputs.export.on_delete {
            OnDelete::DeleteTarget => "they were there before this export",
            OnDelete::Keep | OnDelete::RemoveMembers => "onDelete is remove-members",
        };
        notes.push(format!("kept at {vendor}, without the members of ours: {container} {} ({why})", names.join(", ")));
    }
    let word = inputs.capabilities.place_word;
    notes.push(format!("the {word} {}, its fields and its contacts are never deleted", quoted(&place.name)));
    notes
}

#[cfg(test)]
#[path = "removal_tests.rs"]
mod tests;
