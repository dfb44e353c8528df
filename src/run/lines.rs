//! A plan member by member (`--members`): streamed in key order, never all at once.

use super::{Failure, Prepared};
use crate::{
    member::{ChangeFlags, SegmentMask},
    plan::{MemberAction, MemberLine, diff::Leaver},
    state::View,
};
use std::collections::BTreeMap;

/// Gives every member with whom something would be done, those who come or change first merged with those who go.
pub fn lines<E: From<Failure>>(
    prepared: &Prepared,
    view: Option<&View>,
    mut each: impl FnMut(MemberLine) -> Result<(), E>,
) -> Result<(), E> {
    let names: BTreeMap<u8, &str> = prepared.settled.resources.containers.iter().map(|c| (c.bit, c.name.as_str())).collect();
    let named = |mask: SegmentMask| mask.bits().filter_map(|bit| names.get(&bit).map(|n| (*n).to_owned())).collect::<Vec<_>>();
    let work = &prepared.work;
    let mut leavers = work.leavers.iter().peekable();
    for entry in &work.desired.entries {
        while let Some(leaver) = leavers.next_if(|l| l.key < entry.key()) {
            gone(prepared, view, leaver, &named, &mut each)?;
        }
        let leaver = leavers.next_if(|l| l.key == entry.key());
        let leaves = leaver.map_or(SegmentMask::NONE, |l| l.segments);
        let address = work.desired.spool.read(entry.offset()).map_err(Failure::from)?.email.as_str().to_owned();
        let joins = named(work.desired.sets.mask(entry.set()));
        let action = action(entry.flags(), prepared.plan.members.known > 0);
        each(MemberLine { address, action, joins, leaves: named(leaves), why: leaver.and_then(why) })?;
    }
    for leaver in leavers {
        gone(prepared, view, leaver, &named, &mut each)?;
    }
    Ok(())
}

/// Where a join creates, new contacts are updated as those are that the platform knows.
fn action(flags: ChangeFlags, any_known: bool) -> MemberAction {
    match flags {
        f if f.has(ChangeFlags::RESTORE) => MemberAction::Restore,
        f if f.has(ChangeFlags::CREATE) => MemberAction::Add,
        f if f.has(ChangeFlags::KEEPS_STATUS) => MemberAction::AddKnown,
        f if f.has(ChangeFlags::NEW) => {
            if any_known {
                MemberAction::AddKnown
            } else {
                MemberAction::Add
            }
        }
        f if f.has(ChangeFlags::UPDATE) => MemberAction::Update,
        _ => MemberAction::Move,
    }
}

fn gone<E: From<Failure>>(
    prepared: &Prepared,
    view: Option<&View>,
    leaver: &Leaver,
    named: &dyn Fn(SegmentMask) -> Vec<String>,
    each: &mut dyn FnMut(MemberLine) -> Result<(), E>,
) -> Result<(), E> {
    let (Some(view), Some(state)) = (view, &prepared.settled.state) else { return Ok(()) };
    let Some(address) = view.member(state.id, leaver.key).map_err(Failure::from)?.and_then(|m| m.address) else { return Ok(()) };
    let action = match (leaver.archive, leaver.whole) {
        (true, _) => MemberAction::Archive,
        (false, true) => MemberAction::Remove,
        (false, false) => MemberAction::Move,
    };
    let address = address.as_str().to_owned();
    each(MemberLine { address, action, joins: Vec::new(), leaves: named(leaver.segments), why: why(leaver) })
}

fn why(leaver: &Leaver) -> Option<String> {
    leaver.withdrawn.then(|| "consent withdrawn".to_owned())
}
