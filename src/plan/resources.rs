//! What the platform has × what we made × what the export wants → resources to create, adopt or rename; or why not (E4,
//! E9, E14). Pure.
//!
//! | recorded | at the platform | then |
//! |---|---|---|
//! | ours, same name | there | nothing |
//! | ours, other name | there, new name free | renamed where the vendor can; else it keeps its name, or `recreate` makes a new one |
//! | ours | gone | held; made anew once approved |
//! | none, but we were about to create it | there, empty | ours: the answer was lost |
//! | none | equal name there, another export's | refused, naming both (E16) |
//! | none | equal name there | refused, or adopted with `target.adopt` |
//! | none | no | created |

use super::{PlacePlan, ResourceStep, removal};
use crate::{
    definition::{Export, Mode, Name, PlaceRef, Slot},
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
        matches!(self.state, ContainerState::Recreate { .. })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// Ours since before.
    Known(ContainerId),
    /// There, and to be recorded: adopted, or made by a call whose answer was lost. Its members are *found* unless empty.
    Take {
        id: ContainerId,
        members: Option<u64>,
        created: bool,
    },
    Create,
    /// The one we made is gone; or it is kept, and a new one is made under a new name.
    Recreate {
        gone: bool,
    },
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

impl Inputs<'_> {
    /// One name, as the vendor tells names apart (Mailchimp returns tags in another case than they were given).
    fn same(&self, one: &str, other: &str) -> bool {
        let kind = self.export.connection.kind;
        kind.fold(one) == kind.fold(other)
    }
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
    let Some(place) = &inputs.observed.place else { return absent_place(inputs) };
    let (word, vendor) = (inputs.capabilities.place_word, inputs.capabilities.vendor);
    let ours = inputs.recorded.place.as_ref() == Some(&place.id);
    let adopted = match inputs.export.target.audience.place() {
        PlaceRef::Named { name, adopt, .. } if !ours => {
            if !adopt && !inputs.recorded.place_begun {
                return Err(Problem::new(
                    format!("{vendor} has an {word} named \"{name}\" already ({}), and Listkeeper did not create it", place.id),
                    format!("to use it, name it by its id, `target: {{audienceId: {}}}`, or add `adopt: true` below `audience:`", place.id),
                ));
            }
            !inputs.recorded.place_begun
        }
        _ => false,
    };
    Ok(PlacePlan::Existing { id: place.id.0.clone(), name: place.name.clone(), contacts: place.contacts, adopted })
}

fn absent_place(inputs: &Inputs<'_>) -> Result<PlacePlan, Problem> {
    let (word, vendor) = (inputs.capabilities.place_word, inputs.capabilities.vendor);
    match inputs.export.target.audience.place() {
        PlaceRef::Account => Err(Problem::new(format!("{vendor} does not say whose account this is"), "try again later")),
        PlaceRef::Id(id) => Err(Problem::new(
            format!("{vendor} has no {word} with the id {id}, or these credentials cannot see it"),
            format!("copy the {word}'s id from {vendor} (Audience → Settings → Audience name and defaults)"),
        )),
        PlaceRef::Named { name, .. } if inputs.observed.same_name.len() > 1 => {
            let ids: Vec<_> = inputs.observed.same_name.iter().map(ToString::to_string).collect();
            Err(Problem::new(
                format!("{vendor} has {} {word}s named \"{name}\": {}", ids.len(), ids.join(", ")),
                "name the one you mean by its id: `target: {audienceId: …}`",
            ))
        }
        PlaceRef::Named { name, .. } if inputs.recorded.place.is_some() => Err(Problem::new(
            format!("the {word} \"{name}\" that this export wrote to is gone at {vendor}"),
            "a second one is never made silently: give the export another `audience.name`, or a new `name` to begin afresh",
        )),
        PlaceRef::Named { name, create: true, .. } => Ok(PlacePlan::Create { name: name.to_owned() }),
        PlaceRef::Named { name, create: false, .. } => Err(Problem::new(
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
                plans.push(ContainerPlan { bit, segment: slot.name.clone(), name, state, mirror });
            }
            Err(problem) => problems.push(problem),
        }
    }
    plans.extend(inputs.recorded.slots.iter().filter(|s| slots.iter().all(|e| e.name != s.segment)).map(|slot| {
        let (id, name) = slot.container.as_ref().map_or((None, slot.segment.to_string()), |(id, name, _)| (Some(id.clone()), name.clone()));
        let there = id.filter(|id| inputs.observed.containers.iter().any(|c| c.id == *id));
        ContainerPlan { bit: slot.bit, segment: slot.segment.clone(), name, state: ContainerState::Dropped(there), mirror: true }
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
        steps.push(ResourceStep::RecreateContainer { segment: slot.name.to_string(), name: wanted.to_owned(), gone: true });
        return Ok((wanted.to_owned(), ContainerState::Recreate { gone: true }, true));
    };
    if remote.lacks_view {
        steps.push(ResourceStep::CreateView { segment: slot.name.to_string(), id: id.0.clone(), name: remote.name.clone() });
    }
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
        inputs.capabilities.container_word, slot.name, remote.name, inputs.capabilities.vendor
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
        segment: slot.name.to_string(),
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
    steps.push(ResourceStep::RecreateContainer { segment: slot.name.to_string(), name: wanted.to_owned(), gone: false });
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
        steps.push(ResourceStep::CreateContainer { segment: slot.name.to_string(), name: slot.container.clone() });
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
        segment: slot.name.to_string(),
        name: remote.name.clone(),
        id: remote.id.0.clone(),
        members: remote.members,
    });
    Ok((remote.name.clone(), taken, lost_answer))
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
