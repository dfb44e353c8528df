//! What a person approved, as an object (G1a): these removals, these additions, to this target, for these reasons. It covers
//! a later plan only where that plan's set is within it, plus the normal allowance. Pure; the state keeps it and uses it up.
//!
//! | the plan | is covered where |
//! |---|---|
//! | goes to another target, or archives where the approved one did not | nowhere |
//! | removes, adds | those who are named in an approval of the same list; the guard judges the rest |
//! | is held for a count (contacts, rejected rows, too few, too many) | the approved one was at least as far off |
//! | is held for a fact (a list is gone, a target changed) | an approval names the same fact |
//!
//! Several approvals count together: reasons may be approved one after the other.

use super::reason::{Code, Reason};
use crate::member::Key;
use std::collections::BTreeMap;

/// Whom a plan changes on each list; keys sorted. Lists are named as the export knows them, so that one that is yet to be
/// created has a name too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Account and audience, and what else must not differ.
    pub target: String,
    pub removed: BTreeMap<String, Vec<Key>>,
    pub added: BTreeMap<String, Vec<Key>>,
    /// Rows without an address in segments that keep people out.
    pub unreadable: BTreeMap<String, Vec<Key>>,
}

/// One plan that somebody approved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approved {
    pub changes: Changes,
    pub reasons: Vec<Reason>,
}

/// Everything that is approved for a plan to this target at present.
#[derive(Clone, Debug, Default)]
pub struct Approvals(Vec<Approved>);

impl Approvals {
    /// Those of them that are for this target.
    pub fn of(approved: Vec<Approved>, target: &str) -> Self {
        Self(approved.into_iter().filter(|one| one.changes.target == target).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn removes(&self, list: &str, key: Key) -> bool {
        self.0.iter().any(|one| has(&one.changes.removed, list, key))
    }

    pub fn adds(&self, list: &str, key: Key) -> bool {
        self.0.iter().any(|one| has(&one.changes.added, list, key))
    }

    pub fn accepts_unreadable(&self, segment: &str, row: Key) -> bool {
        self.0.iter().any(|one| has(&one.changes.unreadable, segment, row))
    }

    /// Everyone whose removal from a list is approved, each once.
    pub fn removals(&self, list: &str) -> Vec<Key> {
        let mut keys: Vec<Key> = self.0.iter().filter_map(|one| one.changes.removed.get(list)).flatten().copied().collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Whether a reason that names nobody is approved. Removals, additions and unreadable rows are approved one by one.
    pub(super) fn cover(&self, reason: &Reason) -> bool {
        self.0.iter().flat_map(|one| &one.reasons).any(|approved| approved.same(reason) && within(reason, approved))
    }
}

fn has(lists: &BTreeMap<String, Vec<Key>>, list: &str, key: Key) -> bool {
    lists.get(list).is_some_and(|keys| keys.binary_search(&key).is_ok())
}

fn within(reason: &Reason, approved: &Reason) -> bool {
    match reason.code {
        Code::TooManyMembers | Code::Removals | Code::Shrunk | Code::Additions | Code::ExclusionUnreadable => false,
        Code::Contacts | Code::TooManyInSegment | Code::Rejected | Code::Stale | Code::ExclusionNotCompared | Code::NotCompared => {
            reason.actual <= approved.actual
        }
        Code::TooFewInSegment | Code::SegmentShrunk | Code::ExclusionShrunk | Code::ConsentShrunk => reason.actual >= approved.actual,
        // Whom it mails, adds or takes out is approved one by one: here are those whom nobody approved.
        Code::MailsNewContacts | Code::PersonsUnknown => reason.actual == 0,
        Code::Deleted => reason.actual == 0 && reason.of <= approved.of,
        Code::EmptySegment
        | Code::ExclusionEmpty
        | Code::SuppressionGone
        | Code::ExclusionGone
        | Code::ConsentGone
        | Code::NoKnownYes
        | Code::FileCut
        | Code::ColumnGone
        | Code::ContainerGone
        | Code::MadeAnew
        | Code::FirstWrite
        | Code::TargetChanged
        | Code::OtherFolder => true,
    }
}
