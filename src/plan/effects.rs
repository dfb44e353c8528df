//! What an answer means for what is on record. Pure; for answers that a run waits for and for those that a later run asks for.
//!
//! | operation | done | unverified | exists | gone | rejected | later, unconfirmed, not done |
//! |---|---|---|---|---|---|---|
//! | create | the contact is ours; synced; joined | synced; joined | – | – | rejected | – |
//! | update | synced; joined | synced; joined | – | removed externally | rejected | – |
//! | restore | the contact has its status back; synced; joined | synced; joined | – | removed externally | rejected | – |
//! | add to a list | synced, if attributes went along; joined | the same | – | removed externally | rejected; kept off the list, if no attributes went along | – |
//! | remove from a list | off the list; then a member no more, or to be archived | the same | – | the same | – | – |
//! | archive | the contact is archived by us; a member no more | – | – | a member no more | not archived | – |
//!
//! Where nothing is changed (–), the row stays to be planned again: the next plan looks before it acts.
//! * **create × exists**: nothing was changed there; the status is looked up, and only then is the contact known.
//! * **create × not joined**: as done, and on none of the lists.
//! * **create × gone** is no answer to a creation: nobody is taken for removed on it.
//! * **remove × gone** is as good as done; whether the contact is gone altogether is for the archiving to find out.
//! * **archive × unverified** is settled by the next reading of statuses.
//! * **archive × rejected** (G1, E11): the contact stays as it is, so nobody was removed. Asked again when its status changes.

use crate::{
    destination::{Operation, Outcome, Rejection},
    member::{Fingerprint, SegmentMask},
    platform::SubscriptionStatus,
};

/// What a call said of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowFacts {
    /// Of the attributes sent; `None`: none were.
    pub fingerprint: Option<Fingerprint>,
    /// Whose lists are joined or left.
    pub segments: SegmentMask,
    /// The status sent along: a new contact's, or the one that is given back.
    pub standing: Option<SubscriptionStatus>,
    pub after: After,
}

/// What follows once someone is off these lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum After {
    /// Something else holds them.
    #[default]
    Stays,
    /// A member no more.
    Former,
    /// Out of the audience as well.
    ToArchive,
}

/// One change of what is on record of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The platform has these attributes.
    Synced(Fingerprint),
    /// On these segments' lists, by us.
    Joined(SegmentMask),
    OffLists(SegmentMask),
    /// The contact is ours (E14), with this status.
    Ours(SubscriptionStatus),
    /// These attributes were rejected; what the platform had before still stands.
    Rejected(Fingerprint, Rejection),
    /// Not taken onto these segments' lists; the platform has the attributes all the same.
    KeptOff(SegmentMask, Rejection),
    /// Gone at the platform without us: not added again (E18).
    RemovedExternally,
    /// Off every list, and still to be archived.
    ToArchive,
    /// The contact is archived by us, from the status that it had.
    Archived,
    /// To be archived, and the platform rejected that.
    NotArchived(Rejection),
    /// A member no more.
    Former,
}

/// The table above.
pub fn effects(operation: Operation, outcome: &Outcome, row: &RowFacts) -> Vec<Change> {
    match operation {
        Operation::Create => created(outcome, row),
        Operation::Join => match outcome {
            Outcome::Rejected(why) if row.fingerprint.is_none() => vec![Change::KeptOff(row.segments, why.clone())],
            _ => synced(outcome, row),
        },
        Operation::Update => synced(outcome, row),
        Operation::Restore => match outcome {
            Outcome::Done { .. } => created(outcome, row),
            _ => synced(outcome, row),
        },
        Operation::Leave => removed(outcome, row),
        Operation::Archive => archived(outcome),
    }
}

fn created(outcome: &Outcome, row: &RowFacts) -> Vec<Change> {
    match outcome {
        Outcome::Done { standing } => {
            let ours = standing.or(row.standing).map(Change::Ours);
            ours.into_iter().chain(on_lists(row)).collect()
        }
        // Which of the lists it is on is for whoever knows them to say; as it stands, none.
        Outcome::NotJoined { standing, .. } => {
            created(&Outcome::Done { standing: *standing }, &RowFacts { segments: SegmentMask::NONE, ..*row })
        }
        Outcome::Gone => Vec::new(),
        _ => synced(outcome, row),
    }
}

fn synced(outcome: &Outcome, row: &RowFacts) -> Vec<Change> {
    match outcome {
        Outcome::Done { .. } | Outcome::Unverified => on_lists(row).collect(),
        Outcome::Gone => vec![Change::RemovedExternally],
        Outcome::Rejected(why) => row.fingerprint.map(|sent| Change::Rejected(sent, why.clone())).into_iter().collect(),
        Outcome::NotJoined { .. } | Outcome::Exists | Outcome::Later(_) | Outcome::Unconfirmed(_) | Outcome::NotDone => Vec::new(),
    }
}

fn on_lists(row: &RowFacts) -> impl Iterator<Item = Change> + use<> {
    let joined = (!row.segments.is_empty()).then_some(Change::Joined(row.segments));
    row.fingerprint.map(Change::Synced).into_iter().chain(joined)
}

fn removed(outcome: &Outcome, row: &RowFacts) -> Vec<Change> {
    if !matches!(outcome, Outcome::Done { .. } | Outcome::Unverified | Outcome::Gone) {
        return Vec::new();
    }
    let after = match row.after {
        After::Stays => None,
        After::Former => Some(Change::Former),
        After::ToArchive => Some(Change::ToArchive),
    };
    std::iter::once(Change::OffLists(row.segments)).chain(after).collect()
}

