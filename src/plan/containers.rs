//! Which container each segment gets: one of ours, a new one, a renamed one, one that is taken over; or why not. The table is in
//! [`super::resources`].

use super::{
    ResourceStep,
    naming::{self, Naming},
    ownership::{self, Has, Ours},
    resources::{ContainerPlan, ContainerState, Inputs, Problem},
};
use crate::{
    definition::{Mode, Name, Slot},
    destination::RemoteContainer,
};

/// What is settled of an export's containers.
pub(super) struct Settled {
    pub plans: Vec<ContainerPlan>,
    pub steps: Vec<ResourceStep>,
    pub notes: Vec<String>,
    /// Dropped segments whose slot goes on under another segment's name: from, to.
    pub successions: Vec<(Name, Name)>,
}

pub(super) fn containers(inputs: &Inputs<'_>, problems: &mut Vec<Problem>) -> Settled {
    let slots = inputs.export.slots();
    let has = ownership::of_slots(inputs, &slots);
    let mut naming = naming::settle(inputs, &slots, &has);
    problems.append(&mut naming.problems);
    let mut settled = Settled { plans: Vec::new(), steps: naming.steps(), notes: naming.notes.clone(), successions: Vec::new() };
    let mut taken: Vec<u8> = inputs.recorded.slots.iter().map(|s| s.bit).collect();
    for (slot, has) in slots.iter().zip(&has) {
        let recorded = inputs.recorded.slots.iter().find(|s| s.segment == slot.name);
        let bit = match has {
            Has::From(dropped, _) => dropped.bit,
            _ => recorded.map_or_else(|| free_bit(&mut taken), |s| s.bit),
        };
        if let Has::From(dropped, _) = has {
            settled.successions.push((dropped.segment.clone(), slot.name.clone()));
        }
        match one(inputs, slot, has, &naming, &mut settled.steps) {
            Ok((name, state, created)) => {
                let mirror = inputs.export.mode.map_or(created, |m| m == Mode::Mirror);
                settled.plans.push(ContainerPlan { bit, segment: slot.name.clone(), title: slot.title(), name, state, mirror });
            }
            Err(problem) => problems.push(problem),
        }
    }
    settled.plans.extend(dropped(inputs, &slots, &settled.successions));
    settled
}

/// Those whose segment is no longer in the export, and that no other goes on with.
fn dropped(inputs: &Inputs<'_>, slots: &[Slot], successions: &[(Name, Name)]) -> Vec<ContainerPlan> {
    let left = |segment: &Name| ownership::is_dropped(slots, segment) && successions.iter().all(|(from, _)| from != segment);
    let plan = |slot: &super::resources::RecordedSlot| {
        let (id, name) = slot.container.as_ref().map_or((None, slot.segment.to_string()), |(id, name, _)| (Some(id.clone()), name.clone()));
        let there = id.filter(|id| inputs.remote(id).is_some());
        let (segment, title) = (slot.segment.clone(), slot.segment.to_string());
        // What may not lose members while its segment is in the export does not when it is dropped either.
        let created = slot.container.as_ref().is_some_and(|(_, _, created)| *created);
        let mirror = inputs.export.mode.map_or(created, |mode| mode == Mode::Mirror);
        ContainerPlan { bit: slot.bit, segment, title, name, state: ContainerState::Dropped(there), mirror }
    };
    inputs.recorded.slots.iter().filter(|slot| left(&slot.segment)).map(plan).collect()
}

type One = Result<(String, ContainerState, bool), Problem>;

fn one(inputs: &Inputs<'_>, slot: &Slot, has: &Has<'_>, naming: &Naming, steps: &mut Vec<ResourceStep>) -> One {
    match has {
        Has::Container(ours) | Has::From(_, ours) => Ok(known(slot, ours, naming, steps)),
        Has::Again(ours) => Ok(again(slot, ours, naming, steps)),
        Has::Gone if inputs.export.target.audience.container_id().is_some() => Err(absent(inputs, &slot.container)),
        Has::Gone => {
            steps.push(ResourceStep::RecreateContainer { segment: slot.title(), name: slot.container.clone(), gone: true });
            Ok((slot.container.clone(), ContainerState::Recreate { gone: true }, true))
        }
        Has::Nothing => new(inputs, slot, naming, steps),
    }
}

