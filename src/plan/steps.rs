//! What a plan comes to: its steps, in the order of doing. They are what is carried out (G10): what a plan costs is a sum over them, a
//! run is a loop over them, progress shows their names.
//!
//! | what changes | on most platforms | where a join carries attributes | where a create puts onto lists |
//! |---|---|---|---|
//! | not known to the platform | `create`, then `add` to each list | `add`: the first creates them | `create` |
//! | attributes, and new to lists | `update`, then `add` | the first `add` carries them | `update`, then `add` |
//! | attributes only | `update` | `update`, or an `add` to the list they are on | `update` |
//! | attributes that leave every field alone | `record`: no call | … unless they are new to a list | `record` |
//! | archived by us | `restore`, then `add` | | |
//! | no longer wanted | `remove` from each list, then `archive` where that was chosen | | |

use super::{Words, diff::Leaver, words::quoted};
use crate::{
    destination::{Capabilities, Operation, Reading},
    member::{ChangeEntry, ChangeFlags, RemainingEntry, RemainingFlags, SegmentMask, SegmentSets, Standing},
};
use serde::Serialize;
use std::time::Duration;

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
    Members(Task),
}

/// What is done to members in one step, and with whom: counting the calls and making them ask the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    pub operation: Operation,
    /// Slot of the list, where it is about one.
    pub bit: Option<u8>,
    /// Create: puts people onto all their lists.
    pub joins: bool,
    /// Join: carries attributes that are still to be sent; they are not sent before.
    pub carries: bool,
    /// Join: takes those as well whose attributes changed and who are on the list already.
    pub stayers: bool,
    /// Nothing is sent: only the state is told.
    pub quiet: bool,
    pub call: Call,
}

/// What one call takes, and how the platform answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    pub rows: usize,
    /// Of its rows together; one row alone may be more.
    pub bytes: usize,
    /// A call that takes longer is followed by smaller ones.
    pub slow: Duration,
    /// Accepted, not yet answered, at one time.
    pub jobs: usize,
    /// On record before it is sent, and looked up rather than sent again.
    pub looks_up: bool,
    /// Its rows carry the platform's own ids.
    pub by_id: bool,
}

/// What is to be done with one member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Todo {
    pub create: bool,
    pub update: bool,
    pub restore: bool,
    /// No attribute is to be sent.
    pub quiet: bool,
    pub joins: SegmentMask,
    /// A new contact's, where it is not the one chosen.
    pub status: Option<Standing>,
}

/// What a row of a step carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Its attributes; they are done afterwards.
    pub attributes: bool,
    /// Lists it is put onto.
    pub joins: SegmentMask,
}

impl Todo {
    /// Of a member whose change is planned.
    pub fn of(entry: &ChangeEntry, sets: &SegmentSets) -> Self {
        let (flags, joins) = (entry.flags(), sets.mask(entry.set()));
        let [create, update, restore, quiet] =
            [ChangeFlags::CREATE, ChangeFlags::UPDATE, ChangeFlags::RESTORE, ChangeFlags::QUIET].map(|flag| flags.has(flag));
        Self { create, update, restore, quiet, joins, status: None }
    }

    /// Of a member with whom a run is not through; `None`: it cannot be in this run.
    pub fn remaining(entry: &RemainingEntry, sets: &SegmentSets) -> Option<Self> {
        let (flags, joins) = (entry.flags(), sets.mask(entry.set()));
        let [create, update, restore, quiet] =
            [RemainingFlags::CREATE, RemainingFlags::UPDATE, RemainingFlags::RESTORE, RemainingFlags::QUIET].map(|flag| flags.has(flag));
        (!flags.has(RemainingFlags::FAILED)).then_some(Self { create, update, restore, quiet, joins, status: None })
    }

    fn after(self, carried: Carried) -> Self {
        let done = carried.attributes;
        Self {
            create: self.create && !done,
            update: self.update && !done,
            restore: self.restore && !done,
            quiet: self.quiet,
            joins: self.joins.minus(carried.joins),
            status: self.status,
        }
    }
}

