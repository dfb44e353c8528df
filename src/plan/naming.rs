//! What each container of ours is to be called: renamed, kept with a note, made again under a new name; or why not (E4, E9). Pure.
//!
//! | the definition says | the platform says | then |
//! |---|---|---|
//! | what it said | another name than before | kept and reported: somebody renamed it there |
//! | another name than before | it cannot rename | kept and reported, or made again with `recreate` |
//! | another name than before | it can, the name is free or becomes free | renamed, in order ([`super::renames`]) |
//! | another name than before | the name is that of a dropped segment's, made by us | that one steps aside |
//! | another name than before | the name is somebody else's | refused |

use super::{
    ResourceStep,
    containers::another_name,
    ownership::{Has, Ours},
    renames::{self, Rename},
    resources::{Inputs, Problem},
};
use crate::{
    definition::Slot,
    destination::{ContainerId, RemoteContainer},
};

#[derive(Default)]
pub(super) struct Naming {
    renames: Vec<Rename>,
    anew: Vec<ContainerId>,
    pub notes: Vec<String>,
    pub problems: Vec<Problem>,
}

impl Naming {
    pub(super) fn steps(&self) -> Vec<ResourceStep> {
        let step = |rename: &Rename| {
            let Rename { id, from, to, segment } = rename.clone();
            ResourceStep::RenameContainer { segment, id: id.0, from, to }
        };
        self.renames.iter().map(step).collect()
    }

    /// What it is called once everything is renamed.
    pub(super) fn name(&self, remote: &RemoteContainer) -> String {
        self.renames.iter().rev().find(|rename| rename.id == remote.id).map_or_else(|| remote.name.clone(), |rename| rename.to.clone())
    }

    pub(super) fn moves_away(&self, id: &ContainerId) -> bool {
        self.renames.iter().any(|rename| rename.id == *id)
    }

    pub(super) fn is_made_anew(&self, id: &ContainerId) -> bool {
        self.anew.contains(id)
    }
}

pub(super) fn settle(inputs: &Inputs<'_>, slots: &[Slot], has: &[Has<'_>]) -> Naming {
    let mut naming = Naming::default();
    let mut wanted = Vec::new();
    for (slot, ours) in slots.iter().zip(has).filter_map(|(slot, has)| Some((slot, has.ours()?))) {
        let (remote, to) = (ours.remote, slot.container.as_str());
        // Platforms fold case and return names in another one than they were given: renaming for that would never end.
        if inputs.export.target.audience.container_id().is_some() || inputs.same(&remote.name, to) {
            continue;
        }
        if inputs.same(ours.known_as, to) {
            naming.notes.push(renamed_there(inputs, slot, &ours));
        } else if inputs.capabilities.can_rename_container {
            wanted.push((slot, rename(slot, remote)));
        } else {
            cannot_rename(inputs, slot, &ours, has, &mut naming);
        }
    }
    let aside = free_names(inputs, has, &mut wanted, &mut naming);
    let all = wanted.into_iter().map(|(_, rename)| rename).chain(aside).collect();
    naming.renames = renames::in_order(all, &|one, other| inputs.same(one, other));
    naming
}

fn rename(slot: &Slot, remote: &RemoteContainer) -> Rename {
    Rename { id: remote.id.clone(), from: remote.name.clone(), to: slot.container.clone(), segment: slot.title() }
}

/// Takes out, with a problem, each rename to a name that stays another's; gives those that step aside.
fn free_names(inputs: &Inputs<'_>, has: &[Has<'_>], wanted: &mut Vec<(&Slot, Rename)>, naming: &mut Naming) -> Vec<Rename> {
    let mut aside: Vec<Rename> = Vec::new();
    loop {
        let blocked = wanted.iter().position(|(_, rename)| {
            let holder = inputs.named(&rename.to).filter(|holder| holder.id != rename.id);
            holder.is_some_and(|h| wanted.iter().map(|(_, r)| r).chain(&aside).all(|moving| moving.id != h.id))
        });
        let Some(at) = blocked else { return aside };
        let Some(holder) = inputs.named(&wanted[at].1.to) else { return aside };
        match steps_aside(inputs, has, holder) {
            Some(rename) => {
                naming.notes.push(format!(
                    "the {} \"{}\" is renamed to \"{}\": no segment uses it any more, and its name is given to another",
                    inputs.capabilities.container_word, rename.from, rename.to
                ));
                aside.push(rename);
            }
            None => {
                let (slot, rename) = wanted.remove(at);
                naming.problems.push(name_taken(inputs, slot, &rename, holder));
            }
        }
    }
}

