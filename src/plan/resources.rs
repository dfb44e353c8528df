//! What the platform has × what we made × what the export wants → resources to create, adopt or rename; or why not (E4,
//! E9, E14). Pure.
//!
//! | recorded | at the platform | then |
//! |---|---|---|
//! | ours, same name | there | nothing |
//! | ours, other name | there, new name free | renamed where the vendor can; else it keeps its name |
//! | ours | gone | held; made anew once approved |
//! | none, but we were about to create it | there, empty | ours: the answer was lost |
//! | none | equal name there, another export's | refused, naming both (E16) |
//! | none | equal name there | refused, or adopted with `target.adopt` |
//! | none | no | created |

use super::{PlacePlan, ResourceStep, removal};
use crate::{
    definition::{AudienceRef, Export, Mode, Name},
    destination::{Capabilities, ContainerId, FieldFit, Fields, Observed, PlaceId, RemoteContainer, RemoteField, WantedField},
};
use std::collections::BTreeMap;

/// What the state knows of the export's resources, and of others' in the same place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    pub place: Option<PlaceId>,
    pub slots: Vec<RecordedSlot>,
    /// Names of containers that were about to be created when nothing more was recorded.
    pub begun: Vec<String>,
    /// The place was about to be created.
    pub place_begun: bool,
    /// Containers in the place that we created and that no segment of the export uses any more.
    pub orphans_created: Vec<ContainerId>,
    /// Containers that another export uses, and which.
    pub claimed: BTreeMap<ContainerId, Name>,
}

/// A segment's slot and its container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedSlot {
    pub bit: u8,
    pub segment: Name,
    pub container: Option<(ContainerId, String, bool)>,
}

/// The resources of one export, settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    pub place: PlacePlan,
    pub steps: Vec<ResourceStep>,
    pub containers: Vec<ContainerPlan>,
    /// The kind of every mapped field.
    pub kinds: Fields,
    pub notes: Vec<String>,
}

impl Resources {
    /// The place's id, or the name it will get.
    pub fn place_name(&self) -> &str {
        match &self.place {
            PlacePlan::Existing { id, .. } => id,
            PlacePlan::Create { name } | PlacePlan::Absent { name } => name,
        }
    }
}

/// One segment's container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPlan {
    pub bit: u8,
    pub segment: Name,
    /// The name it has once the steps are done.
    pub name: String,
    pub state: ContainerState,
    /// Leavers are taken out.
    pub mirror: bool,
}

impl ContainerPlan {
    /// A person must have seen the plan before its container is made.
    pub fn needs_approval(&self) -> bool {
        self.state == ContainerState::Recreate
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// Ours since before.
    Known(ContainerId),
    /// There, and to be recorded: adopted, or made by a call whose answer was lost. Its members are *found* unless empty.
    Take {
        id: ContainerId,
        members: u64,
        created: bool,
    },
    Create,
    /// The one we made is gone.
    Recreate,
    /// Its segment is no longer in the export: emptied of what we put in, and kept.
    Dropped(Option<ContainerId>),
}

/// Why an export cannot be planned, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Problem {
    pub what: String,
    pub hint: String,
}

impl Problem {
    fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

/// Everything that [`settle`] looks at.
pub struct Inputs<'a> {
    pub export: &'a Export,
    pub recorded: &'a Recorded,
    pub observed: &'a Observed,
    pub capabilities: &'a Capabilities,
    /// The destination's pure judgement of one field.
    pub fit: &'a dyn Fn(&WantedField<'_>, Option<&RemoteField>) -> FieldFit,
}

/// Settles an export's resources, or says everything that is in the way.
pub fn settle(inputs: &Inputs<'_>) -> Result<Resources, Vec<Problem>> {
    if inputs.export.removed {
        return Ok(removal::settle(inputs));
    }
    let mut problems = Vec::new();
    let place = place(inputs).map_err(|p| problems.push(p)).ok();
    let (kinds, mut steps) = fields(inputs, &mut problems);
    let mut notes = Vec::new();
    let containers = containers(inputs, &mut steps, &mut notes, &mut problems);
    match place {
        Some(place) if problems.is_empty() => {
            if let PlacePlan::Create { name } = &place {
                steps.insert(0, ResourceStep::CreatePlace { name: name.clone() });
            }
            Ok(Resources { place, steps, containers, kinds, notes })
        }
        _ => Err(problems),
    }
}

