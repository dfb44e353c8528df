//! Desired × last applied → who is new, changed, joins, leaves. Pure; both sides come sorted by key.
//!
//! | desired | last applied | then |
//! |---|---|---|
//! | yes | no | new: the contact is created, or told if the platform knows it ([`super::standing`]); joins its segments |
//! | yes | yes, same fingerprint, same segments | unchanged |
//! | yes | yes, other fingerprint | attributes are told |
//! | yes | yes, other id | the id is recorded; nothing is sent because of it (E1) |
//! | yes | yes, other segments | joins and leaves |
//! | yes, row refused | yes | stays as it is, leaves what it is validly not in |
//! | yes, but another of its person's rows has a bad address | yes | joins; leaves nothing: the bad row may be the one that keeps it in |
//! | yes, row refused | no | nothing |
//! | yes | refused by the platform, same fingerprint | nothing: not retried blindly |
//! | yes | left by itself | nothing: not put back (E18) |
//! | yes | others took it off one list | is not added to that one again |
//! | yes | kept off one list by the platform | is not added to that one until its status changes |
//! | without consent | no | nothing ([`super::standing`]) |
//! | without consent | yes, and consent is withdrawn with `remove` | leaves every list that we put it on |
//! | without consent | yes, otherwise | stays where it is, joins nothing |
//! | no | refused by the platform | nothing is refused any more ([`Diffed::moot`]) |
//! | no | yes | leaves every segment that we put it in and may take it out of (E7) |
//! | no | yes, but its person's row has a bad address | stays: nothing is taken out on a doubt |
//! | never to be sent | yes | leaves everything that we put it in |
//! | no | taken out, but not archived yet | archived |
//! | no | in no list of ours, nor found in one | leaves the state (E15) |
//! | any | found there before us | stays there, unless found members are adopted |

use crate::member::{ChangeEntry, ChangeFlags, Desired, Fingerprint, Key, SegmentMask};
use std::{collections::BTreeMap, io};

/// A member as the state has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppliedRow {
    pub key: Key,
    pub fingerprint: Fingerprint,
    /// Where we put it.
    pub segments: SegmentMask,
    /// Where it was before us.
    pub found: SegmentMask,
    /// Lists of ours that others took it off: not joined again (E18).
    pub left_from: SegmentMask,
    /// Lists of ours that the platform does not take it onto as it is.
    pub refused_from: SegmentMask,
    pub state: AppliedState,
    pub person: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliedState {
    Applied,
    /// The platform refused what this fingerprint stands for.
    Rejected,
    /// Gone at the platform without us.
    Left,
    /// Taken out of every container by a run that ended before it had archived them.
    Leaving,
}

/// What may be changed where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiffRules {
    /// Slots of the export's segments.
    pub live: SegmentMask,
    /// Slots whose leavers are taken out: mirrored ones, and those dropped from the export; none while a definition that
    /// the export depends on is broken.
    pub removable: SegmentMask,
    /// Slots whose container is gone or to be made anew: nobody is in it.
    pub emptied: SegmentMask,
    /// Found members may be taken out as well.
    pub adopt_members: bool,
    /// Slots whose members are taken out when their consent is withdrawn (E13).
    pub withdrawn: SegmentMask,
}

/// Who the rows are, whatever their addresses.
#[derive(Clone, Copy)]
pub struct People<'a> {
    /// The id of a row, as the state records it. Asked only where a signature does not tell.
    pub of: &'a dyn Fn(&ChangeEntry) -> io::Result<Option<u64>>,
    /// Addresses of those whose row has a bad one now; sorted.
    pub protected: &'a [Key],
}

/// What a diff came to, besides what it left among the desired entries.
#[derive(Debug, Default)]
pub struct Diffed {
    pub leavers: Vec<Leaver>,
    pub tally: DiffTally,
    pub ids: IdChanges,
    /// In no list any more, and not wanted: they leave the state.
    pub gone: Vec<Key>,
    /// Members whose refusal is nobody's concern any more: no row wants them.
    pub moot: Vec<Key>,
}

