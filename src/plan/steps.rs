//! What a plan comes to: its steps, in the order of doing. They are what is carried out (G10): what a plan costs is a sum over them, a
//! run is a loop over them, progress shows their names.
//!
//! | what changes | on most platforms | where a join carries attributes | where a create puts onto lists |
//! |---|---|---|---|
//! | not known to the platform | `create`, then `add` to each list | `add`: the first creates them | `create`; then `add` to lists apart |
//! | attributes, and new to lists | `update`, then `add` | the first `add` carries them | `update`, then `add` |
//! | attributes of a contact whose status is known, where there is a bulk call | `update-in-bulk` | | |
//! | attributes only | `update` | `update`, or an `add` to the list they are on | `update` |
//! | attributes that leave every field alone | `record`: no call | … unless they are new to a list | `record` |
//! | archived by us | `restore`, then `add` | | |
//! | no longer wanted | `remove` from each list, then `archive` where that was chosen | | |

use super::{
    Words,
    diff::Leaver,
    task::{Call, Carried, Cut, Task, Todo, tasks},
    words::quoted,
};
use crate::{
    destination::{Capabilities, Operation, RowSize},
    member::SegmentMask,
    platform::SubscriptionStatus,
};
use serde::Serialize;

/// One step: calls of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    #[serde(rename = "step", serialize_with = "word")]
    pub act: Act,
    /// The name of the list, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// People; `None`: known only once they were read.
    pub rows: Option<u64>,
    /// `None`: known only once they were made.
    pub calls: Option<u64>,
    /// Attributes go along for some of them / some are put onto lists.
    pub attributes: bool,
    pub joins: bool,
    /// What is read before it can change its numbers.
    pub estimated: bool,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The status of the audience's contacts, before the first write (G2).
    ReadStatuses,
    /// Who is on a list before our first write to it (E7).
    ReadFound,
    /// The platform's ids of those who are removed from a list.
    ReadIds,
    /// Who is on a list, after the last write (E12).
    ReadBack,
    /// The statuses of those who are about to be archived.
    ReadBeforeArchiving,
    /// Whether those who were unsubscribed still are, before they are updated in bulk.
    ReadBeforeUpdating,
    /// The bulk update of one contact of each status, before those of many.
    TryBulk,
    /// Who is on a list, before people are removed from it.
    ReadLeaving,
    /// One contact of each status that updates are to keep, updated before all others and read back (G2).
    ProveStatuses(Task),
    Members(Task),
}

/// A list of the export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepList {
    pub bit: u8,
    pub name: String,
    /// Members are put onto it; otherwise only taken off.
    pub live: bool,
    /// A create cannot put anybody onto it, whatever the platform can: a call of its own does.
    pub apart: bool,
}

/// What the steps depend on besides the changes.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    pub capabilities: &'a Capabilities,
    pub lists: &'a [StepList],
    /// Everyone at the platform was read for this plan, or will be before it is carried out: who is not known does not exist.
    pub everyone_read: bool,
    /// Statuses are still to be read.
    pub estimated: bool,
    /// No row takes more bytes of a call.
    pub widest: usize,
    /// Contacts that a bulk update is tried with, each alone.
    pub trials: u64,
    /// Of the changes, by their numbers: who is updated alone, before everybody else.
    pub alone: &'a [usize],
}

/// Rows and calls of one task.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    rows: u64,
    calls: u64,
    cut: Cut,
    attributes: bool,
    joins: bool,
}

impl Count {
    fn row(&mut self, call: &Call, size: RowSize, carried: Carried, status: Option<SubscriptionStatus>) {
        self.rows += 1;
        self.attributes |= carried.attributes;
        self.joins |= !carried.joins.is_empty();
        if self.calls == 0 || !self.cut.gives(status) || !self.cut.takes(size, call.rows, call.bytes) {
            self.calls += 1;
            self.cut = Cut::default();
            self.cut.gives(status);
            self.cut.takes(size, call.rows, call.bytes);
        }
    }
}

