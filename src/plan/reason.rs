//! Why a plan is held: the reason as data, and in words.

use super::words::{counted, duration, grouped};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a plan is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: Code,
    /// The segment or list it is about, if one.
    pub segment: Option<String>,
    /// What exactly it is about, where a name does not tell (a list's id, a target): an approval of one is none of another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
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
    /// Small removals that came to more than one plan may remove.
    Shrunk,
    /// A segment that shares its list with others shrank.
    SegmentShrunk,
    Additions,
    Contacts,
    MailsNewContacts,
    TooFewInSegment,
    TooManyInSegment,
    Stale,
    Rejected,
    /// `match.id` is new or another one: nothing tells whether new addresses belong to people who opted out.
    PersonsUnknown,
    /// A segment that excludes people is empty.
    ExclusionEmpty,
    ExclusionShrunk,
    /// Rows of a segment that excludes people hold no address.
    ExclusionUnreadable,
    /// A suppression list of the last run is no longer named.
    SuppressionGone,
    /// A segment on the right side of `except`, or in an `intersect`, of the last run is none any more.
    ExclusionGone,
    /// The evidence of consent of the last run is asked for no more, or in another column.
    ConsentGone,
    /// Far fewer people are held back by their consent than before.
    ConsentShrunk,
    /// No value of the consent column is a known yes any more.
    NoKnownYes,
    /// Cells of a segment that excludes people could not be compared: nobody is kept out by them.
    ExclusionNotCompared,
    /// Cells of a segment could not be compared: their people count as gone.
    NotCompared,
    /// A text file ends without a line end, unlike others of its table: it may be cut off in its last row.
    FileCut,
    /// Files lack a column that a condition uses, and had it in the last run.
    ColumnGone,
    ContainerGone,
    MadeAnew,
    FirstWrite,
    TargetChanged,
    /// The name was that of an export in another folder.
    OtherFolder,
    /// `actual` people would be taken out; `of`: containers deleted, where it says so.
    Deleted,
}

