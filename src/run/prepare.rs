//! From a settled target to a plan: read the source, diff it with what was applied, judge it.

use super::{
    Context, Failure,
    assemble::{self, Parts},
    bulk::BulkWay,
    canary::{self, Proof},
    confirm,
    early::{Early, Reads, Shape},
    facts::{self, Guarded},
    observe::Settled,
    persons::Persons,
    reading::Reading,
    remove,
    resolve::{self, Lookup, Resolved},
    settled,
    waiting::{self, Apart},
};
use crate::{
    definition::{Export, Name, Segment, Slot, Withdrawn},
    destination::SeenFields,
    member::{ChangeEntry, ChangeFlags, Desired, Fingerprint, Key, Mapping, Person, SegmentMask},
    plan::{
        self, Plan, PlanDigest,
        diff::{AppliedRow, AppliedState, DiffRules, DiffTally, Diffed, Differ, IdChanges, Leaver, People},
        resources::{ContainerPlan, ContainerState, Resources},
    },
    platform::SubscriptionStatus,
    segment::{Input, Read},
    source::{Ends, Notices},
    state::{AppliedHead, MemberStateKind, PlaceRow, View},
};
use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Arc, PoisonError},
};

/// A plan, and what it takes to carry it out.
pub struct Prepared {
    pub plan: Plan,
    pub settled: Settled,
    pub work: Work,
    /// What the guard judged, and what approves it.
    pub guarded: Guarded,
    /// The whole plan, where a part of it waits and the rest does not.
    pub apart: Option<Apart>,
}

/// The members' part of a plan in the form that a run needs.
pub struct Work {
    pub mapping: Arc<Mapping>,
    /// Only those with whom something is done; their sets are the segments to join.
    pub desired: Desired<ChangeFlags>,
    pub leavers: Vec<Leaver>,
    /// Members whose refusal is nobody's concern any more.
    pub moot: Vec<Key>,
    pub tally: DiffTally,
    /// Members whose id is another one now.
    pub ids: IdChanges,
    /// Members gone who opted out, or may have, and whose new address no id would tell.
    pub unlinked: u64,
    /// Whom no list holds any more.
    pub gone: Vec<Key>,
    /// New contacts that get a lower status than the one chosen, and restored ones that get a lower one than they had.
    pub statuses: BTreeMap<Key, SubscriptionStatus>,
    /// Of each segment in the order of reading.
    pub reads: Vec<Read>,
    /// What was odd in the sources.
    pub notices: Notices,
    /// How the files of the sources end.
    pub ends: Ends,
    /// Segments that those are built on, and those that suppress; each once.
    pub inputs: Vec<Input>,
    pub comparison: Comparison,
    /// Whether attributes may go in bulk.
    pub bulk: BulkWay,
    /// Who is updated first.
    pub proofs: Vec<Proof>,
}

/// What was compared with what was applied, to be remembered once both are equal.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    pub reading: [u8; 16],
    /// Distinct people wanted.
    pub wanted: u64,
    /// It was made whole, and nobody was left out because of their contact: worth remembering.
    pub fresh: bool,
}

