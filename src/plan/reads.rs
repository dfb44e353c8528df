//! What is read besides the steps that change something, where the number of its calls can be known before.

use super::{
    StandingRead,
    resources::{ContainerPlan, ContainerState},
    steps::{Act, Step, StepList},
    task::Task,
};
use crate::destination::Operation;
use std::collections::BTreeMap;

/// Up to so many people are looked up one by one before they are removed or archived; for more, the whole list is read, or the
/// statuses that changed.
pub const FEW: usize = 50;

/// What is known of an export's lists before its plan is carried out, by slot.
#[derive(Clone, Copy, Debug)]
pub struct ReadInputs<'a> {
    pub containers: &'a [ContainerPlan],
    /// Contacts a page.
    pub page_rows: usize,
    /// The status check, where it is still to come.
    pub statuses: Option<&'a StandingRead>,
    /// Members on record, and how many are added and removed.
    pub before: &'a BTreeMap<u8, u64>,
    pub joins: &'a BTreeMap<u8, u64>,
    pub leaves: &'a BTreeMap<u8, u64>,
    /// Of those who are removed: how many have no id of the platform's on record, where it wants one.
    pub without_id: &'a BTreeMap<u8, usize>,
    /// A list is read before people are removed from it.
    pub reads_leaving: bool,
    /// Lists are read back whole.
    pub verifies: bool,
    pub bulk: Option<&'a BulkReads>,
}

/// What updates in bulk need to be read and tried before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BulkReads {
    /// Of the contacts: those that are unsubscribed by what is on record, and whether a reading has to show that they still are.
    pub unsubscribed: u64,
    pub looks: bool,
    /// Statuses that were not tried lately, and calls of the trials.
    pub trials: u64,
    pub trial_calls: u64,
}

/// What has to be read besides, as far as the number of its calls can be known. Each with the list's slot and the calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Contacts and calls of the status check, where it is still to come.
    pub statuses: Option<(Option<u64>, Option<u64>)>,
    pub found: Vec<(u8, Option<u64>)>,
    pub ids: Vec<(u8, u64)>,
    pub back: Vec<(u8, u64)>,
    pub bulk: Option<BulkReads>,
    pub leaving: bool,
}

impl Reads {
    /// What these steps need.
    pub fn of(inputs: &ReadInputs<'_>, steps: &[Step]) -> Self {
        let pages = |members: u64| members.div_ceil(inputs.page_rows.max(1) as u64).max(1);
        let of = |map: &BTreeMap<u8, u64>, bit: u8| map.get(&bit).copied().unwrap_or(0);
        let after = |bit: u8| (of(inputs.before, bit) + of(inputs.joins, bit)).saturating_sub(of(inputs.leaves, bit));
        let found = |container: &ContainerPlan| match container.state {
            ContainerState::Take { members, created: false, .. } if members != Some(0) => Some((container.bit, members.map(pages))),
            _ => None,
        };
        let ids = |(bit, unknown): (&u8, &usize)| match *unknown {
            0 => None,
            few if few <= FEW => Some((*bit, few as u64)),
            _ => Some((*bit, pages(of(inputs.before, *bit)))),
        };
        let back = inputs.containers.iter().filter(|_| inputs.verifies && !steps.is_empty());
        Self {
            statuses: inputs.statuses.map(|reading| (reading.contacts, reading.calls)),
            found: inputs.containers.iter().filter_map(found).collect(),
            ids: inputs.without_id.iter().filter_map(ids).collect(),
            bulk: inputs.bulk.copied(),
            leaving: inputs.reads_leaving,
            back: back.map(|container| (container.bit, pages(after(container.bit)))).collect(),
        }
    }

    fn before_updating(&self) -> impl Iterator<Item = (Act, u64, Option<u64>)> + use<> {
        let bulk = self.bulk.unwrap_or_default();
        let BulkReads { unsubscribed, trials, trial_calls, .. } = bulk;
        let look = (bulk.looks && unsubscribed > 0).then_some((
            Act::ReadBeforeUpdating,
            unsubscribed,
            (unsubscribed <= FEW as u64).then_some(unsubscribed),
        ));
        look.into_iter().chain((trials > 0).then_some((Act::TryBulk, trials, Some(trial_calls))))
    }

    /// Puts the readings where they happen among the steps.
    pub fn among(&self, steps: Vec<Step>, lists: &[StepList]) -> Vec<Step> {
        let name = |bit: u8| lists.iter().find(|list| list.bit == bit).map(|list| list.name.clone());
        let read = |act, list, rows, calls| Step { act, list, rows, calls, attributes: false, joins: false, estimated: true };
        let mut all: Vec<Step> = self.statuses.iter().map(|(rows, calls)| read(Act::ReadStatuses, None, *rows, *calls)).collect();
        all.extend(self.found.iter().map(|(bit, calls)| read(Act::ReadFound, name(*bit), None, *calls)));
        for step in steps {
            if step.task().is_some_and(|task| task.bulk) {
                all.extend(self.before_updating().map(|(act, rows, calls)| read(act, None, Some(rows), calls)));
            }
            if let Act::Members(Task { operation: Operation::Leave, bit: Some(bit), .. }) = step.act {
                let ids = self.ids.iter().filter(|(of, _)| *of == bit);
                // Known beforehand, and changes nothing of the rest.
                let leaving = || Step { estimated: false, ..read(Act::ReadLeaving, name(bit), step.rows, Some(1)) };
                all.extend(self.leaving.then(leaving));
                all.extend(ids.map(|(bit, calls)| read(Act::ReadIds, name(*bit), None, Some(*calls))));
            }
            if let Act::Members(Task { operation: Operation::Archive, .. }) = step.act
                && !all.iter().any(|step| step.act == Act::ReadBeforeArchiving)
            {
                all.push(read(Act::ReadBeforeArchiving, None, step.rows, step.rows.filter(|people| *people <= FEW as u64)));
            }
            all.push(step);
        }
        all.extend(self.back.iter().map(|(bit, calls)| read(Act::ReadBack, name(*bit), None, Some(*calls))));
        all
    }
}

#[cfg(test)]
#[path = "reads_tests.rs"]
mod tests;