impl Code {
    /// As it is written in JSON and in metrics.
    pub fn as_str(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl Reason {
    pub(super) fn about(code: Code, actual: u64, limit: u64) -> Self {
        Self { code, segment: None, subject: None, actual, limit, of: None }
    }

    #[must_use]
    pub(super) fn of(self, of: u64) -> Self {
        Self { of: Some(of), ..self }
    }

    #[must_use]
    pub(super) fn segment(self, name: &str) -> Self {
        Self { segment: Some(name.to_owned()), ..self }
    }

    #[must_use]
    pub(super) fn subject(self, subject: Option<&str>) -> Self {
        Self { subject: subject.map(str::to_owned), ..self }
    }

    /// The same question, whatever the numbers.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.code == other.code && self.segment == other.segment && self.subject == other.subject
    }
}

impl fmt::Display for Reason {
    #[expect(clippy::too_many_lines, reason = "one line or two a code, and no code without one")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.segment.as_deref().unwrap_or_default();
        let (actual, limit, of) = (grouped(self.actual), grouped(self.limit), grouped(self.of.unwrap_or(0)));
        match self.code {
            Code::TooManyMembers => {
                write!(f, "{actual} members are more than guard.maxMembers ({limit}); nothing is sent until the definition changes")
            }
            Code::EmptySegment => write!(f, "segment {name} is empty; `expect: {{minMembers: 0}}` allows that"),
            Code::Removals => write!(
                f,
                "{actual} removals from {name} are more than guard.maxRemovals allows: {limit} of {of} (its largest size in 7 days)"
            ),
            Code::Shrunk => write!(
                f,
                "{name} would keep {actual} of {of} members (its largest size in 7 days); guard.maxRemovals asks for {limit} at least"
            ),
            Code::SegmentShrunk => write!(
                f,
                "segment {name} has {actual} of {of} members (its largest size in 7 days); guard.maxRemovals asks for {limit} at least"
            ),
            Code::Additions if name.is_empty() => write!(f, "{actual} additions are more than guard.maxAdditions ({limit})"),
            Code::Additions => write!(f, "{actual} additions to {name} are more than guard.maxAdditions ({limit})"),
            Code::Contacts => write!(f, "the account would hold {actual} contacts, more than limits.contacts ({limit})"),
            Code::MailsNewContacts => {
                write!(f, "newContacts.status is pending: the platform would mail {actual} people and ask them to confirm")
            }
            Code::TooFewInSegment => write!(f, "segment {name} has {actual} members, fewer than expect.minMembers ({limit})"),
            Code::TooManyInSegment => write!(f, "segment {name} has {actual} members, more than expect.maxMembers ({limit})"),
            Code::Stale => {
                let (age, within) = (duration(self.actual), duration(self.limit));
                write!(f, "the source of {name} is {age} old, older than expect.freshWithin ({within})")
            }
            Code::Rejected => {
                write!(f, "{actual} of {of} rows are newly rejected, more than guard.maxRejected allows ({limit})")
            }
            Code::PersonsUnknown => {
                let (gone, new) = (counted(self.actual, "member", "members"), counted(self.of.unwrap_or(0), "address", "addresses"));
                write!(
                    f,
                    "match.id is new or changed; {gone} left the segments who opted out, or may have; {new} would be new, and no id \
                     on record tells whether they belong to the same people"
                )
            }
            Code::ExclusionEmpty => {
                write!(f, "segment {name}, which keeps people out, is empty; `expect: {{minMembers: 0}}` allows that")
            }
            Code::ExclusionShrunk => write!(
                f,
                "segment {name}, which keeps people out, has {actual} of {of} members (its largest size in 7 days); \
                 guard.maxRemovals asks for {limit} at least"
            ),
            Code::ExclusionUnreadable => {
                let rows = counted(self.actual, "row", "rows");
                write!(
                    f,
                    "{rows} of segment {name}, which keeps people out, hold no e-mail address, or one that cannot be read beside others: \
                     whoever is meant is not kept out by them"
                )
            }
            Code::SuppressionGone => {
                write!(f, "the suppression list {name} was in force in the last run and is no longer named: its members could be added")
            }
            Code::ExclusionGone => {
                write!(f, "segment {name} kept people out in an earlier run and is no longer part of a segment: its people could be added")
            }
            Code::ConsentGone => write!(
                f,
                "the export asked for {name} in the last run, and {}: people who were held back by it could be added",
                match &self.subject {
                    Some(now) => format!("now asks for {now} instead"),
                    None => "asks for it no more".to_owned(),
                }
            ),
            Code::ConsentShrunk => write!(
                f,
                "{name} holds back {actual} of {of} people (the most in 7 days); guard.maxRemovals asks for {limit} at least: the others \
                 could be added"
            ),
            Code::NoKnownYes => write!(f, "{name}: no value is a known yes any more; in the last 7 days {of} were"),
            Code::ExclusionNotCompared | Code::NotCompared => {
                let (cells, subject) = (counted(self.actual, "cell", "cells"), self.subject.as_deref().unwrap_or_default());
                let (role, then) = match self.code {
                    Code::NotCompared => ("", "their people count as gone from it, and the plan removes people"),
                    _ => (", which keeps people out,", "nobody is kept out by them"),
                };
                write!(f, "{cells} of {subject} in segment {name}{role} could not be compared: {then}")
            }
            Code::FileCut => write!(
                f,
                "{} of the table {name} ends without a line end, which this table's files have: it may be cut off in its last row",
                self.subject.as_deref().unwrap_or_default()
            ),
            Code::ColumnGone => write!(
                f,
                "the column {} of the table {name} is missing, unlike in the last run: a query looks at it to choose people, and would take \
                 those of the file for people without it",
                self.subject.as_deref().unwrap_or_default()
            ),
            Code::TargetChanged => write!(
                f,
                "the export's target changed; its members would be sent to the new one, and those of the earlier one stay as they are"
            ),
            Code::OtherFolder => write!(
                f,
                "an export in another folder had this name ({}): its lists and members would become this one's",
                self.subject.as_deref().unwrap_or_default()
            ),
            Code::Deleted => deleted(f, self.actual, self.of),
            Code::MadeAnew => {
                write!(f, "the container of {name} cannot be renamed; a new one would be made and filled, and the old one kept as it is")
            }
            Code::FirstWrite => write!(
                f,
                "{name} was there before this export: who left it by themselves before now cannot be known, and would be put back"
            ),
            Code::ContainerGone => {
                write!(f, "the container of {name} is gone at the platform without us; it would be made anew and refilled")
            }
        }
    }
}

fn deleted(f: &mut fmt::Formatter<'_>, people: u64, containers: Option<u64>) -> fmt::Result {
    let people = counted(people, "member", "members");
    match containers {
        None => write!(f, "the export was deleted and says onDelete: remove-members; {people} would be taken out"),
        Some(n) => {
            let containers = counted(n, "container that it created", "containers that it created");
            write!(f, "the export was deleted and says onDelete: delete-target; {people} would be taken out and {containers} deleted")
        }
    }
}