/// Reads the source and plans. `view` is the state, if there is one; `place` the target's row in it.
pub async fn prepare(context: &Context, view: Option<&View>, place: Option<PlaceRow>, mut settled: Settled) -> Result<Prepared, Failure> {
    let export = &context.export;
    let unproved = canary::unproved(context, view, place)?;
    let Resources { kinds, seen, containers, .. } = &settled.resources;
    let shape = Shape { kinds: kinds.clone(), remade: remade(export, seen), slots: slots(export, containers) };
    let (mapping, Reading { desired, reads, suppression, several, notices, ends }) =
        if export.removed { remove::nobody(context)? } else { read(context, shape.clone()).await? };
    let in_doubt = confirm::Doubt::of(&several, &desired);
    let rules = rules(export, &settled.resources.containers);
    let wanted = desired.entries.len() as u64;
    let reading = settled::digest(&desired, rules);
    let equal = match (view, &settled.state) {
        (Some(view), Some(state)) => settled::known(view, state.id, reading)?,
        _ => None,
    };
    let compared = equal.is_none();
    let id = settled.state.as_ref().map(|s| s.id);
    let lookup = Lookup { view, export: id, place };
    let mut persons = Persons::open(&lookup, &mapping)?;
    let mut desired = desired.changes();
    let unlinked = if compared { persons.unlinked(context, &lookup, &desired)? } else { 0 };
    let Diffed { mut leavers, mut tally, ids, gone, moot } = match equal {
        Some(tally) => {
            desired.entries = Vec::new();
            Diffed { tally, ..Diffed::default() }
        }
        None => diff(view, &settled, rules, &persons, &mut desired)?,
    };
    let back = in_doubt.confirm(context, &shape, &mapping, &mut leavers, &mut tally).await?;
    settled.resources.notes.extend(back.note());
    let audience = settled.resources.existing_place();
    persons.ask(context, &lookup, audience.as_ref(), &desired).await?;
    let digest = assemble::digest(context, &settled, &desired, &leavers, &ids);
    let bulk = BulkWay::of(context, view, place)?;
    let mut resolved = resolve::resolve(context, &lookup, &persons, &mut desired, &mut leavers, &bulk)?;
    let proofs = canary::pick(context, (view, place), audience.as_ref(), &unproved, &desired).await?;
    let all_sent = resolved.refused + resolved.no_consent == 0;
    // A list that is emptied is none the next time: then the same reading is not equal.
    let lasting = !export.removed && rules.emptied.is_empty();
    let comparison = Comparison { reading, wanted, fresh: compared && all_sent && back.is_nobody() && lasting };
    let inputs = inputs(&reads, suppression);
    let statuses = std::mem::take(&mut resolved.statuses);
    let work = Work {
        mapping,
        desired,
        leavers,
        moot,
        tally,
        ids,
        unlinked,
        gone,
        statuses,
        reads,
        notices,
        ends,
        inputs,
        comparison,
        bulk,
        proofs,
    };
    assembled(context, view, settled, work, resolved, digest)
}

/// The plan of this work; where some of its lists wait for an approval, that of the others, with the whole one beside it.
fn assembled(
    context: &Context,
    view: Option<&View>,
    settled: Settled,
    mut work: Work,
    mut resolved: Resolved,
    digest: PlanDigest,
) -> Result<Prepared, Failure> {
    let wanted = work.comparison.wanted;
    let assemble = |work: &Work, resolved: &Resolved, digest| {
        assemble::plan(&Parts { context, view, settled: &settled, work, resolved, wanted, digest })
    };
    let (plan, guarded) = assemble(&work, &resolved, digest)?;
    let lists = waiting::lists(&context.export, &settled.resources.containers, &guarded, &work);
    if lists.is_empty() {
        return Ok(Prepared { plan, settled, work, guarded, apart: None });
    }
    let changes = facts::changes(context, &settled, &work);
    waiting::set_aside(&mut work, &mut resolved, lists);
    work.comparison.fresh = false;
    let (mut rest, guarded) = assemble(&work, &resolved, waiting::digest(&plan.digest))?;
    rest.waiting = Some(waiting::waiting(&plan));
    Ok(Prepared { plan: rest, settled, work, guarded, apart: Some(Apart { plan, changes }) })
}

/// Each segment once; where it keeps people out anywhere, it is judged as such.
fn inputs(reads: &[Read], suppression: Vec<Input>) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::new();
    for input in suppression.into_iter().chain(reads.iter().flat_map(|read| read.inputs.iter().cloned())) {
        match inputs.iter_mut().find(|known| known.segment == input.segment) {
            None => inputs.push(input),
            Some(known) if input.excludes && !known.excludes => *known = input,
            Some(_) => {}
        }
    }
    inputs
}

/// How often each mapped field was made again.
pub fn remade(export: &Export, seen: &SeenFields) -> BTreeMap<String, u32> {
    let times = |tag: &String| (tag.clone(), plan::remade::times(seen, tag));
    export.attributes.keys().map(times).filter(|(_, times)| *times > 0).collect()
}

