//! Whether a plan may be carried out without a person: pure counts in, a verdict out (G1, G9, C10, E3, `expect`).

use super::words::{counted, duration, grouped};
use crate::definition::{Expect, Guard, MaxAdditions, Percentage};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Below this many members a share says nothing.
const SHARE_FROM: u64 = 10;

/// What the guard looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub segments: Vec<SegmentFacts>,
    /// People that would be new to the export.
    pub additions: u64,
    /// Distinct members of the export after the plan.
    pub members: u64,
    /// New contacts would get a mail each, asking them to confirm.
    pub mails_new_contacts: bool,
    /// Contacts to be created at the platform, those it has, and the contract's limit.
    pub new_contacts: u64,
    pub known_contacts: u64,
    pub contact_limit: Option<u64>,
    /// The export wrote to another place before.
    pub target_changed: bool,
    /// The export was deleted; everything that its removal would take away.
    pub removal: Option<RemovalFacts>,
}

/// What the removal of a deleted export takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemovalFacts {
    pub people: u64,
    /// Of these, those that an approval of the last 24 h names.
    pub approved_people: u64,
    /// Containers to be deleted; `None`: it says to keep them.
    pub containers: Option<u64>,
}

/// One segment's counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentFacts {
    pub name: String,
    /// People in the segment now.
    pub members: u64,
    /// Removals from its container, the suppressed not counted.
    pub removals: u64,
    /// Of these, those that an approval of the last 24 h names.
    pub approved_removals: u64,
    /// The container's largest size in 7 days.
    pub largest: u64,
    pub expect: Expect,
    /// Age of the source's newest file in seconds, where known.
    pub age_seconds: Option<u64>,
    /// The export no longer names it: it is being emptied on purpose.
    pub dropped: bool,
    /// The container we made is gone at the platform; it would be made anew and refilled.
    pub container_gone: bool,
    /// It cannot be renamed, so that a new one would be made and filled.
    pub made_anew: bool,
    /// We did not make the container and never wrote to it: who left it by themselves cannot be known.
    pub first_write: bool,
    /// All segments together, as one list; each is judged for itself as well.
    pub together: bool,
}

/// What an earlier approval allows besides the removals that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// Codes and subjects of the reasons that were approved, with the count approved.
    pub reasons: Vec<Reason>,
}

/// Why a plan is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: Code,
    /// The segment it is about, if one.
    pub segment: Option<String>,
    pub actual: u64,
    pub limit: u64,
    /// Of how many, where the limit is a share.
    pub of: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    TooManyMembers,
    EmptySegment,
    Removals,
    Additions,
    Contacts,
    MailsNewContacts,
    TooFewInSegment,
    TooManyInSegment,
    Stale,
    ContainerGone,
    MadeAnew,
    FirstWrite,
    TargetChanged,
    /// `actual` people would be taken out; `of`: containers deleted, where it says so.
    Deleted,
}

/// The guard's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Empty: go ahead.
    pub held: Vec<Reason>,
}

impl Verdict {
    pub fn passes(&self) -> bool {
        self.held.is_empty()
    }

    /// Nothing is in the way but the source's age: there is nothing to approve, and the next run looks again.
    pub fn is_stale(&self) -> bool {
        !self.held.is_empty() && self.held.iter().all(|r| r.code == Code::Stale)
    }

    /// Whether approving it is enough; otherwise the definition must change.
    pub fn can_be_approved(&self) -> bool {
        self.held.iter().all(|r| r.code != Code::TooManyMembers)
    }
}

/// Judges a plan. `allowed` is what a person approved in the last 24 hours.
pub fn judge(facts: &Facts, guard: &Guard, allowed: Option<&Allowed>) -> Verdict {
    let mut held = Vec::new();
    let mut hold = |reason: Reason, allowance: u64| {
        if !allowed.is_some_and(|a| a.covers(&reason, allowance)) {
            held.push(reason);
        }
    };
    let about = |code, actual, limit| Reason { code, segment: None, actual, limit, of: None };
    if facts.members > guard.max_members {
        hold(about(Code::TooManyMembers, facts.members, guard.max_members), 0);
    }
    for segment in &facts.segments {
        segment.reasons(guard.max_removals).into_iter().for_each(|r| hold(r, 0));
    }
    if let MaxAdditions::AtMost(limit) = guard.max_additions
        && facts.additions > limit
    {
        hold(about(Code::Additions, facts.additions, limit), limit);
    }
    if let Some(limit) = facts.contact_limit
        && facts.new_contacts > 0
        && facts.known_contacts + facts.new_contacts > limit
    {
        hold(about(Code::Contacts, facts.known_contacts + facts.new_contacts, limit), 0);
    }
    if facts.target_changed {
        hold(about(Code::TargetChanged, 1, 0), 0);
    }
    if let Some(removal) = facts.removal.filter(RemovalFacts::takes_away) {
        hold(removal.reason(), removal.approved_people);
    }
    if facts.mails_new_contacts && facts.new_contacts > 0 {
        hold(about(Code::MailsNewContacts, facts.new_contacts, 0), 0);
    }
    Verdict { held }
}

impl RemovalFacts {
    fn takes_away(&self) -> bool {
        self.people + self.containers.unwrap_or(0) > 0
    }

