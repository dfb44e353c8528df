//! Whether a plan may be carried out without a person: pure counts in, a verdict out (G1, G9, E19, C10, E3, `expect`).
//!
//! | judged | held when |
//! |---|---|
//! | a list | it loses more than `maxRemovals` of its largest size in 7 days, in this plan or in small steps (from 10 up) |
//! | a list | it gains more than `maxAdditions` |
//! | a segment | it is empty (unless `minMembers: 0`), outside its `expect`, too old; or shrank so, on a list with others |
//! | a segment that keeps people out | the same, whatever its size; or it holds rows without an address |
//! | suppression | a list of the last run is no longer named |
//! | another segment that kept people out | it does so no more, and people are added |
//! | consent | it is asked for no more or in another column, or holds back far fewer people, and people are added |
//! | consent | no value is a known yes any more |
//! | a text file | it ends without a line end, and another file of its table has one, or its last one had |
//! | a column that conditions use | a file lacks it, and in the last run all files had it, or this one |
//! | people | `match.id` is new or changed, members who may have opted out are gone, and new addresses would be sent |
//! | rows | more than `maxRejected` of them are newly rejected (from 10 up) |
//! | people to be mailed by the platform | the first time |
//! | the folder | what the state holds under the name was another folder's |
//! | the account, the target, a list that is gone | more contacts than the contract has; another one; always |

use super::approval::Approvals;
use crate::definition::{Expect, Guard, MaxAdditions, Percentage};
use serde::{Deserialize, Serialize};

pub use super::reason::{Code, Reason};

/// Below this many members a share says nothing.
const SHARE_FROM: u64 = 10;

/// Evidence of consent that was asked for, and what is asked for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentGone {
    pub name: String,
    pub now: Option<String>,
}

/// What the guard looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub segments: Vec<SegmentFacts>,
    /// Segments that others are built on, or that keep people out.
    pub inputs: Vec<InputFacts>,
    /// Suppression lists of the last run that are no longer named.
    pub suppression_gone: Vec<String>,
    /// Other segments that kept people out in the last run and do so no more.
    pub exclusions_gone: Vec<String>,
    /// The evidence of consent that the last run asked for, where it is another one now.
    pub consent_gone: Option<ConsentGone>,
    pub consent: Option<ConsentFacts>,
    /// Files that may be cut off in their last row.
    pub files_cut: Vec<FileCut>,
    pub doubts: Vec<Doubt>,
    /// People who are taken off a list.
    pub removed: u64,
    /// Columns that conditions use, and that files lack unlike before.
    pub columns_gone: Vec<ColumnGone>,
    /// People that would be new to the export; of these, those whom nobody approved.
    pub additions: Counted,
    /// Distinct members of the export after the plan.
    pub members: u64,
    /// New contacts would get a mail each, asking them to confirm, for the first time.
    pub mails_new_contacts: bool,
    /// Contacts to be created at the platform.
    pub new_contacts: Counted,
    /// Contacts the platform has, and the contract's limit.
    pub known_contacts: u64,
    pub contact_limit: Option<u64>,
    /// Rows read, and how many more of them are rejected than in the last complete run.
    pub rows: u64,
    pub newly_rejected: u64,
    /// Members gone who opted out, or may have, and whose new address no id would tell.
    pub unlinked: u64,
    /// Addresses that are new, or back after they were archived.
    pub new_addresses: u64,
    /// The export wrote to another audience before; which it would write to now.
    pub target_changed: Option<String>,
    /// What the state holds under this name is of an export in another folder; from which to which.
    pub other_folder: Option<String>,
    /// The export was deleted; everything that its removal would take away.
    pub removal: Option<RemovalFacts>,
}

/// Cells that a segment's query could not compare, and that no run was asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    pub segment: String,
    /// The column.
    pub subject: String,
    pub cells: u64,
    /// The segment keeps people out.
    pub excludes: bool,
}

