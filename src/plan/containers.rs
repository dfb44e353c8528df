//! Which container each segment gets: one of ours, a new one, a renamed one, one that is taken over; or why not. The table is in
//! [`super::resources`].

use super::{
    ResourceStep,
    resources::{ContainerPlan, ContainerState, Inputs, Problem},
};
use crate::{
    definition::{Mode, Name, Slot},
    destination::{ContainerId, RemoteContainer},
};

pub(super) fn containers(
    inputs: &Inputs<'_>,
    steps: &mut Vec<ResourceStep>,
    notes: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> Vec<ContainerPlan> {
    let slots = inputs.export.slots();
    let mut plans = Vec::new();
    let mut taken: Vec<u8> = inputs.recorded.slots.iter().map(|s| s.bit).collect();
    for slot in &slots {
        let recorded = inputs.recorded.slots.iter().find(|s| s.segment == slot.name);
        let bit = recorded.map_or_else(|| free_bit(&mut taken), |s| s.bit);
        let settled = match recorded.and_then(|s| s.container.as_ref()) {
            Some(known) => known_container(inputs, slot, known, steps, notes),
            None => new_container(inputs, slot, steps),
        };
        match settled {
            Ok((name, state, created)) => {
                let mirror = inputs.export.mode.map_or(created, |m| m == Mode::Mirror);
                plans.push(ContainerPlan { bit, segment: slot.name.clone(), title: slot.title(), name, state, mirror });
            }
            Err(problem) => problems.push(problem),
        }
    }
    plans.extend(inputs.recorded.slots.iter().filter(|s| slots.iter().all(|e| e.name != s.segment)).map(|slot| {
        let (id, name) = slot.container.as_ref().map_or((None, slot.segment.to_string()), |(id, name, _)| (Some(id.clone()), name.clone()));
        let there = id.filter(|id| inputs.observed.containers.iter().any(|c| c.id == *id));
        let (segment, title) = (slot.segment.clone(), slot.segment.to_string());
        // What may not lose members while its segment is in the export does not when it is dropped either.
        let created = slot.container.as_ref().is_some_and(|(_, _, created)| *created);
        let mirror = inputs.export.mode.map_or(created, |mode| mode == Mode::Mirror);
        ContainerPlan { bit: slot.bit, segment, title, name, state: ContainerState::Dropped(there), mirror }
    }));
    plans
}

type Settled = Result<(String, ContainerState, bool), Problem>;

fn known_container(
    inputs: &Inputs<'_>,
    slot: &Slot,
    (id, _, created): &(ContainerId, String, bool),
    steps: &mut Vec<ResourceStep>,
    notes: &mut Vec<String>,
) -> Settled {
    let wanted = slot.container.as_str();
    let Some(remote) = inputs.observed.containers.iter().find(|c| c.id == *id) else {
        if inputs.export.target.audience.container_id().is_some() {
            return Err(absent(inputs, wanted));
        }
        steps.push(ResourceStep::RecreateContainer { segment: slot.title(), name: wanted.to_owned(), gone: true });
        return Ok((wanted.to_owned(), ContainerState::Recreate { gone: true }, true));
    };
    steps.extend(view(slot, remote));
    let named_by_id = inputs.export.target.audience.container_id().is_some();
    // Vendors fold case and return names in another one than they were given: renaming for that would never end.
    if named_by_id || inputs.same(&remote.name, wanted) {
        return Ok((remote.name.clone(), ContainerState::Known(id.clone()), *created));
    }
    if inputs.capabilities.can_rename_container {
        return rename(inputs, slot, remote, steps).map(|()| (wanted.to_owned(), ContainerState::Known(id.clone()), *created));
    }
    if inputs.export.target.recreate {
        return anew(inputs, slot, remote, steps);
    }
    notes.push(format!(
        "the {} of {} keeps its name \"{}\": {} cannot rename; `recreate: true` below `target:` makes a new one",
        inputs.capabilities.container_word,
        slot.title(),
        remote.name,
        inputs.capabilities.vendor
    ));
    Ok((remote.name.clone(), ContainerState::Known(id.clone()), *created))
}

fn rename(inputs: &Inputs<'_>, slot: &Slot, remote: &RemoteContainer, steps: &mut Vec<ResourceStep>) -> Result<(), Problem> {
    let (word, wanted) = (inputs.capabilities.container_word, slot.container.as_str());
    if let Some(other) = same_name(inputs, wanted).filter(|c| c.id != remote.id) {
        return Err(Problem::new(
            format!("the {word} \"{}\" cannot be renamed to \"{wanted}\": another {word} ({}) has that name", remote.name, other.id),
            format!("choose another displayName, or {}", another_name(inputs, &slot.name)),
        ));
    }
    steps.push(ResourceStep::RenameContainer {
        segment: slot.title(),
        id: remote.id.0.clone(),
        from: remote.name.clone(),
        to: wanted.to_owned(),
    });
    Ok(())
}

/// A new one under the new name, where the old one cannot be renamed; the old one is kept.
fn anew(inputs: &Inputs<'_>, slot: &Slot, remote: &RemoteContainer, steps: &mut Vec<ResourceStep>) -> Settled {
    let (word, wanted) = (inputs.capabilities.container_word, slot.container.as_str());
    if let Some(other) = same_name(inputs, wanted) {
        return Err(Problem::new(
            format!("no new {word} \"{wanted}\" can be made in place of \"{}\": there is one ({})", remote.name, other.id),
            format!("choose another displayName, or {}", another_name(inputs, &slot.name)),
        ));
    }
    steps.push(ResourceStep::RecreateContainer { segment: slot.title(), name: wanted.to_owned(), gone: false });
    Ok((wanted.to_owned(), ContainerState::Recreate { gone: false }, true))
}

fn absent(inputs: &Inputs<'_>, id: &str) -> Problem {
    let (word, vendor) = (inputs.capabilities.container_word, inputs.capabilities.vendor);
    Problem::new(
        format!("{vendor} has no {word} with the id {id}, or these credentials cannot see it"),
        format!("copy the {word}'s id from {vendor}, or name the {word}: `target: {{{word}: NAME}}` makes it if it is absent"),
    )
}

fn new_container(inputs: &Inputs<'_>, slot: &Slot, steps: &mut Vec<ResourceStep>) -> Settled {
    let by_id = inputs.export.target.audience.container_id();
    let found = match by_id {
        Some(id) => Some(inputs.observed.containers.iter().find(|c| c.id.0 == id).ok_or_else(|| absent(inputs, id))?),
        None => same_name(inputs, &slot.container),
    };
    let Some(remote) = found else {
        steps.push(ResourceStep::CreateContainer { segment: slot.title(), name: slot.container.clone() });
        return Ok((slot.container.clone(), ContainerState::Create, true));
    };
    if let Some(owner) = inputs.recorded.claimed.get(&remote.id) {
        return Err(claimed(inputs, &slot.name, remote, owner));
    }
    if let Some(earlier) = inputs.recorded.slots.iter().find(|slot| slot.container.as_ref().is_some_and(|(id, ..)| *id == remote.id)) {
        return Err(renamed_segment(inputs, &slot.name, remote, &earlier.segment));
    }
    let begun = inputs.recorded.begun.contains(&slot.container);
    let lost_answer = begun && by_id.is_none() && remote.members.is_none_or(|members| members == 0);
    take(inputs, slot, remote, lost_answer, steps)
}

/// One that is there: ours by a lost answer, named by its id, or adopted.
fn take(inputs: &Inputs<'_>, slot: &Slot, remote: &RemoteContainer, lost_answer: bool, steps: &mut Vec<ResourceStep>) -> Settled {
    let word = inputs.capabilities.container_word;
    if let Some(why) = remote.closed {
        let hint = format!("choose another name: {}", another_name(inputs, &slot.name));
        return Err(Problem::new(format!("the {word} \"{}\" ({}) takes no members: {why}", remote.name, remote.id), hint));
    }
    let allowed = inputs.export.target.adopt_containers || inputs.export.target.audience.container_id().is_some();
    if !lost_answer && !allowed {
        return Err(Problem::new(
            format!("there is a {word} \"{}\" already, and this export did not create it", remote.name),
            format!(
                "to take it over, add `adopt: {{{word}s: true}}` below `target:`; or choose another name with {}",
                another_name(inputs, &slot.name)
            ),
        ));
    }
    let taken = ContainerState::Take { id: remote.id.clone(), members: remote.members, created: lost_answer };
    steps.push(ResourceStep::AdoptContainer {
        segment: slot.title(),
        name: remote.name.clone(),
        id: remote.id.0.clone(),
        members: remote.members,
    });
    steps.extend(view(slot, remote));
    Ok((remote.name.clone(), taken, lost_answer))
}

/// What is missing beside a container that is there.
fn view(slot: &Slot, remote: &RemoteContainer) -> Option<ResourceStep> {
    let step = || ResourceStep::CreateView { segment: slot.title(), id: remote.id.0.clone(), name: remote.name.clone() };
    remote.lacks_view.then(step)
}

/// How a definition says another name.
fn another_name(inputs: &Inputs<'_>, slot: &Name) -> String {
    match inputs.export.connection.kind.target_fields().contains(&"names") {
        true => format!("`target: {{names: {{{slot}: …}}}}`"),
        false => format!("`target: {{{}: …}}`", inputs.capabilities.container_word),
    }
}

fn renamed_segment(inputs: &Inputs<'_>, segment: &Name, remote: &RemoteContainer, earlier: &Name) -> Problem {
    let word = inputs.capabilities.container_word;
    Problem::new(
        format!("the {word} \"{}\" is that of segment {earlier}, which the export no longer names", remote.name),
        format!(
            "a segment is known by its name: call {segment} {earlier} again, or give it another {word} with {}",
            another_name(inputs, segment)
        ),
    )
}

fn claimed(inputs: &Inputs<'_>, segment: &Name, remote: &RemoteContainer, owner: &Name) -> Problem {
    let (word, name) = (inputs.capabilities.container_word, &inputs.export.name);
    Problem::new(
        format!("the exports {owner} and {name} both lead to the {word} \"{}\" ({})", remote.name, remote.id),
        format!(
            "a {word} belongs to one export: choose another name with {}, or put the segments into one export; if {name} is {owner} \
             under a new name, add `renamedFrom: {owner}`",
            another_name(inputs, segment)
        ),
    )
}

fn same_name<'a>(inputs: &'a Inputs<'_>, name: &str) -> Option<&'a RemoteContainer> {
    inputs.observed.containers.iter().find(|c| inputs.same(&c.name, name))
}

fn free_bit(taken: &mut Vec<u8>) -> u8 {
    let bit = (0..64).find(|bit| !taken.contains(bit)).unwrap_or(63);
    taken.push(bit);
    bit
}
