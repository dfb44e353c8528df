//! From a settled target to a plan: read the source, diff it with what was applied, judge it.

use super::{
    Context, Failure,
    assemble::{self, Parts},
    observe::Settled,
    reading::{self, Reading},
    resolve::{self, Lookup},
};
use crate::{
    definition::Segment,
    member::{Desired, Fingerprint, Mapping, SegmentMask},
    plan::{
        Plan,
        diff::{AppliedRow, AppliedState, DiffRules, DiffTally, Differ, Leaver},
        resources::{ContainerPlan, ContainerState},
    },
    state::{AppliedHead, MemberStateKind, PlaceRow, View},
};
use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

/// A plan, and what it takes to carry it out.
pub struct Prepared {
    pub plan: Plan,
    pub settled: Settled,
    pub work: Work,
}

/// The members' part of a plan in the form that a run needs.
pub struct Work {
    pub mapping: Arc<Mapping>,
    /// Only those with whom something is done; their sets are the segments to join.
    pub desired: Desired,
    pub leavers: Vec<Leaver>,
    pub tally: DiffTally,
    pub newest: BTreeMap<u8, SystemTime>,
}

/// Reads the source and plans. `view` is the state, if there is one; `place` the target's row in it.
pub async fn prepare(context: &Context, view: Option<&View>, place: Option<PlaceRow>, settled: Settled) -> Result<Prepared, Failure> {
    let kinds = &settled.resources.kinds;
    let export = &context.export;
    let mapping = Arc::new(Mapping::new(&export.matching, &export.attributes, kinds, export.new_contacts.consent.as_ref()));
    let slots = slots(&context.export.segments, &settled.resources.containers);
    context.watch.phase("reading the source", None);
    let Reading { mut desired, newest } = read(context, slots, Arc::clone(&mapping)).await?;
    let rules = rules(&settled.resources.containers, export.target.adopt_members);
    let wanted = desired.entries.len() as u64;
    let (mut leavers, tally, any_applied) = diff(view, &settled, rules, &mut desired)?;
    let digest = assemble::digest(context, &settled, &desired, &leavers);
    let id = settled.state.as_ref().map(|s| s.id);
    let lookup = Lookup { view, export: id, place, any_applied };
    let resolved = resolve::resolve(context, &lookup, &mut desired, &mut leavers)?;
    let work = Work { mapping, desired, leavers, tally, newest };
    let plan = assemble::plan(&Parts { context, view, settled: &settled, work: &work, resolved: &resolved, wanted, digest })?;
    Ok(Prepared { plan, settled, work })
}

fn slots(segments: &[Arc<Segment>], containers: &[ContainerPlan]) -> Vec<(u8, Arc<Segment>)> {
    let bit = |segment: &Segment| containers.iter().find(|c| c.segment == segment.name).map(|c| c.bit);
    segments.iter().filter_map(|segment| Some((bit(segment)?, Arc::clone(segment)))).collect()
}

async fn read(context: &Context, slots: Vec<(u8, Arc<Segment>)>, mapping: Arc<Mapping>) -> Result<Reading, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let (cancel, told) = (context.cancel.clone(), Arc::clone(&stop));
    // A scan that gives no rows for a while must hear of Ctrl-C too.
    let teller = tokio::spawn(async move {
        cancel.cancelled().await;
        told.store(true, Ordering::Relaxed);
    });
    let context = context.clone();
    let reading = tokio::task::spawn_blocking(move || reading::read(&context, &slots, &mapping, &stop)).await;
    teller.abort();
    reading.unwrap_or_else(|_| Err(Failure::new(super::FailureKind::Source, "reading the source stopped unexpectedly")))
}

fn rules(containers: &[ContainerPlan], adopt_members: bool) -> DiffRules {
    let mask = |pick: &dyn Fn(&ContainerPlan) -> bool| {
        containers.iter().filter(|c| pick(c)).fold(SegmentMask::NONE, |mask, c| mask.union(SegmentMask::of(c.bit)))
    };
    DiffRules {
        live: mask(&|c| !matches!(c.state, ContainerState::Dropped(_))),
        removable: mask(&|c| c.mirror),
        emptied: mask(&|c| matches!(c.state, ContainerState::Recreate | ContainerState::Dropped(None))),
        adopt_members,
    }
}

/// Also: whether the state holds anybody, former members included.
fn diff(
    view: Option<&View>,
    settled: &Settled,
    rules: DiffRules,
    desired: &mut Desired,
) -> Result<(Vec<Leaver>, DiffTally, bool), Failure> {
    let mut differ = Differ::new(desired, rules);
    let mut any = false;
    if let (Some(view), Some(state)) = (view, &settled.state) {
        view.member_heads(state.id, |head| {
            any = true;
            if let Some(row) = applied_row(&head) {
                differ.applied(&row);
            }
            Ok::<_, crate::state::StateError>(ControlFlow::Continue(()))
        })?;
    }
    let (leavers, tally) = differ.finish().map_err(|error| Failure::new(super::FailureKind::Stalled, error.to_string()))?;
    Ok((leavers, tally, any))
}

/// `None`: a member no more, as good as never seen.
fn applied_row(head: &AppliedHead) -> Option<AppliedRow> {
    let (fingerprint, state) = match head.state {
        MemberStateKind::Rejected => (head.refused, AppliedState::Rejected),
        MemberStateKind::Left => (None, AppliedState::Left),
        MemberStateKind::Former => return None,
        MemberStateKind::Applied | MemberStateKind::Suppressed => (head.fingerprint, AppliedState::Applied),
    };
    Some(AppliedRow {
        key: head.key,
        fingerprint: fingerprint.unwrap_or(Fingerprint(0)),
        segments: SegmentMask(head.segments),
        found: SegmentMask(head.found),
        state,
        person: head.person,
    })
}