fn place(inputs: &Inputs<'_>) -> Result<PlacePlan, Problem> {
    let wanted = inputs.export.target.audience.place();
    let word = inputs.capabilities.place_word;
    let vendor = inputs.capabilities.vendor;
    if let Some(place) = &inputs.observed.place {
        let ours = inputs.recorded.place.as_ref() == Some(&place.id);
        let adopted = match wanted {
            AudienceRef::Named { name, adopt, .. } if !ours => {
                if !adopt && !inputs.recorded.place_begun {
                    return Err(Problem::new(
                        format!("{vendor} has an {word} named \"{name}\" already ({}), and Listkeeper did not create it", place.id),
                        format!(
                            "to use it, name it by its id, `target: {{audienceId: {}}}`, or add `adopt: true` below `audience:`",
                            place.id
                        ),
                    ));
                }
                !inputs.recorded.place_begun
            }
            _ => false,
        };
        return Ok(PlacePlan::Existing { id: place.id.0.clone(), name: place.name.clone(), contacts: place.contacts, adopted });
    }
    match wanted {
        AudienceRef::Id(id) => Err(Problem::new(
            format!("{vendor} has no {word} with the id {id}, or these credentials cannot see it"),
            format!("copy the {word}'s id from {vendor} (Audience → Settings → Audience name and defaults)"),
        )),
        AudienceRef::Named { name, .. } if inputs.observed.same_name.len() > 1 => {
            let ids: Vec<_> = inputs.observed.same_name.iter().map(ToString::to_string).collect();
            Err(Problem::new(
                format!("{vendor} has {} {word}s named \"{name}\": {}", ids.len(), ids.join(", ")),
                "name the one you mean by its id: `target: {audienceId: …}`",
            ))
        }
        AudienceRef::Named { name, .. } if inputs.recorded.place.is_some() => Err(Problem::new(
            format!("the {word} \"{name}\" that this export wrote to is gone at {vendor}"),
            "a second one is never made silently: give the export another `audience.name`, or a new `name` to begin afresh",
        )),
        AudienceRef::Named { name, create: Some(_), .. } => Ok(PlacePlan::Create { name: name.clone() }),
        AudienceRef::Named { name, create: None, .. } => Err(Problem::new(
            format!("{vendor} has no {word} named \"{name}\""),
            "add `create:` below `audience:` to have it made, or name an existing one by `audienceId`",
        )),
    }
}

fn fields(inputs: &Inputs<'_>, problems: &mut Vec<Problem>) -> (Fields, Vec<ResourceStep>) {
    let (mut kinds, mut steps) = (Fields::new(), Vec::new());
    for (tag, spec) in &inputs.export.attributes {
        let remote = inputs.observed.fields.iter().find(|f| f.tag.eq_ignore_ascii_case(tag));
        match (inputs.fit)(&WantedField { tag, spec }, remote) {
            FieldFit::Fits(kind) => drop(kinds.insert(tag.clone(), kind)),
            FieldFit::Create(kind) => {
                steps.push(ResourceStep::CreateField { tag: tag.clone(), field_type: kind.field_type });
                kinds.insert(tag.clone(), kind);
            }
            FieldFit::Refused { why, hint } => {
                problems.push(Problem::new(format!("attribute {tag} ({}:{}): {why}", inputs.export.file.display(), spec.line), hint));
            }
        }
    }
    let mapped: Vec<&str> = inputs.export.attributes.keys().map(String::as_str).collect();
    problems.extend(inputs.observed.required_unmapped(&mapped).map(|field| {
        Problem::new(
            format!(
                "{} requires the field {} ({}) of every contact, and no attribute gives it",
                inputs.capabilities.vendor, field.tag, field.name
            ),
            format!("add `{}: COLUMN` below `attributes:`, or make the field optional at {}", field.tag, inputs.capabilities.vendor),
        )
    }));
    (kinds, steps)
}