    fn reason(&self) -> Reason {
        Reason { code: Code::Deleted, segment: None, actual: self.people, limit: 0, of: self.containers }
    }
}

impl SegmentFacts {
    fn reasons(&self, max_removals: Percentage) -> Vec<Reason> {
        let about = |code, actual, limit| Reason { code, segment: Some(self.name.clone()), actual, limit, of: None };
        let mut reasons = Vec::new();
        if self.container_gone {
            reasons.push(about(Code::ContainerGone, 1, 0));
        }
        if self.made_anew {
            reasons.push(about(Code::MadeAnew, 1, 0));
        }
        if self.first_write {
            reasons.push(about(Code::FirstWrite, 1, 0));
        }
        if self.members == 0 && !self.dropped && !self.together {
            reasons.push(about(Code::EmptySegment, 0, 1));
        }
        let removals = self.removals.saturating_sub(self.approved_removals);
        let limit = self.largest * u64::from(max_removals.0) / 100;
        if self.largest >= SHARE_FROM && removals > limit {
            reasons.push(Reason { of: Some(self.largest), ..about(Code::Removals, self.removals, limit) });
        }
        if self.dropped {
            return reasons;
        }
        if let Some(least) = self.expect.min_members.filter(|least| self.members < *least) {
            reasons.push(about(Code::TooFewInSegment, self.members, least));
        }
        if let Some(most) = self.expect.max_members.filter(|most| self.members > *most) {
            reasons.push(about(Code::TooManyInSegment, self.members, most));
        }
        if let (Some(age), Some(within)) = (self.age_seconds, self.expect.fresh_within)
            && age > within.as_secs()
        {
            reasons.push(about(Code::Stale, age, within.as_secs()));
        }
        reasons
    }
}

impl Allowed {
    /// Removals are approved by name ([`SegmentFacts::approved_removals`]), the rest by code, segment and count.
    fn covers(&self, reason: &Reason, allowance: u64) -> bool {
        let same = |r: &&Reason| r.code == reason.code && r.segment == reason.segment;
        match reason.code {
            Code::Removals | Code::TooManyMembers => false,
            Code::Additions | Code::Contacts | Code::MailsNewContacts => {
                self.reasons.iter().any(|r| same(&r) && reason.actual <= r.actual + allowance)
            }
            Code::EmptySegment
            | Code::TooFewInSegment
            | Code::TooManyInSegment
            | Code::Stale
            | Code::ContainerGone
            | Code::MadeAnew
            | Code::FirstWrite
            | Code::TargetChanged => self.reasons.iter().any(|r| same(&r)),
            // Everyone by name, and no more containers than were shown.
            Code::Deleted => self.reasons.iter().any(|r| same(&r) && reason.actual <= allowance && reason.of <= r.of),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segment = self.segment.as_deref().unwrap_or_default();
        let (actual, limit) = (grouped(self.actual), grouped(self.limit));
        match self.code {
            Code::TooManyMembers => {
                write!(f, "{actual} members are more than guard.maxMembers ({limit}); nothing is sent until the definition changes")
            }
            Code::EmptySegment => write!(f, "segment {segment} is empty; an empty segment is always held"),
            Code::Removals => {
                let of = grouped(self.of.unwrap_or(0));
                write!(
                    f,
                    "{actual} removals from {segment} are more than guard.maxRemovals allows: {limit} of {of} (its largest size in 7 days)"
                )
            }
            Code::Additions => write!(f, "{actual} additions are more than guard.maxAdditions ({limit})"),
            Code::Contacts => write!(f, "the account would hold {actual} contacts, more than limits.contacts ({limit})"),
            Code::MailsNewContacts => {
                write!(f, "newContacts.status is pending: the platform would mail {actual} people and ask them to confirm")
            }
            Code::TooFewInSegment => write!(f, "segment {segment} has {actual} members, fewer than expect.minMembers ({limit})"),
            Code::TooManyInSegment => write!(f, "segment {segment} has {actual} members, more than expect.maxMembers ({limit})"),
            Code::Stale => {
                write!(
                    f,
                    "the source of {segment} is {} old, older than expect.freshWithin ({})",
                    duration(self.actual),
                    duration(self.limit)
                )
            }
            Code::TargetChanged => {
                write!(
                    f,
                    "the export's target changed; its members would be sent to the new one, and those of the earlier one stay as they are"
                )
            }
            Code::Deleted => {
                let people = counted(self.actual, "member", "members");
                let containers = |n| counted(n, "container that it created", "containers that it created");
                match self.of {
                    None => write!(f, "the export was deleted and says onDelete: remove-members; {people} would be taken out"),
                    Some(n) => write!(
                        f,
                        "the export was deleted and says onDelete: delete-target; {people} would be taken out and {} deleted",
                        containers(n)
                    ),
                }
            }
            Code::MadeAnew => {
                write!(f, "the container of {segment} cannot be renamed; a new one would be made and filled, and the old one kept as it is")
            }
            Code::FirstWrite => {
                write!(
                    f,
                    "{segment} was there before this export: who left it by themselves before now cannot be known, and would be put back"
                )
            }
            Code::ContainerGone => {
                write!(f, "the container of {segment} is gone at the platform without us; it would be made anew and refilled")
            }
        }
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