/// The steps of these changes. `todos` go through in the order of sending, each with its number; `size` measures the row that
/// such a one has in a task, and is asked only where rows are limited by bytes.
pub fn steps<E, S: Into<RowSize>>(
    inputs: &Inputs<'_>,
    todos: impl Iterator<Item = (usize, Todo)>,
    leavers: &[Leaver],
    mut size: impl FnMut(&Task, usize, Carried) -> Result<S, E>,
) -> Result<Vec<Step>, E> {
    let tasks = tasks(inputs);
    let mut counts = vec![Count::default(); tasks.len()];
    let mut alone = 0;
    for (at, mut todo) in todos {
        if todo.update && inputs.alone.contains(&at) {
            alone += 1;
            todo = todo.after(Carried { attributes: true, joins: SegmentMask::NONE });
        }
        for (task, count) in tasks.iter().zip(&mut counts) {
            let Some(carried) = task.takes(todo) else { continue };
            let unmeasured = task.quiet || task.call.bytes == usize::MAX;
            let bytes = if unmeasured { RowSize::default() } else { size(task, at, carried)?.into() };
            count.row(&task.call, bytes, carried, todo.status.filter(|_| task.operation == Operation::Create));
            todo = todo.after(carried);
        }
    }
    let away = Carried { attributes: false, joins: SegmentMask::NONE };
    for (task, count) in tasks.iter().zip(&mut counts).filter(|(task, _)| task.operation.removes()) {
        leavers.iter().filter(|leaver| task.removes(leaver)).for_each(|_| count.row(&task.call, RowSize::default(), away, None));
    }
    let steps = tasks.iter().zip(counts).filter(|(_, count)| count.rows > 0).map(|(task, count)| step(inputs, task, count));
    let steps: Vec<_> = steps.collect();
    let update = tasks.iter().find(|task| task.operation == Operation::Update && !task.quiet).filter(|_| alone > 0);
    Ok(update.map(|task| prove(task, alone)).into_iter().chain(steps).collect())
}

/// A reading before, an update, a reading after it, each.
fn prove(update: &Task, people: u64) -> Step {
    let (rows, calls) = (Some(people), Some(3 * people));
    Step { act: Act::ProveStatuses(*update), list: None, rows, calls, attributes: true, joins: false, estimated: false }
}

fn step(inputs: &Inputs<'_>, task: &Task, count: Count) -> Step {
    let list = inputs.lists.iter().find(|list| Some(list.bit) == task.bit);
    Step {
        act: Act::Members(*task),
        list: list.map(|list| list.name.clone()),
        rows: Some(count.rows),
        calls: Some(match task {
            Task { quiet: true, .. } => 0,
            // Those that it is tried with have calls of their own.
            Task { bulk: true, call, .. } => count.rows.saturating_sub(inputs.trials).div_ceil(call.rows.max(1) as u64),
            _ => count.calls,
        }),
        attributes: count.attributes && !task.quiet,
        joins: count.joins,
        // Who is removed does not depend on a status, unless they are archived.
        estimated: inputs.estimated && task.operation != Operation::Leave,
    }
}

impl Act {
    /// What programs call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::ReadStatuses => "read-statuses",
            Self::ReadFound => "read-pre-existing",
            Self::ReadIds => "read-ids",
            Self::ReadBack => "read-back",
            Self::ReadBeforeArchiving => "read-before-archiving",
            Self::ReadBeforeUpdating => "read-before-updating",
            Self::TryBulk => "try-bulk-update",
            Self::ReadLeaving => "read-before-removing",
            Self::ProveStatuses(_) => "prove-statuses",
            Self::Members(task) if task.quiet => "record",
            Self::Members(task) if task.bulk => "update-in-bulk",
            Self::Members(task) => match task.operation {
                Operation::Create => "create",
                Operation::Update => "update",
                Operation::Restore => "restore",
                Operation::Join => "add",
                Operation::Leave => "remove",
                Operation::Archive => "archive",
            },
        }
    }
}

impl Step {
    /// The step in words, as progress shows it.
    pub fn name(&self, words: Words) -> String {
        let list = format!("{} {}", words.container, self.list.as_deref().map(quoted).unwrap_or_default());
        match self.act {
            Act::ReadStatuses => "reading the status of contacts".to_owned(),
            Act::ReadFound => format!("reading the pre-existing members of {list}"),
            Act::ReadIds => format!("reading the ids of the members of {list}"),
            Act::ReadBack => format!("reading back the members of {list}"),
            Act::ReadLeaving => format!("reading who is on {list}"),
            Act::ProveStatuses(_) => "updating one contact of each status, and reading it back".to_owned(),
            Act::ReadBeforeArchiving => "reading the statuses of those who are archived next".to_owned(),
            Act::ReadBeforeUpdating => "reading whether contacts are still unsubscribed".to_owned(),
            Act::TryBulk => "trying the bulk update with one contact".to_owned(),
            Act::Members(task) if task.bulk => "updating attributes in bulk".to_owned(),
            Act::Members(task) if task.quiet => "recording members without a value to send".to_owned(),
            Act::Members(task) => match task.operation {
                Operation::Create => "creating new contacts".to_owned(),
                Operation::Update => "telling changed attributes".to_owned(),
                Operation::Restore => "bringing archived contacts back".to_owned(),
                Operation::Join => format!("joining {list}"),
                Operation::Leave => format!("leaving {list}"),
                Operation::Archive => "archiving contacts".to_owned(),
            },
        }
    }

    /// What is done to members, if that is what it is.
    pub fn task(&self) -> Option<&Task> {
        if let Act::Members(task) = &self.act { Some(task) } else { None }
    }
}

fn word<S: serde::Serializer>(act: &Act, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(act.word())
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