impl Doubt {
    /// A doubt adds nobody and removes nobody.
    fn reason(&self, adds: bool, removes: bool) -> Option<Reason> {
        let code = if self.excludes { Code::ExclusionNotCompared } else { Code::NotCompared };
        let held = if self.excludes { adds } else { removes };
        held.then(|| Reason::about(code, self.cells, 0).segment(&self.segment).subject(Some(&self.subject)))
    }
}

/// A text file that ends without a line end, where its table has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileCut {
    /// `source.table`.
    pub table: String,
    /// Its name and length.
    pub file: String,
}

/// A column that a condition uses, and that some files of its table lack unlike before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnGone {
    /// `source.table`.
    pub table: String,
    /// The column and the files.
    pub column: String,
}

/// How many, and how many of them an approval names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub all: u64,
    pub approved: u64,
}

impl Counted {
    pub fn unapproved(self) -> u64 {
        self.all.saturating_sub(self.approved)
    }
}

/// What the removal of a deleted export takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemovalFacts {
    pub people: Counted,
    /// Containers to be deleted; `None`: it says to keep them.
    pub containers: Option<u64>,
}

/// One list's counts; where a list holds several segments, each of them is judged too, by its size alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentFacts {
    pub name: String,
    /// People in the segment now.
    pub members: u64,
    /// Removals from its list, the suppressed not counted.
    pub removals: Counted,
    /// Everyone on the list after the plan.
    pub after: u64,
    /// The list's largest size in 7 days.
    pub largest: u64,
    /// People who are off the list then and do not count as lost: approved, or suppressed.
    pub set_aside: u64,
    pub additions: Counted,
    pub expect: Expect,
    /// Age of the source's newest file in seconds, where known.
    pub age_seconds: Option<u64>,
    /// The export no longer names it: it is being emptied on purpose.
    pub dropped: bool,
    /// Its list was empty after the last run, and stays so.
    pub stays_empty: bool,
    /// The list we made is gone at the platform; it would be made anew and refilled. Which it was.
    pub container_gone: Option<String>,
    /// It cannot be renamed, so that a new one would be made and filled. Which it is.
    pub made_anew: Option<String>,
    /// We did not make the list and never wrote to it: who left it by themselves cannot be known.
    pub first_write: Option<String>,
    /// All segments together, as one list; each is judged for itself as well.
    pub together: bool,
    /// One of several segments of a list.
    pub part: bool,
}

/// A segment that another one is built on, or that keeps people out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputFacts {
    pub name: String,
    /// Its members are kept out, or only they are let in.
    pub excludes: bool,
    pub members: u64,
    pub largest: u64,
    pub expect: Expect,
    pub age_seconds: Option<u64>,
    /// Rows without an address.
    pub unreadable: Counted,
}

/// The consent column, which keeps people out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsentFacts {
    pub name: String,
    /// People whose rows say yes, and the most in 7 days.
    pub consented: u64,
    pub most_consented: u64,
    /// People whose rows do not, and the most in 7 days.
    pub without: u64,
    pub most_without: u64,
}

/// The guard's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Empty: go ahead.
    #[serde(default)]
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

/// Judges a plan. The counts of `facts` say whom `approvals` names; what names nobody is covered by its reason.
pub fn judge(facts: &Facts, guard: &Guard, approvals: &Approvals) -> Verdict {
    let mut held = facts.reasons(guard);
    held.retain(|reason| !approvals.cover(&facts.unapproved(reason)));
    Verdict { held }
}