/// One that we made and that nobody of the export uses any more gives its name up.
fn steps_aside(inputs: &Inputs<'_>, has: &[Has<'_>], holder: &RemoteContainer) -> Option<Rename> {
    if has.iter().filter_map(Has::ours).any(|ours| ours.remote.id == holder.id) {
        return None;
    }
    let slots = inputs.recorded.slots.iter().filter_map(|slot| slot.container.as_ref());
    let dropped = slots.filter(|(_, _, created)| *created).any(|(id, ..)| *id == holder.id);
    let orphan = inputs.recorded.orphans.iter().any(|orphan| orphan.created && orphan.id == holder.id);
    let to = format!("{} (dropped {})", holder.name, holder.id);
    let to = if inputs.export.connection.kind.list_name_fault(&to).is_some() { format!("dropped {}", holder.id) } else { to };
    let aside = Rename { id: holder.id.clone(), from: holder.name.clone(), to, segment: holder.name.clone() };
    (dropped || orphan).then_some(aside)
}

fn cannot_rename(inputs: &Inputs<'_>, slot: &Slot, ours: &Ours<'_>, has: &[Has<'_>], naming: &mut Naming) {
    let (word, to) = (inputs.capabilities.container_word, slot.container.as_str());
    let holder = inputs.named(to);
    let another_of_ours = holder.is_some_and(|holder| has.iter().filter_map(Has::ours).any(|other| other.remote.id == holder.id));
    match holder {
        None if inputs.export.target.recreate => naming.anew.push(ours.remote.id.clone()),
        Some(other) if inputs.export.target.recreate && !another_of_ours => naming.problems.push(Problem::new(
            format!("no new {word} \"{to}\" can be made in place of \"{}\": there is one ({})", ours.remote.name, other.id),
            format!("choose another displayName, or {}", another_name(inputs, &slot.name)),
        )),
        _ => naming.notes.push(keeps_its_name(inputs, slot, ours, another_of_ours)),
    }
}

fn keeps_its_name(inputs: &Inputs<'_>, slot: &Slot, ours: &Ours<'_>, another_of_ours: bool) -> String {
    let (word, vendor) = (inputs.capabilities.container_word, inputs.capabilities.vendor);
    let what = format!("the {word} of {} keeps its name \"{}\": {vendor} cannot rename", slot.title(), ours.remote.name);
    match another_of_ours {
        true => format!("{what}, and another segment of this export has the {word} \"{}\"", slot.container),
        false => format!("{what}; `recreate: true` below `target:` makes a new one"),
    }
}

/// It is known by its id: its members stay where they are, and no second one is made.
fn renamed_there(inputs: &Inputs<'_>, slot: &Slot, ours: &Ours<'_>) -> String {
    let (word, vendor) = (inputs.capabilities.container_word, inputs.capabilities.vendor);
    format!(
        "the {word} of {} is called \"{}\" at {vendor} now, not \"{}\": somebody renamed it there; it goes on under that name",
        slot.title(),
        ours.remote.name,
        ours.known_as
    )
}

fn name_taken(inputs: &Inputs<'_>, slot: &Slot, rename: &Rename, other: &RemoteContainer) -> Problem {
    let word = inputs.capabilities.container_word;
    Problem::new(
        format!("the {word} \"{}\" cannot be renamed to \"{}\": another {word} ({}) has that name", rename.from, rename.to, other.id),
        format!("choose another displayName, or {}", another_name(inputs, &slot.name)),
    )
}
