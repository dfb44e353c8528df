//! A prepared plan carried out: resources first, then members, operation after operation.

use super::{
    Context, Ending, Failure, Recorder, before_archiving, before_leaving,
    bulk::{self, Bulk},
    canary,
    hold::{self, Lists, Moved},
    known_after_all, observe,
    outcomes::Noted,
    part::Part,
    persons,
    phase::Phase,
    prepare::{Prepared, Work},
    remove, steps, verify,
};
use crate::{
    definition::OnLeave,
    destination::Operation,
    member::{ChangeEntry, Reject, RemainingEntry, RemainingFlags, listed, row_key},
    plan::{
        Counts, Plan,
        resources::ContainerState,
        steps::{Act, Step, StepList},
    },
    source::Cell,
    state::{RejectedRow, RunId, StateErrorKind, View},
};
use std::collections::{BTreeMap, VecDeque};

/// Carries a plan out. An error is one from before the first member was sent; later ones are in the ending, with the counts
/// so far. `view` must see the recorder's state.
pub async fn execute(context: &Context, recorder: &Recorder, view: &View, prepared: &mut Prepared) -> Result<Ending, Failure> {
    let ready = match context.export.removed {
        true => remove::ready(&prepared.settled)?,
        false => observe::apply_resources(context, recorder, &prepared.settled).await?,
    };
    persons::settle(recorder, ready.export, &prepared.work)?;
    let mut noted = Noted::default();
    let remaining = std::mem::take(&mut prepared.work.desired.entries).into_iter().map(ChangeEntry::remaining).collect();
    let bulk = Bulk::new(prepared.settled.read_at);
    let mut phase = Phase { context, recorder, view, ready: &ready, work: &mut prepared.work, remaining, noted: &mut noted, bulk };
    let lists = steps::lists(context, &prepared.settled);
    let stopped = Box::pin(carry_out(&mut phase, &prepared.plan, &lists)).await.err().map(|f| f.or_canceled(&context.cancel));
    let stopped = stopped.map(|failure| phase.noted.told().into_iter().fold(failure, Failure::hint));
    let counts = count(&prepared.plan, phase.work, &phase.remaining, phase.noted);
    let lists = ready.containers.iter().map(|(bit, id)| (*bit, ready.row, id.clone())).collect();
    let complete = stopped.is_none() && counts.pending == 0 && counts.removed >= prepared.plan.counts.removed;
    // What stopped the run comes first: the reason why its end could not be recorded is often the same.
    let (new_rejected, finished) =
        match finish(context, recorder, view, lists, prepared, &Moved::of(&noted, complete, counts.rejected)).await {
            Ok(new) => (new, None),
            Err(failure) => (0, Some(failure)),
        };
    let stopped = match stopped.or(finished) {
        None if context.export.removed => remove::complete(context, recorder, prepared).await.err().map(|f| f.or_canceled(&context.cancel)),
        stopped => stopped,
    };
    Ok(Ending { counts, new_rejected, stopped, notes: noted.bulk })
}

/// A plan with nothing in it is carried out by recording what the reading showed: sizes, and the rows rejected. Gives how many of
/// those are new.
pub async fn nothing_to_do(context: &Context, recorder: &Recorder, view: &View, prepared: &mut Prepared) -> Result<u64, Failure> {
    let slots = prepared.settled.state.iter().flat_map(|s| &s.segments);
    let lists = slots.filter_map(|s| s.container.as_ref().map(|c| (s.bit, c.place, c.remote.clone()))).collect();
    if let Some(state) = &prepared.settled.state {
        persons::settle(recorder, state.id, &prepared.work)?;
    }
    let rejected = prepared.plan.counts.rejected;
    let new_rejected = finish(context, recorder, view, lists, prepared, &Moved::of(&Noted::default(), true, rejected)).await?;
    if context.export.removed {
        remove::complete(context, recorder, prepared).await?;
    }
    Ok(new_rejected)
}