/// Every segment with the bit of its container, in the order of the export.
fn slots(export: &Export, containers: &[ContainerPlan]) -> Vec<(u8, Arc<Segment>)> {
    let bit = |slot: &Name| containers.iter().find(|c| c.segment == *slot).map(|c| c.bit);
    let of = |slot: Slot| bit(&slot.name).map(|bit| slot.segments.into_iter().map(move |segment| (bit, segment)));
    export.slots().into_iter().filter_map(of).flatten().collect()
}

/// Takes the reading that began early if it is of what is wanted; begins another if not.
async fn read(context: &Context, shape: Shape) -> Result<(Arc<Mapping>, Reading), Failure> {
    let early = context.early.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(early) = early.filter(|early| early.is_of(&shape)) {
        return early.finish().await;
    }
    let Context { export, watch, cancel, temp, hub, isolation, now, .. } = context;
    Early::begin(&Reads { export, watch, cancel, temp, hub, isolation: *isolation, now: *now }, shape).finish().await
}

fn rules(export: &Export, containers: &[ContainerPlan]) -> DiffRules {
    let mask = |pick: &dyn Fn(&ContainerPlan) -> bool| {
        containers.iter().filter(|c| pick(c)).fold(SegmentMask::NONE, |mask, c| mask.union(SegmentMask::of(c.bit)))
    };
    DiffRules {
        live: mask(&|c| !matches!(c.state, ContainerState::Dropped(_))),
        // Who left a segment by its last good text may be in it by the next.
        removable: mask(&|c| c.mirror && export.broken.is_none()),
        emptied: mask(&|c| matches!(c.state, ContainerState::Recreate { .. } | ContainerState::Dropped(None))),
        adopt_members: export.target.adopt_members,
        withdrawn: mask(&|c| export.broken.is_none() && withdraws(export, c)),
    }
}

/// Whether members whose consent is withdrawn are taken off a list.
fn withdraws(export: &Export, container: &ContainerPlan) -> bool {
    match export.new_contacts.consent.as_ref().and_then(|consent| consent.withdrawn) {
        Some(Withdrawn::Remove) => true,
        Some(Withdrawn::Keep) => false,
        None => container.mirror,
    }
}

fn diff(
    view: Option<&View>,
    settled: &Settled,
    rules: DiffRules,
    persons: &Persons<'_>,
    desired: &mut Desired<ChangeFlags>,
) -> Result<Diffed, Failure> {
    let (spool, protected) = (Arc::clone(&desired.spool), persons.addresses(&desired.protected)?);
    let of = |entry: &ChangeEntry| Ok(spool.read(entry.offset())?.person.map(Person::id));
    let mut differ = Differ::new(desired, rules, People { of: &of, protected: &protected });
    if let (Some(view), Some(state)) = (view, &settled.state) {
        view.member_heads(state.id, |head| {
            if let Some(row) = applied_row(&head) {
                differ.applied(&row)?;
            }
            Ok::<_, Failure>(ControlFlow::Continue(()))
        })?;
    }
    Ok(differ.finish()?)
}

/// `None`: a member no more, as good as never seen.
fn applied_row(head: &AppliedHead) -> Option<AppliedRow> {
    let (fingerprint, state) = match head.state {
        MemberStateKind::Rejected => (head.refused, AppliedState::Rejected),
        MemberStateKind::Left => (None, AppliedState::Left),
        MemberStateKind::Former => return None,
        MemberStateKind::Applied => (head.fingerprint, AppliedState::Applied),
        // The platform refused to archive them, and nothing has changed since.
        MemberStateKind::Leaving if head.refused.is_some() => return None,
        MemberStateKind::Leaving => (head.fingerprint, AppliedState::Leaving),
    };
    Some(AppliedRow {
        key: head.key,
        fingerprint: fingerprint.unwrap_or(Fingerprint(0)),
        segments: SegmentMask(head.segments),
        found: SegmentMask(head.found),
        left_from: SegmentMask(head.left_from),
        // Not those that may be asked again.
        refused_from: head.refused.map_or(SegmentMask::NONE, |_| SegmentMask(head.refused_from)),
        state,
        person: head.person,
    })
}