fn known(slot: &Slot, ours: &Ours<'_>, naming: &Naming, steps: &mut Vec<ResourceStep>) -> (String, ContainerState, bool) {
    if naming.is_made_anew(&ours.remote.id) {
        steps.push(ResourceStep::RecreateContainer { segment: slot.title(), name: slot.container.clone(), gone: false });
        return (slot.container.clone(), ContainerState::Recreate { gone: false }, true);
    }
    steps.extend(view(slot, ours.remote));
    (naming.name(ours.remote), ContainerState::Known(ours.remote.id.clone()), ours.created)
}

/// Who is in it by now is read before the first write, unless nobody is.
fn again(slot: &Slot, ours: &Ours<'_>, naming: &Naming, steps: &mut Vec<ResourceStep>) -> (String, ContainerState, bool) {
    let Ours { remote, created, .. } = *ours;
    steps.push(adopt(slot, remote));
    steps.extend(view(slot, remote));
    let state = ContainerState::Take { id: remote.id.clone(), members: remote.members, created };
    (naming.name(remote), state, created)
}

fn new(inputs: &Inputs<'_>, slot: &Slot, naming: &Naming, steps: &mut Vec<ResourceStep>) -> One {
    let by_id = inputs.export.target.audience.container_id();
    let found = match by_id {
        Some(id) => Some(inputs.observed.containers.iter().find(|c| c.id.0 == id).ok_or_else(|| absent(inputs, id))?),
        None => inputs.named(&slot.container).filter(|remote| !naming.moves_away(&remote.id)),
    };
    let Some(remote) = found else {
        steps.push(ResourceStep::CreateContainer { segment: slot.title(), name: slot.container.clone() });
        return Ok((slot.container.clone(), ContainerState::Create, true));
    };
    if let Some(owner) = inputs.recorded.claimed.get(&remote.id) {
        return Err(claimed(inputs, &slot.name, remote, owner));
    }
    if let Some(other) = inputs.recorded.slots.iter().find(|slot| slot.container.as_ref().is_some_and(|(id, ..)| *id == remote.id)) {
        return Err(of_another_segment(inputs, &slot.name, remote, &other.segment));
    }
    let begun = inputs.recorded.begun.iter().find(|begun| inputs.same(&begun.name, &slot.container));
    let lost_answer = by_id.is_none() && begun.is_some_and(|begun| begun.made(remote.members, remote.made));
    take(inputs, slot, remote, lost_answer, steps)
}

/// One that is there: ours by a lost answer, named by its id, or adopted.
fn take(inputs: &Inputs<'_>, slot: &Slot, remote: &RemoteContainer, lost_answer: bool, steps: &mut Vec<ResourceStep>) -> One {
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
    steps.push(adopt(slot, remote));
    steps.extend(view(slot, remote));
    Ok((remote.name.clone(), taken, lost_answer))
}

fn adopt(slot: &Slot, remote: &RemoteContainer) -> ResourceStep {
    ResourceStep::AdoptContainer { segment: slot.title(), name: remote.name.clone(), id: remote.id.0.clone(), members: remote.members }
}

/// What is missing beside a container that is there.
fn view(slot: &Slot, remote: &RemoteContainer) -> Option<ResourceStep> {
    let step = || ResourceStep::CreateView { segment: slot.title(), id: remote.id.0.clone(), name: remote.name.clone() };
    remote.lacks_view.then(step)
}

fn absent(inputs: &Inputs<'_>, id: &str) -> Problem {
    let (word, vendor) = (inputs.capabilities.container_word, inputs.capabilities.vendor);
    Problem::new(
        format!("{vendor} has no {word} with the id {id}, or these credentials cannot see it"),
        format!("copy the {word}'s id from {vendor}, or name the {word}: `target: {{{word}: NAME}}` makes it if it is absent"),
    )
}

/// How a definition says another name.
pub(super) fn another_name(inputs: &Inputs<'_>, slot: &Name) -> String {
    match inputs.export.connection.kind.sheet().target_fields.contains(&"names") {
        true => format!("`target: {{names: {{{slot}: …}}}}`"),
        false => format!("`target: {{{}: …}}`", inputs.capabilities.container_word),
    }
}

fn of_another_segment(inputs: &Inputs<'_>, segment: &Name, remote: &RemoteContainer, other: &Name) -> Problem {
    let word = inputs.capabilities.container_word;
    Problem::new(
        format!("the {word} \"{}\" ({}) is that of segment {other}, which keeps it", remote.name, remote.id),
        format!("give {segment} another {word} with {}", another_name(inputs, segment)),
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

fn free_bit(taken: &mut Vec<u8>) -> u8 {
    let bit = (0..64).find(|bit| !taken.contains(bit)).unwrap_or(63);
    taken.push(bit);
    bit
}

#[cfg(test)]
#[path = "containers_tests.rs"]
mod tests;