/// The steps of the plan, one after the other, and what is to be read back after the last.
async fn carry_out(phase: &mut Phase<'_>, plan: &Plan, lists: &[StepList]) -> Result<(), Failure> {
    let mut steps: VecDeque<Step> = plan.steps.iter().cloned().collect();
    while let Some(step) = steps.pop_front() {
        if let Act::ProveStatuses(task) = &step.act {
            let name = step.name(plan.words);
            phase.context.watch.phase(&name, step.rows);
            phase.noted.answered.push((name, 0, step.rows));
            canary::prove(phase, task).await?;
            continue;
        }
        let Some(part) = step.task().and_then(|task| Part::of(task, phase.ready)) else { continue };
        if part.operation == Operation::Leave {
            before_leaving::prepare(phase, &part).await?;
        }
        if part.operation == Operation::Archive {
            before_archiving::prepare(phase).await?;
        }
        let name = step.name(plan.words);
        phase.noted.answered.push((name.clone(), 0, step.rows));
        if part.task.bulk {
            bulk::prepare(phase, &part).await?;
        }
        phase.context.watch.phase(&name, step.rows);
        phase.run(&part).await?;
        // Contacts that exist after all are updated instead of created, and who was put onto no list by being created is put there
        // by itself: other steps than were planned.
        if part.operation == Operation::Create && !(phase.noted.exists.is_empty() && phase.noted.not_joined.is_empty()) {
            known_after_all::look_up(phase, &part).await?;
            note_apart(phase)?;
            steps = steps::of_remaining(phase, lists)?;
        }
        // Those who could not go in bulk go one by one.
        if phase.bulk.left_some_out() {
            steps = steps::of_remaining(phase, lists)?;
        }
    }
    let verified = verify::verify(phase).await?;
    phase.noted.verified = verified;
    Ok(())
}

/// Where creates put nobody onto a list, plans go by that from now on.
fn note_apart(phase: &Phase<'_>) -> Result<(), Failure> {
    let joined: u64 = phase.noted.joined.values().sum();
    if phase.noted.not_joined.is_empty() || joined > 0 {
        return Ok(());
    }
    let (place, now) = (phase.ready.row, phase.context.now);
    phase.recorder.write(move |store| store.record_creates_apart(place, now))
}

/// Where every row ended up. What is struck off the work is done; what is left is pending.
fn count(plan: &Plan, work: &Work, remaining: &[RemainingEntry], noted: &Noted) -> Counts {
    let mut counts = Counts { pending: 0, added: 0, kept_status: 0, updated: noted.updated, removed: 0, ..plan.counts.clone() };
    for entry in remaining {
        if entry.flags().has(RemainingFlags::FAILED) {
            continue;
        }
        if entry.flags().has(RemainingFlags::ACTS) || !work.desired.sets.mask(entry.set()).is_empty() {
            counts.pending += 1;
        } else {
            let unverified = entry.flags().has(RemainingFlags::UNVERIFIED) && !noted.verified.complete;
            *if noted.verified.missing.contains(&entry.key()) {
                &mut counts.pending
            } else if entry.flags().has(RemainingFlags::KEPT_OFF) {
                &mut counts.rejected
            } else if unverified {
                &mut counts.unverified
            } else {
                &mut counts.synced
            } += 1;
            if entry.flags().has(RemainingFlags::NEW) {
                *if entry.flags().has(RemainingFlags::KEEPS_STATUS) { &mut counts.kept_status } else { &mut counts.added } += 1;
            }
        }
    }
    for leaver in work.leavers.iter().filter(|l| l.only_leaves) {
        *if leaver.segments.is_empty() { &mut counts.synced } else { &mut counts.pending } += 1;
    }
    counts.synced -= noted.parted_unverified;
    counts.unverified += noted.parted_unverified;
    counts.rejected += noted.rejected;
    counts.left += noted.left;
    for key in &noted.verified.removed {
        let sent = remaining.binary_search_by_key(key, RemainingEntry::key).is_ok();
        let before = if sent { &mut counts.synced } else { &mut counts.unchanged };
        // Someone whom no row names any more is counted nowhere.
        if let Some(rest) = before.checked_sub(1) {
            *before = rest;
            counts.left += 1;
        }
    }
    counts.removed = work.leavers.iter().filter(|l| l.segments.is_empty() && !l.archive).count() as u64;
    counts
}

/// Sizes for the guard, rejected rows for people. Gives how many of those are new (E11).
async fn finish(
    context: &Context,
    recorder: &Recorder,
    view: &View,
    lists: Lists,
    prepared: &mut Prepared,
    moved: &Moved<'_>,
) -> Result<u64, Failure> {
    hold::record_sizes(context, recorder, prepared, lists, moved)?;
    hold::remember(context, recorder, prepared, moved).await?;
    list_rejected(context, recorder, view, prepared)?;
    let name = context.export.name.clone();
    recorder.write(move |store| store.release_held(&name))?;
    if let Some(export) = prepared.settled.state.as_ref().map(|s| s.id) {
        let moot = std::mem::take(&mut prepared.work.moot);
        recorder.write(move |store| store.drop_refusals(export, &moot))?;
    }
    free_dropped(recorder, prepared)?;
    end_leaving(context, recorder, prepared)?;
    recorder.flush().await?;
    let listed = context.run.map_or(Ok(0), |run| view.new_rejected(&context.export.name, run))?;
    // A plan that was held has listed its rows already; they are new all the same.
    let more = prepared.plan.counts.rejected.saturating_sub(prepared.guarded.memory.rejected);
    Ok(listed.max(more))
}

