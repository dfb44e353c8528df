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

use super::{PlacePlan, ResourceStep, containers, removal};
use crate::{
    definition::{Export, Name, PlaceRef},
    destination::{Capabilities, ContainerId, FieldFit, Fields, Observed, PlaceId, RemoteField, WantedField},
};
use std::collections::BTreeMap;

/// What the state knows of the export's resources, and of others' in the same place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    pub place: Option<PlaceId>,
    pub slots: Vec<RecordedSlot>,
    /// Kinds of the fields that were mapped last.
    pub fields: Fields,
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
    let containers = containers::containers(inputs, &mut steps, &mut notes, &mut problems);
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