impl Facts {
    fn reasons(&self, guard: &Guard) -> Vec<Reason> {
        let about = Reason::about;
        let mut held = Vec::new();
        held.extend((self.members > guard.max_members).then(|| about(Code::TooManyMembers, self.members, guard.max_members)));
        held.extend(self.suppression_gone.iter().map(|name| about(Code::SuppressionGone, 1, 0).segment(name)));
        let adds = self.additions.all > 0 || self.segments.iter().any(|segment| segment.additions.all > 0);
        held.extend(self.doubts.iter().filter_map(|doubt| doubt.reason(adds, self.removed > 0)));
        if adds {
            held.extend(self.exclusions_gone.iter().map(|name| about(Code::ExclusionGone, 1, 0).segment(name)));
            held.extend(
                self.consent_gone.iter().map(|gone| about(Code::ConsentGone, 1, 0).segment(&gone.name).subject(gone.now.as_deref())),
            );
            held.extend(self.consent.as_ref().and_then(|consent| consent.shrunk(guard.max_removals)));
        }
        held.extend(self.consent.as_ref().and_then(ConsentFacts::without_a_yes));
        held.extend(self.files_cut.iter().map(|cut| about(Code::FileCut, 1, 0).segment(&cut.table).subject(Some(&cut.file))));
        held.extend(self.columns_gone.iter().map(|gone| about(Code::ColumnGone, 1, 0).segment(&gone.table).subject(Some(&gone.column))));
        self.inputs.iter().for_each(|input| held.extend(input.reasons(guard.max_removals)));
        self.segments.iter().for_each(|segment| held.extend(segment.reasons(guard.max_removals)));
        held.extend(self.too_many_additions(guard.max_additions));
        if let Some(limit) = self.contact_limit
            && self.new_contacts.all > 0
            && self.known_contacts + self.new_contacts.all > limit
        {
            held.push(about(Code::Contacts, self.known_contacts + self.new_contacts.all, limit));
        }
        let may_be_rejected = self.rows * u64::from(guard.max_rejected.0) / 100;
        if self.newly_rejected >= SHARE_FROM && self.newly_rejected > may_be_rejected {
            held.push(about(Code::Rejected, self.newly_rejected, may_be_rejected).of(self.rows));
        }
        if self.unlinked > 0 && self.new_addresses > 0 {
            held.push(about(Code::PersonsUnknown, self.unlinked, 0).of(self.new_addresses));
        }
        held.extend(self.target_changed.as_deref().map(|target| about(Code::TargetChanged, 1, 0).subject(Some(target))));
        held.extend(self.other_folder.as_deref().map(|folders| about(Code::OtherFolder, 1, 0).subject(Some(folders))));
        held.extend(self.removal.filter(RemovalFacts::takes_away).map(|removal| removal.reason()));
        if self.mails_new_contacts && self.new_contacts.all > 0 {
            held.push(about(Code::MailsNewContacts, self.new_contacts.all, 0));
        }
        held
    }

    /// Lists that gain too many; else the export as a whole.
    fn too_many_additions(&self, limit: MaxAdditions) -> Vec<Reason> {
        let MaxAdditions::AtMost(limit) = limit else { return Vec::new() };
        let over = |counted: Counted| counted.unapproved() > limit;
        let lists = self.segments.iter().filter(|segment| over(segment.additions));
        let mut reasons: Vec<_> = lists.map(|s| Reason::about(Code::Additions, s.additions.all, limit).segment(&s.name)).collect();
        if reasons.is_empty() && over(self.additions) {
            reasons.push(Reason::about(Code::Additions, self.additions.all, limit));
        }
        reasons
    }

    /// A reason with the people left out of it whom an approval names.
    fn unapproved(&self, reason: &Reason) -> Reason {
        let actual = match reason.code {
            Code::MailsNewContacts => self.new_contacts.unapproved(),
            Code::PersonsUnknown => self.additions.unapproved(),
            Code::Deleted => self.removal.map_or(0, |removal| removal.people.unapproved()),
            _ => reason.actual,
        };
        Reason { actual, ..reason.clone() }
    }
}

impl RemovalFacts {
    fn takes_away(&self) -> bool {
        self.people.all + self.containers.unwrap_or(0) > 0
    }

    fn reason(&self) -> Reason {
        Reason { of: self.containers, ..Reason::about(Code::Deleted, self.people.all, 0) }
    }
}