impl Task {
    /// What this step does with a member; `None`: nothing.
    pub fn takes(&self, todo: Todo) -> Option<Carried> {
        let here = self.bit.map_or(SegmentMask::NONE, |bit| todo.joins.and(SegmentMask::of(bit)));
        // A row that goes anyway carries what it has.
        let quiet = todo.update && todo.quiet && (todo.joins.is_empty() || !self.carries);
        let told = Carried { attributes: true, joins: SegmentMask::NONE };
        match self.operation {
            Operation::Update if self.quiet => quiet.then_some(told),
            Operation::Create => todo.create.then_some(Carried { joins: if self.joins { todo.joins } else { SegmentMask::NONE }, ..told }),
            Operation::Update => (todo.update && !quiet).then_some(told),
            Operation::Restore => todo.restore.then_some(told),
            // Who could not be created or restored is put onto no list.
            Operation::Join if todo.create || todo.restore => None,
            Operation::Join if !here.is_empty() => Some(Carried { attributes: self.carries && todo.update, joins: here }),
            Operation::Join => (self.stayers && todo.update && todo.joins.is_empty()).then_some(told),
            Operation::Leave | Operation::Archive => None,
        }
    }

    /// Whether this step takes someone out.
    pub fn removes(&self, leaver: &Leaver) -> bool {
        match (self.operation, self.bit) {
            (Operation::Leave, Some(bit)) => leaver.segments.has(bit),
            (Operation::Archive, _) => leaver.archive,
            _ => false,
        }
    }
}

/// A list of the export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepList {
    pub bit: u8,
    pub name: String,
    /// Members are put onto it; otherwise only taken off.
    pub live: bool,
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
}

/// Everything that may have to be done, in the order of doing.
pub fn tasks(inputs: &Inputs<'_>) -> Vec<Task> {
    let capabilities = inputs.capabilities;
    let mut tasks = vec![Task { quiet: true, ..task(inputs, Operation::Update, None) }];
    for operation in capabilities.phases {
        match operation {
            Operation::Join => {
                let live = inputs.lists.iter().filter(|list| list.live);
                tasks.extend(live.map(|list| task(inputs, Operation::Join, Some(list.bit))));
            }
            Operation::Leave => tasks.extend(inputs.lists.iter().map(|list| task(inputs, Operation::Leave, Some(list.bit)))),
            _ => tasks.push(task(inputs, *operation, None)),
        }
    }
    tasks
}

fn task(inputs: &Inputs<'_>, operation: Operation, bit: Option<u8>) -> Task {
    let capabilities = inputs.capabilities;
    let joins = capabilities.create_joins && (inputs.everyone_read || capabilities.reading != Reading::Everyone);
    let only = inputs.lists.iter().filter(|list| list.live).count() == 1;
    Task {
        operation,
        bit,
        joins: joins && operation == Operation::Create,
        carries: capabilities.join_tells,
        // Where there are several, an import into one would put people onto it who are on another.
        stayers: capabilities.join_updates && only && operation == Operation::Join,
        quiet: false,
        call: call(inputs, operation),
    }
}

fn call(inputs: &Inputs<'_>, operation: Operation) -> Call {
    let capabilities = inputs.capabilities;
    let (rows, bytes) = ((capabilities.batch_rows)(operation).max(1), (capabilities.batch_bytes)(operation));
    // So many rows are never too long, or hold addresses only: no row has to be measured.
    let fits = operation.removes() || inputs.widest.saturating_mul(rows) <= bytes;
    Call {
        rows,
        bytes: if fits { usize::MAX } else { bytes },
        slow: capabilities.slow_call,
        jobs: capabilities.jobs_max,
        looks_up: (capabilities.looks_up)(operation),
        by_id: operation.removes() && capabilities.leaves_by_id,
    }
}

/// Cuts rows into calls, the same whoever counts or makes them: as many rows as a call takes, and no more bytes unless one row
/// alone has more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    rows: usize,
    bytes: usize,
    status: Option<Standing>,
}

impl Cut {
    /// Whether the call gives new contacts this status: the first of them decides.
    pub fn gives(&mut self, status: Option<Standing>) -> bool {
        if self.rows == 0 {
            self.status = status;
        }
        self.status == status
    }