/// Members whose recorded id is not their row's; nothing is sent because of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdChanges {
    /// Their rows, by place in the spool: eight bytes each, for it may be everyone.
    pub rows: Vec<u64>,
    /// Of who and what, in no order.
    pub digest: u64,
}

/// Someone to be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaver {
    pub key: Key,
    pub segments: SegmentMask,
    /// In no container of the export any more, those included that it was in before us.
    pub whole: bool,
    pub suppressed: bool,
    /// In the segment, and without consent now.
    pub withdrawn: bool,
    /// Still wanted elsewhere in the export, with nothing to do but this: one of the rows read.
    pub only_leaves: bool,
    /// Out of the place as well (`onLeave: archive`); decided after the diff, by what else holds the contact.
    pub archive: bool,
}

/// Counts of a diff, by slot where it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DiffTally {
    pub new: u64,
    pub updated: u64,
    /// Stayers who only join or leave segments.
    pub moved: u64,
    pub unchanged: u64,
    /// Refused by the platform before, with the same data.
    pub rejected_before: u64,
    /// Members whose id is another one now; counted beside the others.
    #[serde(default)]
    pub ids: u64,
    pub left: u64,
    /// Kept because their person's row has a bad address.
    pub protected: u64,
    /// Slot → members before.
    pub before: BTreeMap<u8, u64>,
    pub joins: BTreeMap<u8, u64>,
    pub leaves: BTreeMap<u8, u64>,
    /// Of the leaves: people who are never to be sent, whom the guard does not count.
    pub suppressed_leaves: BTreeMap<u8, u64>,
    /// Of the leaves: people whose consent is withdrawn.
    #[serde(default)]
    pub withdrawn_leaves: BTreeMap<u8, u64>,
    /// Rows of people without consent, who are on no list after the plan.
    #[serde(default)]
    pub withdrawn: u64,
    /// Members without consent who stay.
    #[serde(default)]
    pub withdrawn_kept: u64,
    /// People taken out of at least one container, or archived.
    pub leavers: u64,
    /// Of the leavers: taken out by an earlier run, so that only archiving is left.
    #[serde(default)]
    pub leaving: u64,
}

/// A diff under way: feed it the applied rows in key order, then [`Differ::finish`].
pub struct Differ<'a> {
    desired: &'a mut Desired<ChangeFlags>,
    rules: DiffRules,
    people: People<'a>,
    cursor: usize,
    diffed: Diffed,
    /// More distinct sets of segments than an entry can number.
    overflow: bool,
}