impl SegmentFacts {
    fn reasons(&self, max_removals: Percentage) -> Vec<Reason> {
        let about = |code, actual, limit| Reason::about(code, actual, limit).segment(&self.name);
        let mut reasons = Vec::new();
        let lists = [(Code::ContainerGone, &self.container_gone), (Code::MadeAnew, &self.made_anew), (Code::FirstWrite, &self.first_write)];
        reasons.extend(lists.iter().filter(|(_, list)| list.is_some()).map(|(code, list)| about(*code, 1, 0).subject(list.as_deref())));
        if self.members == 0 && !self.dropped && !self.stays_empty && !self.together && self.expect.min_members != Some(0) {
            reasons.push(about(Code::EmptySegment, 0, 1));
        }
        reasons.extend(self.losses(max_removals));
        if !self.dropped {
            reasons.extend(expected(&self.name, self.members, self.expect, self.age_seconds));
        }
        reasons
    }

    /// Too many at once, or by what is left too many in small steps.
    fn losses(&self, max_removals: Percentage) -> Option<Reason> {
        let about = |code, actual, limit| Reason::about(code, actual, limit).segment(&self.name).of(self.largest);
        if self.part {
            let least = least(self.largest, max_removals);
            let shrunk = self.largest >= SHARE_FROM && self.members < least && self.expect.min_members != Some(0);
            return shrunk.then(|| about(Code::SegmentShrunk, self.members, least));
        }
        let unapproved = self.removals.unapproved();
        if self.largest < SHARE_FROM || unapproved == 0 {
            return None;
        }
        let limit = share(self.largest, max_removals);
        if unapproved > limit {
            return Some(about(Code::Removals, self.removals.all, limit));
        }
        let least = least(self.largest.saturating_sub(self.set_aside), max_removals);
        (self.after < least).then(|| about(Code::Shrunk, self.after, least))
    }
}

impl InputFacts {
    fn reasons(&self, max_removals: Percentage) -> Vec<Reason> {
        let about = |code, actual, limit| Reason::about(code, actual, limit).segment(&self.name);
        let mut reasons = Vec::new();
        let may_be_empty = self.expect.min_members == Some(0);
        let least = least(self.largest, max_removals);
        if self.excludes && self.members == 0 && !may_be_empty {
            reasons.push(about(Code::ExclusionEmpty, 0, 1));
        } else if self.excludes && self.members < least {
            reasons.push(about(Code::ExclusionShrunk, self.members, least).of(self.largest));
        }
        if self.excludes && self.unreadable.unapproved() > 0 {
            reasons.push(about(Code::ExclusionUnreadable, self.unreadable.unapproved(), 0));
        }
        reasons.extend(expected(&self.name, self.members, self.expect, self.age_seconds));
        reasons
    }
}

impl ConsentFacts {
    /// People consent one by one; a column that is filled again, or by mistake, lets in many at once.
    fn shrunk(&self, max_removals: Percentage) -> Option<Reason> {
        let least = least(self.most_without, max_removals);
        let shrunk = self.most_without >= SHARE_FROM && self.without < least;
        shrunk.then(|| Reason::about(Code::ConsentShrunk, self.without, least).segment(&self.name).of(self.most_without))
    }

    fn without_a_yes(&self) -> Option<Reason> {
        let gone = self.consented == 0 && self.without > 0 && self.most_consented > 0;
        gone.then(|| Reason::about(Code::NoKnownYes, 0, 1).segment(&self.name).of(self.most_consented))
    }
}

/// What a person said that a segment must be like.
fn expected(name: &str, members: u64, expect: Expect, age: Option<u64>) -> Vec<Reason> {
    let about = |code, actual, limit| Reason::about(code, actual, limit).segment(name);
    let few = expect.min_members.filter(|least| members < *least).map(|least| about(Code::TooFewInSegment, members, least));
    let many = expect.max_members.filter(|most| members > *most).map(|most| about(Code::TooManyInSegment, members, most));
    let within = expect.fresh_within.map(|within| within.as_secs());
    let old = age.zip(within).filter(|(age, within)| age > within).map(|(age, within)| about(Code::Stale, age, within));
    [few, many, old].into_iter().flatten().collect()
}

fn share(of: u64, percent: Percentage) -> u64 {
    of * u64::from(percent.0) / 100
}

/// How many must be left of so many.
fn least(of: u64, percent: Percentage) -> u64 {
    of - share(of, percent)
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