fn archived(outcome: &Outcome) -> Vec<Change> {
    match outcome {
        Outcome::Done { .. } => vec![Change::Archived, Change::Former],
        Outcome::Gone => vec![Change::Former],
        Outcome::Rejected(why) => vec![Change::NotArchived(why.clone())],
        Outcome::Unverified
        | Outcome::NotJoined { .. }
        | Outcome::Exists
        | Outcome::Later(_)
        | Outcome::Unconfirmed(_)
        | Outcome::NotDone => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn why() -> Rejection {
        Rejection { code: "no", detail: "because".into(), field: None }
    }

    fn outcomes() -> [Outcome; 10] {
        [
            Outcome::Done { standing: None },
            Outcome::Done { standing: Some(SubscriptionStatus::Pending) },
            Outcome::Unverified,
            Outcome::NotJoined { standing: Some(SubscriptionStatus::Pending), containers: Vec::new() },
            Outcome::Exists,
            Outcome::Gone,
            Outcome::Rejected(why()),
            Outcome::Later(why()),
            Outcome::Unconfirmed("odd".into()),
            Outcome::NotDone,
        ]
    }

    fn words(changes: &[Change]) -> String {
        let word = |change: &Change| match change {
            Change::Synced(Fingerprint(n)) => format!("synced {n}"),
            Change::Joined(on) => format!("joined {}", on.0),
            Change::OffLists(off) => format!("off {}", off.0),
            Change::Ours(standing) => format!("ours {standing}"),
            Change::Rejected(Fingerprint(n), why) => format!("rejected {n} {}", why.code),
            Change::KeptOff(off, why) => format!("kept off {} {}", off.0, why.code),
            Change::NotArchived(why) => format!("not archived {}", why.code),
            other => format!("{other:?}"),
        };
        changes.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    const ATTRIBUTES: Option<Fingerprint> = Some(Fingerprint(7));

    /// Every operation with every outcome; the columns are those of `outcomes`.
    #[rstest]
    #[case::create(Operation::Create, ATTRIBUTES, After::Stays,
        ["ours subscribed, synced 7, joined 2", "ours pending, synced 7, joined 2", "synced 7, joined 2", "ours pending, synced 7", "", "", "rejected 7 no", "", "", ""])]
    #[case::update(Operation::Update, ATTRIBUTES, After::Stays,
        ["synced 7, joined 2", "synced 7, joined 2", "synced 7, joined 2", "", "", "RemovedExternally", "rejected 7 no", "", "", ""])]
    #[case::restore(Operation::Restore, ATTRIBUTES, After::Stays,
        ["ours subscribed, synced 7, joined 2", "ours pending, synced 7, joined 2", "synced 7, joined 2", "", "", "RemovedExternally", "rejected 7 no", "", "", ""])]
    #[case::join_with_attributes(Operation::Join, ATTRIBUTES, After::Stays,
        ["synced 7, joined 2", "synced 7, joined 2", "synced 7, joined 2", "", "", "RemovedExternally", "rejected 7 no", "", "", ""])]
    #[case::join(Operation::Join, None, After::Stays,
        ["joined 2", "joined 2", "joined 2", "", "", "RemovedExternally", "kept off 2 no", "", "", ""])]
    #[case::leave_one_list(Operation::Leave, None, After::Stays, ["off 2", "off 2", "off 2", "", "", "off 2", "", "", "", ""])]
    #[case::leave_the_last(Operation::Leave, None, After::Former,
        ["off 2, Former", "off 2, Former", "off 2, Former", "", "", "off 2, Former", "", "", "", ""])]
    #[case::leave_to_be_archived(Operation::Leave, None, After::ToArchive,
        ["off 2, ToArchive", "off 2, ToArchive", "off 2, ToArchive", "", "", "off 2, ToArchive", "", "", "", ""])]
    #[case::archive(Operation::Archive, None, After::Former,
        ["Archived, Former", "Archived, Former", "", "", "", "Former", "not archived no", "", "", ""])]
    fn every_cell(
        #[case] operation: Operation,
        #[case] fingerprint: Option<Fingerprint>,
        #[case] after: After,
        #[case] expected: [&str; 10],
    ) {
        let row = RowFacts { fingerprint, segments: SegmentMask(2), standing: Some(SubscriptionStatus::Subscribed), after };
        let told = outcomes().map(|outcome| words(&effects(operation, &outcome, &row)));
        assert_eq!(told, expected.map(str::to_owned));
    }

    /// A status that nobody knows is not made up.
    #[test]
    fn a_contact_without_a_status_is_nobodys() {
        let row = RowFacts { fingerprint: ATTRIBUTES, segments: SegmentMask::NONE, standing: None, after: After::Stays };
        assert_eq!(words(&effects(Operation::Create, &Outcome::Done { standing: None }, &row)), "synced 7");
    }

    /// Whatever is answered, nobody is recorded as ours, on a list or off it by what was certainly not carried out.
    #[test]
    fn what_was_not_done_changes_nothing() {
        let row = RowFacts {
            fingerprint: ATTRIBUTES,
            segments: SegmentMask(2),
            standing: Some(SubscriptionStatus::Subscribed),
            after: After::Former,
        };
        for operation in [Operation::Create, Operation::Update, Operation::Restore, Operation::Join, Operation::Leave, Operation::Archive] {
            for outcome in [Outcome::NotDone, Outcome::Later(why()), Outcome::Unconfirmed(String::new()), Outcome::Exists] {
                assert_eq!(effects(operation, &outcome, &row), [], "{operation:?} {outcome:?}");
            }
        }
    }
}