/// Why a diff could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    #[error(transparent)]
    TooManySets(#[from] TooManySets),
    #[error(transparent)]
    Rows(#[from] io::Error),
}

/// More than 65,536 different combinations of segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("people move between more than 65,536 different combinations of this export's segments: split the export")]
pub struct TooManySets;

impl<'a> Differ<'a> {
    pub fn new(desired: &'a mut Desired<ChangeFlags>, rules: DiffRules, people: People<'a>) -> Self {
        Self { desired, rules, people, cursor: 0, diffed: Diffed::default(), overflow: false }
    }

    /// The next applied row; keys must ascend.
    pub fn applied(&mut self, row: &AppliedRow) -> Result<(), DiffError> {
        let inside = Inside { ours: row.segments.minus(self.rules.emptied), found: row.found.minus(self.rules.emptied) };
        if row.state != AppliedState::Left {
            inside.all().bits().for_each(|bit| *self.diffed.tally.before.entry(bit).or_default() += 1);
        }
        while let Some(entry) = self.desired.entries.get(self.cursor).filter(|e| e.key() < row.key) {
            let entry = *entry;
            self.absent_before(entry);
            self.cursor += 1;
        }
        if self.desired.entries.get(self.cursor).is_some_and(|e| e.key() == row.key) {
            self.both(row, inside)?;
            self.cursor += 1;
        } else {
            self.only_applied(row, inside);
        }
        Ok(())
    }

    /// All applied rows were fed. The desired entries that are left are those to act on, each with its flags and, as its
    /// set, the segments to join.
    pub fn finish(mut self) -> Result<Diffed, DiffError> {
        while let Some(entry) = self.desired.entries.get(self.cursor).copied() {
            self.absent_before(entry);
            self.cursor += 1;
        }
        if self.overflow {
            return Err(TooManySets.into());
        }
        let acts = ChangeFlags::NEW.with(ChangeFlags::UPDATE);
        let sets = &self.desired.sets;
        self.desired.entries.retain(|e| e.flags().has(acts) || !sets.mask(e.set()).is_empty());
        self.diffed.tally.leavers = self.diffed.leavers.len() as u64;
        self.diffed.tally.ids = self.diffed.ids.rows.len() as u64;
        Ok(self.diffed)
    }

    fn absent_before(&mut self, entry: ChangeEntry) {
        if entry.flags().has(ChangeFlags::REJECTED) {
            self.desired.aside.push(entry.offset());
            return self.settle(SegmentMask::NONE, ChangeFlags::default());
        }
        self.diffed.tally.new += 1;
        let joins = self.desired.sets.mask(entry.set()).and(self.rules.live);
        self.settle(joins, ChangeFlags::NEW);
    }

    fn both(&mut self, row: &AppliedRow, inside: Inside) -> Result<(), DiffError> {
        let entry = self.desired.entries[self.cursor];
        let refused = entry.flags().has(ChangeFlags::REJECTED);
        let values = self.values(row, entry)?;
        if row.state == AppliedState::Left {
            self.diffed.tally.left += u64::from(!refused);
            self.settle(SegmentMask::NONE, ChangeFlags::default());
            return Ok(());
        }
        let mut wanted = self.desired.sets.mask(entry.set()).and(self.rules.live);
        if entry.flags().has(ChangeFlags::NO_CONSENT) {
            let stays = inside.all().minus(self.withdraws_from(inside));
            if stays.is_empty() {
                self.withdraw(row, inside, refused);
                return Ok(());
            }
            wanted = wanted.and(stays);
            self.diffed.tally.withdrawn_kept += u64::from(!refused && !inside.ours.and(wanted).is_empty());
        }
        let leaves = self.leaves(row, entry, inside, wanted);
        self.leave(row.key, leaves, Why { withdrawn: entry.flags().has(ChangeFlags::NO_CONSENT), ..Why::default() });
        if refused {
            self.settle(SegmentMask::NONE, ChangeFlags::default());
            return Ok(());
        }
        let joins = wanted.minus(inside.all()).minus(row.left_from).minus(row.refused_from);
        let case = case(row, values, joins, leaves);
        *case.count(&mut self.diffed.tally) += 1;
        if let (Case::Moved, true, Some(leaver)) = (case, joins.is_empty(), self.diffed.leavers.last_mut()) {
            leaver.only_leaves = true;
        }
        let kept_off = !wanted.minus(inside.all()).and(row.refused_from).is_empty();
        let entry = &mut self.desired.entries[self.cursor];
        entry.flag(if kept_off { ChangeFlags::KEPT_OFF } else { ChangeFlags::default() });
        match case {
            Case::New => self.settle(joins, ChangeFlags::NEW),
            Case::Updated => self.settle(joins, ChangeFlags::UPDATE),
            Case::Moved => self.settle(joins, ChangeFlags::default()),
            Case::Unchanged | Case::RejectedBefore => self.settle(SegmentMask::NONE, ChangeFlags::default()),
        }
        Ok(())
    }

    /// The lists that someone who is still wanted leaves. A row of the same person with a bad address is no doubt about a
    /// consent that this row withdraws.
    fn leaves(&mut self, row: &AppliedRow, entry: ChangeEntry, inside: Inside, wanted: SegmentMask) -> SegmentMask {
        let withdrawn = if entry.flags().has(ChangeFlags::NO_CONSENT) { self.withdraws_from(inside) } else { SegmentMask::NONE };
        let others = self.removable(inside).minus(wanted).minus(withdrawn);
        self.unless_protected(row, others).union(withdrawn)
    }

    /// Lists that someone without consent is taken out of.
    fn withdraws_from(&self, inside: Inside) -> SegmentMask {
        inside.to_give_up(self.rules.adopt_members).and(self.rules.withdrawn)
    }

    /// Someone without consent whom no list holds after this. Nothing of theirs is rejected any more.
    fn withdraw(&mut self, row: &AppliedRow, inside: Inside, refused: bool) {
        self.diffed.tally.withdrawn += u64::from(!refused);
        self.settle(SegmentMask::NONE, ChangeFlags::default());
        if row.state == AppliedState::Leaving {
            return self.finish_leaving(row, false);
        }
        if row.state == AppliedState::Rejected {
            self.diffed.moot.push(row.key);
        }
        if row.segments.union(row.found).is_empty() {
            self.diffed.gone.push(row.key);
        }
        self.leave(row.key, self.withdraws_from(inside), Why { whole: true, withdrawn: true, suppressed: false });
    }

    /// The fingerprint of a row's values. An id that is not the one on record is noted on the way: a signature is both in one,
    /// and states that know no ids hold fingerprints that say the same of the values.
    fn values(&mut self, row: &AppliedRow, entry: ChangeEntry) -> Result<Fingerprint, DiffError> {
        let tells = row.state != AppliedState::Left && !entry.flags().has(ChangeFlags::REJECTED);
        if tells && entry.signature() == row.fingerprint.with(row.person) {
            return Ok(row.fingerprint);
        }
        let person = (self.people.of)(&entry)?;
        if person != row.person && !told_nothing(row) {
            let ids = &mut self.diffed.ids;
            ids.rows.push(entry.offset());
            ids.digest = ids.digest.wrapping_add((row.key.0 as u64) ^ entry.signature().0.rotate_left(17));
        }
        Ok(entry.signature().without(person))
    }

    fn only_applied(&mut self, row: &AppliedRow, inside: Inside) {
        if row.state == AppliedState::Left {
            return;
        }
        if row.state == AppliedState::Rejected {
            self.diffed.moot.push(row.key);
        }
        let suppressed = self.desired.suppressed.binary_search(&row.key).is_ok();
        if row.state == AppliedState::Leaving {
            return self.finish_leaving(row, suppressed);
        }
        let leaves = match suppressed {
            true => inside.to_give_up(self.rules.adopt_members),
            false => self.unless_protected(row, self.removable(inside)),
        };
        if row.segments.union(row.found).is_empty() && !self.is_protected(row) {
            self.diffed.gone.push(row.key);
        }
        self.leave(row.key, leaves, Why { whole: inside.all().minus(leaves).is_empty(), suppressed, withdrawn: false });
    }

    fn finish_leaving(&mut self, row: &AppliedRow, suppressed: bool) {
        let doubtful = self.rules.removable.is_empty() || self.is_protected(row);
        if suppressed || !doubtful {
            self.diffed.tally.leaving += 1;
            self.diffed.leavers.push(Leaver {
                key: row.key,
                segments: SegmentMask::NONE,
                whole: true,
                suppressed,
                withdrawn: false,
                only_leaves: false,
                archive: false,
            });
        }
    }

    /// Segments that someone may be taken out of who is not wanted there.
    fn removable(&self, inside: Inside) -> SegmentMask {
        inside.to_give_up(self.rules.adopt_members).and(self.rules.removable)
    }

    /// A row of this person has an address that could not be read.
    fn is_protected(&self, row: &AppliedRow) -> bool {
        self.people.protected.binary_search(&row.key).is_ok()
    }

    /// Nothing is taken out on a doubt.
    fn unless_protected(&mut self, row: &AppliedRow, leaves: SegmentMask) -> SegmentMask {
        if !self.is_protected(row) || leaves.is_empty() {
            return leaves;
        }
        self.diffed.tally.protected += 1;
        SegmentMask::NONE
    }

    fn leave(&mut self, key: Key, segments: SegmentMask, Why { whole, suppressed, withdrawn }: Why) {
        if segments.is_empty() {
            return;
        }
        segments.bits().for_each(|bit| {
            *self.diffed.tally.leaves.entry(bit).or_default() += 1;
            if suppressed {
                *self.diffed.tally.suppressed_leaves.entry(bit).or_default() += 1;
            }
            if withdrawn {
                *self.diffed.tally.withdrawn_leaves.entry(bit).or_default() += 1;
            }
        });
        self.diffed.leavers.push(Leaver { key, segments, whole, suppressed, withdrawn, only_leaves: false, archive: false });
    }

    /// Writes what is to be done into the entry under the cursor.
    fn settle(&mut self, joins: SegmentMask, flags: ChangeFlags) {
        joins.bits().for_each(|bit| *self.diffed.tally.joins.entry(bit).or_default() += 1);
        let Some(id) = self.desired.sets.id(joins) else {
            self.overflow = true;
            return;
        };
        let entry = &mut self.desired.entries[self.cursor];
        entry.set_set(id);
        entry.flag(flags);
    }
}

/// Why someone leaves, and whether no list holds them then.
#[derive(Clone, Copy, Default)]
struct Why {
    whole: bool,
    suppressed: bool,
    withdrawn: bool,
}

/// Which of the containers someone is in.
#[derive(Clone, Copy)]
struct Inside {
    ours: SegmentMask,
    found: SegmentMask,
}

impl Inside {
    fn all(self) -> SegmentMask {
        self.ours.union(self.found)
    }

    /// Those that may be left at all: found members stay unless they were adopted (E7).
    fn to_give_up(self, adopt_members: bool) -> SegmentMask {
        if adopt_members { self.all() } else { self.ours.minus(self.found) }
    }
}

/// What a row that is wanted, readable and known to the state is; each row read is counted as one of these.
#[derive(Clone, Copy)]
enum Case {
    New,
    Updated,
    Moved,
    Unchanged,
    RejectedBefore,
}

impl Case {
    fn count(self, tally: &mut DiffTally) -> &mut u64 {
        match self {
            Self::New => &mut tally.new,
            Self::Updated => &mut tally.updated,
            Self::Moved => &mut tally.moved,
            Self::Unchanged => &mut tally.unchanged,
            Self::RejectedBefore => &mut tally.rejected_before,
        }
    }
}

fn case(row: &AppliedRow, values: Fingerprint, joins: SegmentMask, leaves: SegmentMask) -> Case {
    let same = row.fingerprint == values;
    let rejected = row.state == AppliedState::Rejected;
    let stays = joins.is_empty() && leaves.is_empty();
    // Refused before we ever put it anywhere: asked again as a whole, or not at all.
    let never_in = rejected && row.segments.is_empty() && row.refused_from.is_empty();
    match same {
        _ if told_nothing(row) || (never_in && !same) => Case::New,
        false => Case::Updated,
        true if rejected && (never_in || stays) => Case::RejectedBefore,
        true if stays => Case::Unchanged,
        true => Case::Moved,
    }
}

/// Someone recorded as found in a container, whom this export has not told anything yet.
fn told_nothing(row: &AppliedRow) -> bool {
    row.state == AppliedState::Applied && row.segments.is_empty() && row.fingerprint == Fingerprint(0)
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
