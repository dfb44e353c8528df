//! Whom a step concerns and what it carries, asked alike by who counts calls and by who makes them; and how rows are cut into
//! calls.

use super::{diff::Leaver, steps::Inputs};
use crate::{
    destination::{CreateJoins, Operation, Reading, RowSize},
    member::{ChangeEntry, ChangeFlags, RemainingEntry, RemainingFlags, SegmentMask, SegmentSets},
    platform::SubscriptionStatus,
};
use std::time::Duration;

/// What is done to members in one step, and with whom: counting the calls and making them ask the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    pub operation: Operation,
    /// Slot of the list, where it is about one.
    pub bit: Option<u8>,
    /// Create: the lists that it puts people onto.
    pub joins: SegmentMask,
    /// Join: carries attributes that are still to be sent; they are not sent before.
    pub carries: bool,
    /// Join: takes those as well whose attributes changed and who are on the list already.
    pub stayers: bool,
    /// Nothing is sent: only the state is told.
    pub quiet: bool,
    /// Update: by the bulk call, which takes only contacts whose status was read and that this run has a permit for.
    pub bulk: bool,
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
    /// The update may go in bulk.
    pub bulk: bool,
    pub joins: SegmentMask,
    /// A new contact's, where it is not the one chosen.
    pub status: Option<SubscriptionStatus>,
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
        let [create, update, restore, quiet, bulk] =
            [ChangeFlags::CREATE, ChangeFlags::UPDATE, ChangeFlags::RESTORE, ChangeFlags::QUIET, ChangeFlags::BULK]
                .map(|flag| flags.has(flag));
        Self { create, update, restore, quiet, bulk, joins, status: None }
    }

    /// Of a member with whom a run is not through; `None`: it cannot be in this run.
    pub fn remaining(entry: &RemainingEntry, sets: &SegmentSets) -> Option<Self> {
        let (flags, joins) = (entry.flags(), sets.mask(entry.set()));
        let [create, update, restore, quiet, bulk] =
            [RemainingFlags::CREATE, RemainingFlags::UPDATE, RemainingFlags::RESTORE, RemainingFlags::QUIET, RemainingFlags::BULK]
                .map(|flag| flags.has(flag));
        (!flags.has(RemainingFlags::FAILED)).then_some(Self { create, update, restore, quiet, bulk, joins, status: None })
    }

    pub(super) fn after(self, carried: Carried) -> Self {
        let done = carried.attributes;
        Self {
            create: self.create && !done,
            update: self.update && !done,
            restore: self.restore && !done,
            quiet: self.quiet,
            bulk: self.bulk,
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
            Operation::Create => todo.create.then_some(Carried { joins: todo.joins.and(self.joins), ..told }),
            Operation::Update => (todo.update && !quiet && todo.bulk == self.bulk).then_some(told),
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

/// Members that are recorded together where nothing is sent.
const RECORDED: usize = 500;

/// Everything that may have to be done, in the order of doing.
pub fn tasks(inputs: &Inputs<'_>) -> Vec<Task> {
    let capabilities = inputs.capabilities;
    let update = task(inputs, Operation::Update, None);
    let mut tasks = vec![Task { quiet: true, call: Call { rows: RECORDED, bytes: usize::MAX, ..update.call }, ..update }];
    for operation in capabilities.phases {
        match operation {
            Operation::Join => {
                let live = inputs.lists.iter().filter(|list| list.live);
                tasks.extend(live.map(|list| task(inputs, Operation::Join, Some(list.bit))));
            }
            Operation::Leave => tasks.extend(inputs.lists.iter().map(|list| task(inputs, Operation::Leave, Some(list.bit)))),
            Operation::Update => {
                tasks.extend(in_bulk(inputs, update));
                tasks.push(update);
            }
            _ => tasks.push(task(inputs, *operation, None)),
        }
    }
    tasks
}

/// Updates by the bulk call, where the platform has one for them.
fn in_bulk(inputs: &Inputs<'_>, update: Task) -> Option<Task> {
    let rows = inputs.capabilities.bulk_update_rows?;
    Some(Task { bulk: true, call: Call { rows, bytes: usize::MAX, ..update.call }, ..update })
}

fn task(inputs: &Inputs<'_>, operation: Operation, bit: Option<u8>) -> Task {
    let capabilities = inputs.capabilities;
    let only = inputs.lists.iter().filter(|list| list.live).count() == 1;
    Task {
        operation,
        bit,
        joins: if operation == Operation::Create { joined_by_create(inputs) } else { SegmentMask::NONE },
        carries: capabilities.join_tells,
        // Where there are several, an import into one would put people onto it who are on another.
        stayers: capabilities.join_updates && only && operation == Operation::Join,
        quiet: false,
        bulk: false,
        call: call(inputs, operation),
    }
}

fn joined_by_create(inputs: &Inputs<'_>) -> SegmentMask {
    let joins = match inputs.capabilities.create_joins {
        CreateJoins::Never => false,
        CreateJoins::OfTheNew => inputs.everyone_read || inputs.capabilities.reading != Reading::Everyone,
        CreateJoins::Always => true,
    };
    let lists = inputs.lists.iter().filter(|list| joins && list.live && !list.apart);
    lists.fold(SegmentMask::NONE, |mask, list| mask.union(SegmentMask::of(list.bit)))
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
    /// The bytes of its rows, and whether they are written the long way.
    size: RowSize,
    status: Option<SubscriptionStatus>,
}

impl Cut {
    /// Whether the call gives new contacts this status: the first of them decides.
    pub fn gives(&mut self, status: Option<SubscriptionStatus>) -> bool {
        if self.rows == 0 {
            self.status = status;
        }
        self.status == status
    }

    /// Takes a row into the call; `false`: it begins the next one.
    pub fn takes(&mut self, size: impl Into<RowSize>, rows: usize, bytes: usize) -> bool {
        let (size, so_far) = (size.into(), self.size);
        let all = RowSize {
            short: so_far.short.saturating_add(size.short),
            long: so_far.long.saturating_add(size.long),
            needs_long: so_far.needs_long || size.needs_long,
        };
        let all_bytes = if all.needs_long { all.long } else { all.short };
        let fits = self.rows < rows && (all_bytes <= bytes || self.rows == 0);
        if fits {
            *self = Self { rows: self.rows + 1, size: all, ..*self };
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_that_needs_the_long_way_makes_its_call_long() {
        let row = |needs_long| RowSize { short: 10, long: 30, needs_long };
        let rows = |long_at: Option<usize>| {
            let mut cut = Cut::default();
            (0..).take_while(|at| cut.takes(row(long_at == Some(*at)), 100, 100)).count()
        };
        assert_eq!((rows(None), rows(Some(0)), rows(Some(2))), (10, 3, 3));
        assert_eq!(rows(Some(5)), 5, "it begins the next call, since the ones before it fit only the short way");
    }
}