impl<'a> Moved<'a> {
    fn of(noted: &'a Noted, complete: bool, rejected: u64) -> Self {
        Self { joined: &noted.joined, parted: &noted.parted, complete, rejected }
    }
}

/// Lists the rows that a plan rejects, also one that is held: somebody has to look at them.
pub fn list_rejected(context: &Context, recorder: &Recorder, view: &View, prepared: &mut Prepared) -> Result<(), Failure> {
    let Some(run) = context.run else { return Ok(()) };
    let mut rows = Vec::new();
    for input in prepared.work.inputs.iter().filter(|input| input.excludes) {
        for text in &input.unreadable.examples {
            if !view.accepts_row(&context.export.name, input.segment.as_str(), row_key(Cell::Text(text)))? {
                rows.push(without_address(input.segment.as_str(), text));
            }
        }
    }
    recorder.write(move |store| store.add_rejected(run, &rows))?;
    record_rejects(context, recorder, run, prepared)
}

fn without_address(segment: &str, text: &str) -> RejectedRow {
    let detail = if listed(Cell::Text(text)).emails.is_empty() {
        "no e-mail address: this row of a segment that keeps people out keeps nobody out".to_owned()
    } else {
        "not all of it is e-mail addresses: this row of a segment that keeps people out keeps out only those that can be read".to_owned()
    };
    let address = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    RejectedRow { address, segment: segment.to_owned(), code: "no-address".to_owned(), detail, field: None, since: None }
}

/// Whom an earlier run was about to archive is kept for that, and only while the export still wants it.
fn end_leaving(context: &Context, recorder: &Recorder, prepared: &mut Prepared) -> Result<(), Failure> {
    let Some(export) = prepared.settled.state.as_ref().map(|s| s.id) else { return Ok(()) };
    if context.export.on_leave == OnLeave::Archive || prepared.work.tally.leaving == 0 {
        return Ok(());
    }
    let tally = &mut prepared.work.tally;
    tally.leavers -= std::mem::take(&mut tally.leaving);
    recorder.write(move |store| store.end_leaving(export))
}

/// Segments that the export no longer names and that hold nobody of ours any more are forgotten; their containers stay.
fn free_dropped(recorder: &Recorder, prepared: &Prepared) -> Result<(), Failure> {
    let Some(export) = prepared.settled.state.as_ref().map(|s| s.id) else { return Ok(()) };
    for container in prepared.settled.resources.containers.iter().filter(|c| matches!(c.state, ContainerState::Dropped(_))) {
        let bit = container.bit;
        recorder.write(move |store| match store.forget_segment(export, bit) {
            // While members carry it: then a later run does it.
            Err(error) if error.kind == StateErrorKind::Refused => Ok(()),
            done => done,
        })?;
    }
    Ok(())
}

/// What this reading rejected replaces what the one before did.
fn record_rejects(context: &Context, recorder: &Recorder, run: RunId, prepared: &mut Prepared) -> Result<(), Failure> {
    let names: BTreeMap<u8, String> = prepared.settled.resources.containers.iter().map(|c| (c.bit, c.title.clone())).collect();
    let mut chunk = Vec::new();
    let mut failed = Ok(());
    prepared.work.desired.rejects.for_each(|Reject { address, segment, code, detail, field }| {
        let segment = names.get(&segment).cloned().unwrap_or_default();
        chunk.push(RejectedRow { address: Some(address).filter(|a| !a.is_empty()), segment, code, detail, field, since: None });
        if chunk.len() >= 500 {
            let full = std::mem::take(&mut chunk);
            failed = std::mem::replace(&mut failed, Ok(())).and_then(|()| recorder.write(move |store| store.add_rejected(run, &full)));
        }
        Ok(())
    })?;
    failed?;
    let (name, now) = (context.export.name.clone(), context.now);
    recorder.write(move |store| {
        store.add_rejected(run, &chunk)?;
        store.publish_rejected(&name, run, now)
    })
}
