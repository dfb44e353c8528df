//! What the platform has × what we made × what the export wants → resources to create, adopt or rename; or why not (E4,
//! E9, E14). Pure.
//!
//! | recorded | at the platform | then |
//! |---|---|---|
//! | ours (`ownership`) | there | nothing, whatever it is called there (`naming` says who renames it) |
//! | ours | gone | held; made anew once approved |
//! | none, but we were about to create it | there, empty, made at that time | ours: the answer was lost (`Begun::made`) |
//! | none | equal name there, another export's | refused, naming both (E16) |
//! | none | equal name there | refused, or adopted with `target.adopt` |
//! | none | no | created |

use super::{PlacePlan, ResourceStep, containers, remade, removal};
use crate::{
    definition::{Export, Name, PlaceRef},
    destination::{Capabilities, ContainerId, FieldFit, Fields, Observed, PlaceId, RemoteContainer, RemoteField, SeenFields, WantedField},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// How far the platform's clock may differ from ours.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);
/// What a call and its repeats create is there this long after it was begun, or not at all.
const CALL: TimeDelta = TimeDelta::days(1);

/// What the state knows of the export's resources, and of others' in the same place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    pub place: Option<PlaceId>,
    pub slots: Vec<RecordedSlot>,
    /// Kinds of the fields that were mapped last.
    pub fields: Fields,
    /// The place's fields as they were last looked at.
    pub seen: SeenFields,
    /// Containers that were about to be created when nothing more was recorded.
    pub begun: Vec<Begun>,
    /// The same of places.
    pub places_begun: Vec<Begun>,
    /// Containers in the place that no segment of the export uses any more.
    pub orphans: Vec<Orphan>,
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

/// Something that was about to be created, after an observation that did not show it; what became of the call is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    pub name: String,
    pub at: DateTime<Utc>,
}

impl Begun {
    /// Whether that call made this: nobody is in it, and it was made while the call may have been under way. Where the
    /// platform does not say how many are in it, or it is older or younger, somebody else may have made it (E14).
    pub(super) fn made(&self, members: Option<u64>, made: Option<DateTime<Utc>>) -> bool {
        let then = |made: DateTime<Utc>| (self.at - CLOCKS..=self.at + CALL).contains(&made);
        members == Some(0) && made.is_none_or(then)
    }

    /// What a call gave back was there before it: somebody else made it meanwhile.
    pub fn is_older(&self, made: Option<DateTime<Utc>>) -> bool {
        made.is_some_and(|made| made < self.at - CLOCKS)
    }
}

/// A container of a segment that was dropped, or that was replaced by another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    pub id: ContainerId,
    pub name: String,
    /// We made it.
    pub created: bool,
    /// The segment that it served last; `None`: that one has another now.
    pub segment: Option<Name>,
}

/// The resources of one export, settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    pub place: PlacePlan,
    pub steps: Vec<ResourceStep>,
    pub containers: Vec<ContainerPlan>,
    /// The kind of every mapped field.
    pub kinds: Fields,
    /// The place's fields after this look at them.
    pub seen: SeenFields,
    pub notes: Vec<String>,
    /// Dropped segments whose slot goes on under another segment's name: from, to.
    pub successions: Vec<(Name, Name)>,
}

impl Resources {
    /// The place's id, where it is there.
    pub fn existing_place(&self) -> Option<PlaceId> {
        if let PlacePlan::Existing { id, .. } = &self.place { Some(PlaceId(id.clone())) } else { None }
    }

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
    /// Which segments fill it, for people.
    pub title: String,
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
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
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
    pub(super) fn same(&self, one: &str, other: &str) -> bool {
        let kind = self.export.connection.kind;
        kind.fold(one) == kind.fold(other)
    }

    /// The container of this id, if it is there.
    pub(super) fn remote(&self, id: &ContainerId) -> Option<&RemoteContainer> {
        self.observed.containers.iter().find(|c| c.id == *id)
    }

    /// The container of this name, if one is there.
    pub(super) fn named(&self, name: &str) -> Option<&RemoteContainer> {
        self.observed.containers.iter().find(|c| self.same(&c.name, name))
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
    let containers = containers::containers(inputs, &mut problems);
    steps.extend(containers.steps);
    let seen = remade::look(&inputs.recorded.seen, &inputs.observed.fields, &|tag| inputs.export.attributes.contains_key(tag));
    let notes = renamed_place(inputs).into_iter().chain(made_again(inputs, &seen)).chain(containers.notes).collect();
    match place {
        Some(place) if problems.is_empty() => {
            if let PlacePlan::Create { name } = &place {
                steps.insert(0, ResourceStep::CreatePlace { name: name.clone() });
            }
            Ok(Resources { place, steps, containers: containers.plans, kinds, seen, notes, successions: containers.successions })
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
            let lost_answer =
                inputs.recorded.places_begun.iter().any(|begun| begun.name == place.name && begun.made(place.contacts, place.made));
            if !adopt && !lost_answer {
                return Err(Problem::new(
                    format!("{vendor} has an {word} named \"{name}\" already ({}), and Listkeeper did not create it", place.id),
                    format!("to use it, name it by its id, `target: {{audienceId: {}}}`, or add `adopt: true` below `audience:`", place.id),
                ));
            }
            !lost_answer
        }
        _ => false,
    };
    Ok(PlacePlan::Existing { id: place.id.0.clone(), name: place.name.clone(), contacts: place.contacts, adopted })
}

/// It is known by its id: nobody is sent to a second one because somebody renamed the first (E4).
fn renamed_place(inputs: &Inputs<'_>) -> Option<String> {
    let place = inputs.observed.place.as_ref().filter(|place| inputs.recorded.place.as_ref() == Some(&place.id))?;
    let PlaceRef::Named { name, .. } = inputs.export.target.audience.place() else { return None };
    let (word, vendor) = (inputs.capabilities.place_word, inputs.capabilities.vendor);
    (place.name != name).then(|| {
        format!(
            "the {word} \"{name}\" ({}) is called \"{}\" at {vendor} now: somebody renamed it there; the export goes on with it",
            place.id, place.name
        )
    })
}

/// Mapped fields that are empty, though their members were sent values.
fn made_again(inputs: &Inputs<'_>, seen: &SeenFields) -> Vec<String> {
    let again = |tag: &&String| remade::times(seen, tag) > remade::times(&inputs.recorded.seen, tag);
    let line = |tag: &String| {
        let vendor = inputs.capabilities.vendor;
        let now = inputs.observed.fields.iter().all(|field| field.tag != *tag);
        let what = if now { "is made again" } else { "was made again there" };
        format!("the field {tag} was deleted at {vendor} and {what}: the attributes of every member are sent again")
    };
    inputs.export.attributes.keys().filter(again).map(line).collect()
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
        let of = |same: &dyn Fn(&str) -> bool| inputs.observed.fields.iter().find(|field| same(&field.tag));
        // Some vendors tell case apart, and may have both.
        let remote = of(&|name| name == tag).or_else(|| of(&|name| name.eq_ignore_ascii_case(tag)));
        match (inputs.fit)(&WantedField { tag, spec }, remote) {
            FieldFit::Fits(kind) => drop(kinds.insert(tag.clone(), kind)),
            FieldFit::Create(kind) if inputs.capabilities.fields_by_value && inputs.recorded.fields.get(tag) == Some(&kind) => {
                kinds.insert(tag.clone(), kind);
            }
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
