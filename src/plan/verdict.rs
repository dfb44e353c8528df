//! The guard's verdict, and the next step, in words.

use super::{
    Plan, Waiting,
    guard::{Code, Reason},
    words::plain,
};

/// `Guard: passes`, or why it is held and what to do. Lines that begin with `! ` say why.
pub(super) fn verdict(plan: &Plan) -> Vec<String> {
    if let Some(waiting) = plan.waiting.as_ref().filter(|_| plan.verdict.passes()) {
        return apart(waiting);
    }
    if plan.verdict.passes() {
        return vec!["Guard: passes".to_owned()];
    }
    let why = if plan.verdict.is_stale() { "Skipped as long as the source is old" } else { "Held by the guard" };
    let mut lines = vec![format!("! {why}: nothing is sent")];
    lines.extend(plan.verdict.held.iter().flat_map(explained));
    lines.push(next_step(plan));
    lines
}

fn explained(reason: &Reason) -> [String; 2] {
    [format!("!   {}", plain(&reason.to_string())), format!("      {}", way_out(reason))]
}

/// Only a part waits.
fn apart(waiting: &Waiting) -> Vec<String> {
    let mut lines = vec!["! Held by the guard, while the rest goes on:".to_owned()];
    lines.extend(waiting.held.iter().flat_map(explained));
    lines.push(format!("If it is right, approve it for 24 hours: listkeeper approve {}", waiting.digest));
    lines
}

fn next_step(plan: &Plan) -> String {
    if plan.verdict.is_stale() {
        "There is nothing to approve: the next run looks again".to_owned()
    } else if plan.verdict.can_be_approved() {
        format!("If all of it is right, approve it for 24 hours: listkeeper approve {}", plan.digest)
    } else {
        "This cannot be approved: the definition must change".to_owned()
    }
}

/// What to look at, or to change, for one reason.
fn way_out(reason: &Reason) -> String {
    let segment = plain(reason.segment.as_deref().unwrap_or("the segment"));
    match reason.code {
        Code::TooManyMembers => "select fewer people, split the export, or raise guard.maxMembers".to_owned(),
        Code::EmptySegment | Code::ExclusionEmpty => format!("look at the query of {segment} and at its source, or change its expect"),
        Code::ExclusionShrunk => format!("look at the query of {segment} and at its source: who is gone from it would be sent"),
        Code::ExclusionUnreadable => {
            "correct the rows that `listkeeper rejected` lists; once approved, these rows are not asked about again".to_owned()
        }
        Code::SuppressionGone => format!("put `suppress: {segment}` back into the settings or the export"),
        Code::PersonsUnknown => {
            "run once with the addresses as they were, so that ids are on record; or see that none of the new addresses belongs to \
             someone who opted out"
                .to_owned()
        }
        Code::ExclusionGone => {
            format!("if it was renamed or replaced, see that the new one holds the same people; otherwise put {segment} back")
        }
        Code::ConsentGone => format!("if that was not meant, let newContacts ask for {segment} again"),
        Code::ConsentShrunk => format!("look at the column of {segment}: whoever it holds back no more would be sent"),
        Code::NoKnownYes => format!("look at the column of {segment}, or write its words under consent.yes and consent.no"),
        Code::ExclusionNotCompared | Code::NotCompared => {
            "correct the cells, declare the column under `columns`, or let the query say what they mean; once approved, as many are not \
             asked about again"
                .to_owned()
        }
        Code::FileCut => "deliver the file again; if it is right as it is, approve, or append a line end to it".to_owned(),
        Code::ColumnGone => "give the column its name back in every file; if its people are right without it, approve".to_owned(),
        Code::Rejected => "look at the rejected rows and at their source, or raise guard.maxRejected".to_owned(),
        Code::Removals | Code::Shrunk | Code::SegmentShrunk => {
            format!("look at the query of {segment} and at its source, or raise guard.maxRemovals")
        }
        Code::Additions => "a first load is like this; otherwise look at the queries, or raise guard.maxAdditions".to_owned(),
        Code::Contacts => "select fewer people, or raise limits.contacts to what the contract allows".to_owned(),
        Code::MailsNewContacts => "they must expect this mail; otherwise choose another newContacts.status".to_owned(),
        Code::TooFewInSegment | Code::TooManyInSegment => format!("look at the query of {segment} and at its source, or change its expect"),
        Code::Stale => format!("bring new files to the source of {segment}, or change expect.freshWithin"),
        Code::TargetChanged => "if it was not meant, put the earlier target back".to_owned(),
        Code::OtherFolder => "if the export moved, approve; otherwise give it another name".to_owned(),
        Code::Deleted => "if it was not meant, put the document back; with onDelete: keep, deleting it changes nothing there".to_owned(),
        Code::MadeAnew => "if it was not meant, put the earlier name back, or take `recreate` out of the target".to_owned(),
        Code::FirstWrite => {
            "compare the segments with those who left the list; put them into Settings.suppress, or use a new list".to_owned()
        }
        Code::ContainerGone => format!("find out who deleted it; to stop filling it, take {segment} out of the export"),
    }
}
