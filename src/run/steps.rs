//! What a plan's steps depend on, gathered: the lists, how long rows are, what has to be read besides.

use super::{Context, Failure, assemble::Parts, canary::Proof, observe::Settled, phase::Phase, rows::Rows, standings};
use crate::{
    definition::Verify,
    destination::{ContainerId, Operation, Reading, RemoteContainer},
    member::ChangeEntry,
    plan::{
        PlacePlan, StandingRead,
        reads::{BulkReads, FEW, ReadInputs, Reads},
        resources::{ContainerPlan, ContainerState},
        steps::{Inputs, Step, StepList, steps},
        task::Todo,
    },
    platform::SubscriptionStatus,
};
use std::collections::VecDeque;

/// The steps of a plan.
/// Also: how many rows carry something that the platform may not take, as far as rows are measured.
pub fn of_plan(parts: &Parts<'_>, reading: Option<&StandingRead>) -> Result<(Vec<Step>, u64), Failure> {
    let mut doubtful = 0;
    let (context, work, capabilities) = (parts.context, parts.work, parts.context.capabilities);
    let containers = &parts.settled.resources.containers;
    let (lists, ids) = (lists(context, parts.settled), ids(containers));
    let rows =
        Rows { destination: &*context.destination, fields: work.mapping.fields(), lists: &ids, given: context.export.new_contacts.status };
    let place = |proof: &Proof| work.desired.entries.binary_search_by_key(&proof.key, ChangeEntry::key).ok();
    let alone: Vec<usize> = work.proofs.iter().filter_map(place).collect();
    let inputs = Inputs {
        capabilities,
        lists: &lists,
        everyone_read: parts.settled.everyone_read || parts.resolved.unread,
        estimated: is_estimated(parts),
        widest: rows.widest(&work.desired.spool),
        trials: bulk_reads(parts).trials,
        alone: &alone,
    };
    let entries = &work.desired.entries;
    let status = |entry: &ChangeEntry| work.statuses.get(&entry.key()).copied();
    let todos = entries.iter().map(|entry| Todo { status: status(entry), ..Todo::of(entry, &work.desired.sets) }).enumerate();
    let steps = steps(&inputs, todos, &work.leavers, |task, at, carried| {
        let entry = &entries[at];
        let (row, _) = rows.of(task, &work.desired.spool, entry.key(), entry.offset(), carried)?;
        doubtful += u64::from(context.destination.is_doubtful(&row));
        Ok::<_, Failure>(rows.size(task, &row))
    })?;
    Ok((reads(parts, reading, &steps)?.among(steps, &lists), doubtful))
}

/// What is left of them once it turned out that some who were to be created exist; nobody is created any more.
pub fn of_remaining(phase: &Phase<'_>, lists: &[StepList]) -> Result<VecDeque<Step>, Failure> {
    let (context, work) = (phase.context, &*phase.work);
    let rows = Rows {
        destination: &*context.destination,
        fields: work.mapping.fields(),
        lists: &phase.ready.containers,
        given: context.export.new_contacts.status,
    };
    let inputs = Inputs {
        capabilities: context.capabilities,
        lists,
        everyone_read: phase.ready.everyone_read,
        estimated: false,
        widest: rows.widest(&work.desired.spool),
        trials: 0,
        // They went before everybody else.
        alone: &[],
    };
    let entries = &phase.remaining;
    let todos = entries.iter().enumerate().filter_map(|(at, entry)| Some((at, Todo::remaining(entry, &work.desired.sets)?)));
    let steps = steps(&inputs, todos, &work.leavers, |task, at, carried| {
        let entry = &entries[at];
        let (row, _) = rows.of(task, &work.desired.spool, entry.key(), entry.offset(), carried)?;
        Ok::<_, Failure>(rows.size(task, &row))
    })?;
    Ok(steps.into_iter().filter(|step| step.task().is_some_and(|task| task.operation != Operation::Create)).collect())
}

/// The lists of an export, in the order of doing.
pub fn lists(context: &Context, settled: &Settled) -> Vec<StepList> {
    let live = |container: &ContainerPlan| !matches!(container.state, ContainerState::Dropped(_));
    let apart = |container: &ContainerPlan| settled.creates_apart || shares_its_name(context, settled, container);
    let list = |c: &ContainerPlan| StepList { bit: c.bit, name: c.name.clone(), live: live(c), apart: apart(c) };
    settled.resources.containers.iter().map(list).collect()
}

