//! What the guard is told of segments and their containers.

use super::{Failure, assemble::Parts};
use crate::{
    definition::{Expect, Segment, Slot},
    plan::{
        guard::SegmentFacts,
        resources::{ContainerPlan, ContainerState},
    },
    state::{Approval, ContainerRecord, Origin},
};
use std::{sync::Arc, time::SystemTime};

/// One for each container; where all segments are one list, one for each segment too.
pub fn segments(parts: &Parts<'_>, containers: &[ContainerPlan], approval: Option<&Approval>) -> Result<Vec<SegmentFacts>, Failure> {
    let slots = parts.context.export.slots();
    let mut facts = Vec::new();
    for container in containers {
        let slot = slots.iter().find(|slot| slot.name == container.segment);
        let single = slot.filter(|slot| slot.segments.iter().all(|segment| segment.name == slot.name));
        let together = slot.is_some() && single.is_none();
        facts.push(SegmentFacts { together, ..of_container(parts, container, single, slot.is_none(), approval)? });
        if together {
            facts.extend(slot.into_iter().flat_map(|slot| &slot.segments).map(|segment| of_segment(parts, segment)));
        }
    }
    Ok(facts)
}

/// A segment of several that are one list: how many it holds, and how fresh it is.
fn of_segment(parts: &Parts<'_>, segment: &Arc<Segment>) -> SegmentFacts {
    let at = parts.context.export.segments.iter().position(|s| s.name == segment.name);
    let members = at.and_then(|at| parts.work.desired.tally.addressable.get(at)).copied().unwrap_or(0);
    let age_seconds = age(parts, segment);
    SegmentFacts { name: segment.name.to_string(), members, expect: segment.expect, age_seconds, ..SegmentFacts::default() }
}

fn of_container(
    parts: &Parts<'_>,
    container: &ContainerPlan,
    single: Option<&Slot>,
    dropped: bool,
    approval: Option<&Approval>,
) -> Result<SegmentFacts, Failure> {
    let (work, bit) = (parts.work, container.bit);
    let of = |map: &std::collections::BTreeMap<u8, u64>| map.get(&bit).copied().unwrap_or(0);
    let segment = single.and_then(|slot| slot.segments.first());
    let record = parts.settled.state.iter().flat_map(|s| &s.segments).find(|s| s.bit == bit).and_then(|s| s.container.as_ref());
    let mut largest = of(&work.tally.before);
    if let (Some(view), Some(record)) = (parts.view, record) {
        largest = largest.max(view.largest_size(record.place, &record.remote, parts.context.now.date_naive())?.unwrap_or(0));
    }
    let joins = parts.resolved.joins.get(&bit).copied().unwrap_or(0);
    Ok(SegmentFacts {
        name: if single.is_some() || dropped { container.segment.to_string() } else { format!("\"{}\"", container.name) },
        members: of(&work.desired.tally.members),
        removals: of(&work.tally.leaves) - of(&work.tally.suppressed_leaves),
        approved_removals: approved(parts, bit, approval)?,
        largest,
        expect: segment.map_or_else(Expect::default, |segment| segment.expect),
        age_seconds: segment.and_then(|segment| age(parts, segment)),
        dropped,
        container_gone: container.state == ContainerState::Recreate { gone: true },
        made_anew: container.state == ContainerState::Recreate { gone: false },
        first_write: joins > 0 && is_first_write(parts, container, record)?,
        together: false,
    })
}

fn approved(parts: &Parts<'_>, bit: u8, approval: Option<&Approval>) -> Result<u64, Failure> {
    let (Some(view), Some(approval)) = (parts.view, approval) else { return Ok(0) };
    let mut approved = 0;
    for leaver in parts.work.leavers.iter().filter(|l| l.segments.has(bit) && !l.suppressed) {
        approved += u64::from(view.approved_removal(approval, leaver.key)?);
    }
    Ok(approved)
}

/// Into a container that we did not make, where the vendor cannot say who left it.
fn is_first_write(parts: &Parts<'_>, container: &ContainerPlan, record: Option<&ContainerRecord>) -> Result<bool, Failure> {
    if !parts.context.capabilities.holds_first_write {
        return Ok(false);
    }
    let theirs = match (&container.state, record) {
        (ContainerState::Take { created, members, .. }, _) => !created && *members != Some(0),
        (ContainerState::Known(_), Some(record)) => record.origin != Origin::Created,
        _ => false,
    };
    let written = match (parts.view, &parts.settled.state) {
        (Some(view), Some(state)) => view.has_joined(state.id)?,
        _ => false,
    };
    Ok(theirs && !written)
}

fn age(parts: &Parts<'_>, segment: &Segment) -> Option<u64> {
    let at = parts.context.export.segments.iter().position(|s| s.name == segment.name)?;
    let newest = parts.work.reads.get(at)?.newest?;
    let now = SystemTime::from(parts.context.now);
    Some(now.duration_since(newest).unwrap_or_default().as_secs())
}