fn containers(
    inputs: &Inputs<'_>,
    steps: &mut Vec<ResourceStep>,
    notes: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> Vec<ContainerPlan> {
    let mut plans = Vec::new();
    let mut taken: Vec<u8> = inputs.recorded.slots.iter().map(|s| s.bit).collect();
    for segment in &inputs.export.segments {
        let slot = inputs.recorded.slots.iter().find(|s| s.segment == segment.name);
        let bit = slot.map_or_else(|| free_bit(&mut taken), |s| s.bit);
        let wanted = inputs.export.container_name(segment);
        let settled = match slot.and_then(|s| s.container.as_ref()) {
            Some(known) => known_container(inputs, &segment.name, wanted, known, steps, notes),
            None => new_container(inputs, &segment.name, wanted, steps),
        };
        match settled {
            Ok((name, state, created)) => {
                let mirror = inputs.export.mode.map_or(created, |m| m == Mode::Mirror);
                plans.push(ContainerPlan { bit, segment: segment.name.clone(), name, state, mirror });
            }
            Err(problem) => problems.push(problem),
        }
    }
    plans.extend(inputs.recorded.slots.iter().filter(|s| inputs.export.segments.iter().all(|e| e.name != s.segment)).map(|slot| {
        let (id, name) = slot.container.as_ref().map_or((None, slot.segment.to_string()), |(id, name, _)| (Some(id.clone()), name.clone()));
        let there = id.filter(|id| inputs.observed.containers.iter().any(|c| c.id == *id));
        ContainerPlan { bit: slot.bit, segment: slot.segment.clone(), name, state: ContainerState::Dropped(there), mirror: true }
    }));
    plans
}

type Settled = Result<(String, ContainerState, bool), Problem>;

fn known_container(
    inputs: &Inputs<'_>,
    segment: &Name,
    wanted: &str,
    (id, _, created): &(ContainerId, String, bool),
    steps: &mut Vec<ResourceStep>,
    notes: &mut Vec<String>,
) -> Settled {
    let word = inputs.capabilities.container_word;
    let Some(remote) = inputs.observed.containers.iter().find(|c| c.id == *id) else {
        steps.push(ResourceStep::RecreateContainer { segment: segment.to_string(), name: wanted.to_owned() });
        return Ok((wanted.to_owned(), ContainerState::Recreate, true));
    };
    // Vendors fold case and return names in another one than they were given: renaming for that would never end.
    if remote.name.to_lowercase() == wanted.to_lowercase() {
        return Ok((wanted.to_owned(), ContainerState::Known(id.clone()), *created));
    }
    if !inputs.capabilities.can_rename_container {
        notes.push(format!("the {word} of {segment} keeps its name \"{}\": {} cannot rename", remote.name, inputs.capabilities.vendor));
        return Ok((remote.name.clone(), ContainerState::Known(id.clone()), *created));
    }
    if let Some(other) = same_name(inputs, wanted).filter(|c| c.id != *id) {
        return Err(Problem::new(
            format!("the {word} \"{}\" cannot be renamed to \"{wanted}\": another {word} ({}) has that name", remote.name, other.id),
            format!("choose another displayName, or `target: {{names: {{{segment}: …}}}}`"),
        ));
    }
    steps.push(ResourceStep::RenameContainer {
        segment: segment.to_string(),
        id: id.0.clone(),
        from: remote.name.clone(),
        to: wanted.to_owned(),
    });
    Ok((wanted.to_owned(), ContainerState::Known(id.clone()), *created))
}

fn new_container(inputs: &Inputs<'_>, segment: &Name, wanted: &str, steps: &mut Vec<ResourceStep>) -> Settled {
    let word = inputs.capabilities.container_word;
    let Some(remote) = same_name(inputs, wanted) else {
        steps.push(ResourceStep::CreateContainer { segment: segment.to_string(), name: wanted.to_owned() });
        return Ok((wanted.to_owned(), ContainerState::Create, true));
    };
    if let Some(owner) = inputs.recorded.claimed.get(&remote.id) {
        return Err(claimed(inputs, segment, remote, owner));
    }
    if let Some(earlier) = inputs.recorded.slots.iter().find(|slot| slot.container.as_ref().is_some_and(|(id, ..)| *id == remote.id)) {
        return Err(renamed_segment(inputs, segment, remote, &earlier.segment));
    }
    let lost_answer = remote.members == 0 && inputs.recorded.begun.iter().any(|name| name == wanted);
    if !lost_answer && !inputs.export.target.adopt_containers {
        return Err(Problem::new(
            format!("there is a {word} \"{}\" already, and this export did not create it", remote.name),
            format!(
                "to take it over, add `adopt: {{{word}s: true}}` below `target:`; or choose another name with `target: {{names: {{{segment}: …}}}}`"
            ),
        ));
    }
    let taken = ContainerState::Take { id: remote.id.clone(), members: remote.members, created: lost_answer };
    steps.push(ResourceStep::AdoptContainer {
        segment: segment.to_string(),
        name: remote.name.clone(),
        id: remote.id.0.clone(),
        members: remote.members,
    });
    Ok((remote.name.clone(), taken, lost_answer))
}

fn renamed_segment(inputs: &Inputs<'_>, segment: &Name, remote: &RemoteContainer, earlier: &Name) -> Problem {
    let word = inputs.capabilities.container_word;
    Problem::new(
        format!("the {word} \"{}\" is that of segment {earlier}, which the export no longer names", remote.name),
        format!(
            "a segment is known by its name: call {segment} {earlier} again, or give it another {word} with `target: {{names: {{{segment}: …}}}}`"
        ),
    )
}

fn claimed(inputs: &Inputs<'_>, segment: &Name, remote: &RemoteContainer, owner: &Name) -> Problem {
    let (word, name) = (inputs.capabilities.container_word, &inputs.export.name);
    Problem::new(
        format!("the exports {owner} and {name} both lead to the {word} \"{}\" ({})", remote.name, remote.id),
        format!(
            "a {word} belongs to one export: choose another name with `target: {{names: {{{segment}: …}}}}`, or put the segments into one \
             export; if {name} is {owner} under a new name, add `renamedFrom: {owner}`"
        ),
    )
}

/// Vendors fold case in names (Mailchimp returns tags in another case than they were given).
fn same_name<'a>(inputs: &'a Inputs<'_>, name: &str) -> Option<&'a RemoteContainer> {
    let folded = name.to_lowercase();
    inputs.observed.containers.iter().find(|c| c.name.to_lowercase() == folded)
}

fn free_bit(taken: &mut Vec<u8>) -> u8 {
    let bit = (0..64).find(|bit| !taken.contains(bit)).unwrap_or(63);
    taken.push(bit);
    bit
}