/// The platform has another list whose name is the same to it: calls that name lists cannot tell them apart.
fn shares_its_name(context: &Context, settled: &Settled, container: &ContainerPlan) -> bool {
    let (ContainerState::Known(id) | ContainerState::Take { id, .. }) = &container.state else { return false };
    let folded = |list: &RemoteContainer| context.export.connection.kind.fold(&list.name);
    let lists = &settled.observed.containers;
    let name = lists.iter().find(|list| list.id == *id).map(folded);
    name.is_some_and(|name| lists.iter().any(|list| list.id != *id && folded(list) == name))
}

/// The lists' ids at the platform; where one is still to be made, its name: platforms whose calls carry it use the name.
fn ids(containers: &[ContainerPlan]) -> Vec<(u8, ContainerId)> {
    let id = |container: &ContainerPlan| match &container.state {
        ContainerState::Known(id) | ContainerState::Take { id, .. } | ContainerState::Dropped(Some(id)) => id.clone(),
        ContainerState::Create | ContainerState::Recreate { .. } | ContainerState::Dropped(None) => ContainerId(container.name.clone()),
    };
    containers.iter().map(|container| (container.bit, id(container))).collect()
}

/// Statuses that are still to be read can change who is created and who is updated.
fn is_estimated(parts: &Parts<'_>) -> bool {
    let existing = matches!(parts.settled.resources.place, PlacePlan::Existing { .. });
    existing && parts.resolved.unread && parts.context.capabilities.reading == Reading::Everyone
}

fn reads(parts: &Parts<'_>, reading: Option<&StandingRead>, steps: &[Step]) -> Result<Reads, Failure> {
    let by_id = steps.iter().filter_map(Step::task).filter(|task| task.call.by_id).filter_map(|task| task.bit);
    let without_id = by_id.map(|bit| Ok((bit, without_id(parts, bit)?))).collect::<Result<_, Failure>>()?;
    let bulk = bulk_reads(parts);
    let inputs = ReadInputs {
        containers: &parts.settled.resources.containers,
        page_rows: parts.context.pages.rows(),
        statuses: reading,
        before: &parts.work.tally.before,
        joins: &parts.resolved.joins,
        leaves: &parts.work.tally.leaves,
        without_id: &without_id,
        reads_leaving: parts.context.capabilities.reads_leaving,
        verifies: parts.context.export.verify == Some(Verify::Always),
        bulk: Some(&bulk),
    };
    Ok(Reads::of(&inputs, steps))
}

/// Looks at one contact: at most as many as are looked at to find one that the status could do no harm, its trial, and after it.
const LOOKS: u64 = 5;

/// What updates in bulk need to be read and tried before.
fn bulk_reads(parts: &Parts<'_>) -> BulkReads {
    let (context, in_bulk) = (parts.context, &parts.resolved.in_bulk);
    let of = |standing: &SubscriptionStatus| in_bulk.get(standing).copied().unwrap_or(0);
    let trials = parts.work.bulk.to_try(context, in_bulk.keys().copied());
    let looks = |standing: &SubscriptionStatus| if *standing == SubscriptionStatus::Unsubscribed { of(standing).min(LOOKS) } else { 1 };
    BulkReads {
        unsubscribed: of(&SubscriptionStatus::Unsubscribed),
        looks: standings::skips_subscribed(context),
        trials: trials.len() as u64,
        trial_calls: trials.iter().map(|standing| looks(standing) + 2).sum(),
    }
}

/// How many of those who are removed from a list have no id on record; counted only as far as it matters.
fn without_id(parts: &Parts<'_>, bit: u8) -> Result<usize, Failure> {
    let place = parts.settled.state.as_ref().and_then(|state| state.place.as_ref());
    let (Some(view), Some(place)) = (parts.view, place) else { return Ok(0) };
    let mut unknown = 0;
    for leaver in parts.work.leavers.iter().filter(|leaver| leaver.segments.has(bit)) {
        unknown += usize::from(view.contact_id(place.row, leaver.key)?.is_none());
        if unknown > FEW {
            break;
        }
    }
    Ok(unknown)
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
