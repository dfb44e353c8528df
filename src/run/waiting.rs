//! A segment that may be empty (`expect: {minMembers: 0}`) and is: if the guard holds nothing but its removals, only they wait
//! for a person. The rest of the plan goes on without them.

use super::{facts::Guarded, prepare::Work, resolve::Resolved};
use crate::{
    definition::{Export, Segment},
    member::SegmentMask,
    plan::{Plan, PlanDigest, Waiting, approval::Changes, guard::Code, resources::ContainerPlan},
};

/// The whole plan, held, beside the one that goes on.
pub struct Apart {
    pub plan: Plan,
    pub changes: Changes,
}

/// Lists whose removals wait; none where anything else is held too.
pub fn lists(export: &Export, containers: &[ContainerPlan], guarded: &Guarded, work: &Work) -> SegmentMask {
    let may_be_empty = |segment: &Segment| segment.expect.min_members == Some(0);
    let list = |name: &str| {
        let segment = export.segments.iter().find(|segment| segment.name.as_str() == name && may_be_empty(segment))?;
        let list = containers.iter().find(|list| list.segment == segment.name)?;
        (work.desired.tally.members.get(&list.bit).copied().unwrap_or(0) == 0).then_some(list.bit)
    };
    let mut lists = SegmentMask::NONE;
    for reason in &guarded.verdict.held {
        match reason.segment.as_deref().and_then(list) {
            Some(bit) if matches!(reason.code, Code::Removals | Code::Shrunk) => lists = lists.union(SegmentMask::of(bit)),
            _ => return SegmentMask::NONE,
        }
    }
    lists
}

/// Takes the removals from these lists out of the work. The suppressed go all the same.
pub fn set_aside(work: &mut Work, resolved: &mut Resolved, lists: SegmentMask) {
    let tally = &mut work.tally;
    for leaver in work.leavers.iter_mut().filter(|leaver| !leaver.suppressed) {
        let stays = leaver.segments.and(lists);
        if stays.is_empty() {
            continue;
        }
        stays.bits().for_each(|bit| *tally.leaves.entry(bit).or_default() -= 1);
        leaver.segments = leaver.segments.minus(stays);
        leaver.whole = false;
        resolved.archive -= u64::from(std::mem::take(&mut leaver.archive));
        if leaver.segments.is_empty() {
            tally.leavers -= 1;
            let moves = u64::from(leaver.only_leaves);
            (tally.moved, tally.unchanged) = (tally.moved - moves, tally.unchanged + moves);
        }
    }
    work.leavers.retain(|leaver| leaver.archive || !leaver.segments.is_empty());
}

/// What is said of it in the plan that goes on.
pub fn waiting(held: &Plan) -> Waiting {
    Waiting { digest: held.digest.clone(), held: held.verdict.held.clone() }
}

/// The plan that goes on is another one than the whole.
pub fn digest(whole: &PlanDigest) -> PlanDigest {
    PlanDigest(blake3::hash(format!("{} without what waits", whole.0).as_bytes()).to_hex().to_string())
}