    /// Takes a row into the call; `false`: it begins the next one.
    pub fn takes(&mut self, size: usize, rows: usize, bytes: usize) -> bool {
        let all = self.bytes.saturating_add(size);
        let fits = self.rows < rows && (all <= bytes || self.rows == 0);
        if fits {
            *self = Self { rows: self.rows + 1, bytes: all, ..*self };
        }
        fits
    }
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
    fn row(&mut self, call: &Call, size: usize, carried: Carried, status: Option<Standing>) {
        self.rows += 1;
        self.attributes |= carried.attributes;
        self.joins |= !carried.joins.is_empty();
        if self.calls == 0 || !self.cut.gives(status) || !self.cut.takes(size, call.rows, call.bytes) {
            self.calls += 1;
            self.cut = Cut { status, ..Cut::default() };
            self.cut.takes(size, call.rows, call.bytes);
        }
    }
}

/// The steps of these changes. `todos` go through in the order of sending, each with its number; `size` measures the row that
/// such a one has in a task, and is asked only where rows are limited by bytes.
pub fn steps<E>(
    inputs: &Inputs<'_>,
    todos: impl Iterator<Item = (usize, Todo)>,
    leavers: &[Leaver],
    mut size: impl FnMut(&Task, usize, Carried) -> Result<usize, E>,
) -> Result<Vec<Step>, E> {
    let tasks = tasks(inputs);
    let mut counts = vec![Count::default(); tasks.len()];
    for (at, mut todo) in todos {
        for (task, count) in tasks.iter().zip(&mut counts) {
            let Some(carried) = task.takes(todo) else { continue };
            let bytes = if task.quiet || task.call.bytes == usize::MAX { 0 } else { size(task, at, carried)? };
            count.row(&task.call, bytes, carried, todo.status.filter(|_| task.operation == Operation::Create));
            todo = todo.after(carried);
        }
    }
    let away = Carried { attributes: false, joins: SegmentMask::NONE };
    for (task, count) in tasks.iter().zip(&mut counts).filter(|(task, _)| task.operation.removes()) {
        leavers.iter().filter(|leaver| task.removes(leaver)).for_each(|_| count.row(&task.call, 0, away, None));
    }
    Ok(tasks.iter().zip(counts).filter(|(_, count)| count.rows > 0).map(|(task, count)| step(inputs, task, count)).collect())
}

fn step(inputs: &Inputs<'_>, task: &Task, count: Count) -> Step {
    let list = inputs.lists.iter().find(|list| Some(list.bit) == task.bit);
    Step {
        act: Act::Members(*task),
        list: list.map(|list| list.name.clone()),
        rows: Some(count.rows),
        calls: Some(if task.quiet { 0 } else { count.calls }),
        attributes: count.attributes && !task.quiet,
        joins: count.joins,
        // Who is removed does not depend on a status, unless they are archived.
        estimated: inputs.estimated && task.operation != Operation::Leave,
    }
}

/// What has to be read besides, as far as the number of its calls can be known. Each with the list's slot and the calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Contacts and calls of the status check, where it is still to come.
    pub statuses: Option<(Option<u64>, Option<u64>)>,
    pub found: Vec<(u8, Option<u64>)>,
    pub ids: Vec<(u8, u64)>,
    pub back: Vec<(u8, u64)>,
}

impl Reads {
    /// Puts the readings where they happen among the steps.
    pub fn among(&self, steps: Vec<Step>, lists: &[StepList]) -> Vec<Step> {
        let name = |bit: u8| lists.iter().find(|list| list.bit == bit).map(|list| list.name.clone());
        let read = |act, list, rows, calls| Step { act, list, rows, calls, attributes: false, joins: false, estimated: true };
        let mut all: Vec<Step> = self.statuses.iter().map(|(rows, calls)| read(Act::ReadStatuses, None, *rows, *calls)).collect();
        all.extend(self.found.iter().map(|(bit, calls)| read(Act::ReadFound, name(*bit), None, *calls)));
        for step in steps {
            if let Act::Members(Task { operation: Operation::Leave, bit: Some(bit), .. }) = step.act {
                let ids = self.ids.iter().filter(|(of, _)| *of == bit);
                all.extend(ids.map(|(bit, calls)| read(Act::ReadIds, name(*bit), None, Some(*calls))));
            }
            all.push(step);
        }
        all.extend(self.back.iter().map(|(bit, calls)| read(Act::ReadBack, name(*bit), None, Some(*calls))));
        all
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
            Self::Members(task) if task.quiet => "record",
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
