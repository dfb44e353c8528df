//! A plan that waits for a person: stored whole, so that it can be reviewed and approved by its digest; and what is remembered
//! once one was carried out.

use super::{
    Context, Failure, Prepared, Recorder,
    facts::{self, Guarded},
    prepare::Work,
};
use crate::{
    definition::{Export, OnLeave, PlaceRef},
    destination::ContainerId,
    plan::{
        self, Plan,
        approval::{Approvals, Changes},
        guard::{Code, Reason},
    },
    state::{ApprovalId, GuardMemory, HeldPlan, PlaceRow, Store, View},
};
use std::collections::BTreeMap;

/// Stores a held plan with everyone whom it would change.
pub async fn hold(context: &Context, recorder: &Recorder, prepared: &Prepared) -> Result<(), Failure> {
    note_in_force(context, recorder, prepared)?;
    keep(context, recorder, &prepared.plan, facts::changes(context, &prepared.settled, &prepared.work)).await
}

/// The same of a part that waits while the rest went on.
pub async fn keep(context: &Context, recorder: &Recorder, plan: &Plan, changes: Changes) -> Result<(), Failure> {
    let reasons: Vec<_> = plan.verdict.held.iter().map(ToString::to_string).collect();
    let held = HeldPlan {
        digest: plan.digest.0.clone(),
        export: plan.export.clone(),
        made: context.now,
        reason: reasons.join("; "),
        text: plan::text(plan),
        json: serde_json::json!(plan.verdict).to_string(),
        approved: None,
    };
    recorder.record(move |store| store.hold(&held, &changes)).await
}

/// What is approved for the export as it is now: which approvals, and what they allow.
pub fn approvals(context: &Context, view: Option<&View>) -> Result<(Vec<ApprovalId>, Approvals), Failure> {
    let Some(view) = view else { return Ok((Vec::new(), Approvals::default())) };
    let (target, all) = (target(context), view.approvals(&context.export.name, context.now)?);
    let ids = all.iter().filter(|approval| approval.plan.changes.target == target).map(|approval| approval.id).collect();
    Ok((ids, Approvals::of(all.into_iter().map(|approval| approval.plan).collect(), &target)))
}

/// What an approval is for: the account, the audience as the definition names it, and what becomes of who leaves. Leave to
/// remove a deleted export is none for one that was put back, nor the other way round.
pub fn target(context: &Context) -> String {
    let export = &context.export;
    let audience = match export.target.audience.place() {
        PlaceRef::Id(id) => format!("id {id}"),
        PlaceRef::Named { name, .. } => format!("named {name}"),
        PlaceRef::Account => String::new(),
    };
    let list = export.target.audience.container_id().unwrap_or_default();
    let archives = if export.on_leave == OnLeave::Archive { "archives" } else { "" };
    let deleted = if export.removed { "deleted" } else { "" };
    format!("{}|{audience}|{list}|{archives}|{deleted}", context.account.id)
}

/// Lists by slot, with their audience.
pub type Lists = Vec<(u8, PlaceRow, ContainerId)>;

/// Sizes for the next run's guard. Who went with approval, or is suppressed, does not count as lost; the first only once
/// all of it is done, since until then the approval itself says so.
pub fn record_sizes(context: &Context, recorder: &Recorder, prepared: &Prepared, lists: Lists, moved: &Moved<'_>) -> Result<(), Failure> {
    let day = context.now.date_naive();
    for (bit, place, remote) in lists {
        let of = |map: &BTreeMap<u8, u64>| map.get(&bit).copied().unwrap_or(0);
        let still = prepared.work.leavers.iter().filter(|leaver| leaver.suppressed && leaver.segments.has(bit)).count() as u64;
        let suppressed = of(&prepared.guarded.suppressed).saturating_sub(still);
        let aside = suppressed + if moved.complete { of(&prepared.guarded.set_aside) } else { 0 };
        let before = of(&prepared.work.tally.before);
        let after = (before + of(moved.joined)).saturating_sub(of(moved.parted));
        let size = after.max(before.saturating_sub(aside));
        recorder.write(move |store| {
            if aside > 0 {
                store.lower_size(place, &remote, aside)?;
            }
            store.record_size(place, &remote, day, size)
        })?;
    }
    Ok(())
}

/// What a run did to its lists.
pub struct Moved<'a> {
    pub joined: &'a BTreeMap<u8, u64>,
    pub parted: &'a BTreeMap<u8, u64>,
    /// It ended with nothing left to do.
    pub complete: bool,
    /// Rows rejected, by the platform too.
    pub rejected: u64,
}

/// A plan was carried out, to its end or not: what the next one is compared with.
pub async fn remember(context: &Context, recorder: &Recorder, prepared: &Prepared, moved: &Moved<'_>) -> Result<(), Failure> {
    let complete = moved.complete;
    let (export, day, now) = (context.export.name.clone(), context.now.date_naive(), context.now);
    let guarded = &prepared.guarded;
    let sizes = guarded.sizes.clone();
    let mut memory = GuardMemory { dropped: dropped(context, guarded, complete), ..in_force(context, &prepared.work) };
    memory.excluding = both(&still_known(context, guarded, &memory.excluding, complete), memory.excluding);
    let memory = GuardMemory {
        rejected: if complete { moved.rejected } else { guarded.memory.rejected },
        mails_new_contacts: guarded.memory.mails_new_contacts || (complete && mails(context)),
        went_through: complete || guarded.memory.went_through,
        ends: prepared.work.ends.remembered(&guarded.ends, complete),
        ids: if complete { context.export.matching.written_ids() } else { guarded.memory.ids.clone() },
        ..memory
    };
    let needed = complete && !guarded.unapproved.passes();
    let shrunk: Vec<Reason> = guarded.unapproved.held.iter().filter(|reason| needed && shrank(reason.code)).cloned().collect();
    let used = if needed { guarded.approvals.clone() } else { Vec::new() };
    let unreadable = prepared.work.inputs.iter().filter(|input| complete && !input.unreadable.rows.is_empty());
    let accepted: Vec<_> = unreadable.map(|input| (input.segment.clone(), input.unreadable.distinct())).collect();
    let accepted = accepted.into_iter().map(|(segment, rows)| (segment.to_string(), rows));
    let doubts = facts::doubts_of(&prepared.work).filter(|_| complete).map(|(_, name, key)| (name, vec![key]));
    let accepted: Vec<_> = accepted.chain(doubts).collect();
    let owner = (complete && !context.export.removed).then(|| context.export.owner.clone());
    let write = move |store: &mut Store| {
        for (segment, members) in &sizes {
            store.record_segment_size(&export, segment, day, *members)?;
        }
        for reason in &shrunk {
            let excludes = !matches!(reason.code, Code::SegmentShrunk | Code::NoKnownYes);
            store.accept_segment_size(&export, &size_name(reason.segment.as_deref().unwrap_or_default(), excludes), day, reason.actual)?;
        }
        for (segment, rows) in accepted {
            store.accept_rows(&export, &segment, rows)?;
        }
        store.remember_guard(&export, &memory)?;
        if complete {
            store.leaves_heard(&export)?;
        }
        if let Some(owner) = &owner {
            store.record_folder(&export, owner)?;
        }
        store.use_up(used, now)
    };
    recorder.record(write).await
}

/// A segment may both be sent and keep people out elsewhere; it is counted in another way there.
pub fn size_name(segment: &str, excludes: bool) -> String {
    if excludes { format!("without {segment}") } else { segment.to_owned() }
}

/// What stands for the evidence of consent among the segments that keep people out. No segment's name has a blank.
pub fn consent_name(export: &Export) -> Option<String> {
    let consent = export.new_contacts.consent.as_ref()?;
    let at = consent.at.as_ref().map(|at| format!(", {at}")).unwrap_or_default();
    Some(format!("{CONSENT}{}{at}", consent.column))
}

const CONSENT: &str = "consent ";

/// Whether evidence that was asked for by one name is still asked for by the export. Asking for its date too only keeps more people out.
pub fn still_asks(before: &str, export: &Export) -> bool {
    let Some(consent) = &export.new_contacts.consent else { return false };
    consent_name(export).is_some_and(|now| now == before) || before.strip_prefix(CONSENT) == Some(consent.column.as_str())
}

/// Whether a name is one of these.
pub fn is_consent(name: &str) -> bool {
    name.starts_with(CONSENT)
}

/// Suppression lists as they are named now, and the other segments that keep people out.
fn in_force(context: &Context, work: &Work) -> GuardMemory {
    let export = &context.export;
    let names: Vec<_> = export.suppress.iter().map(|segment| segment.name.to_string()).collect();
    let settings = names.iter().take(export.suppress_by_settings).cloned().collect();
    let others = work.inputs.iter().filter(|input| input.excludes && !names.iter().any(|name| input.segment.as_str() == name));
    let consent = consent_name(export).filter(|_| !export.removed);
    let excluding = others.map(|input| input.segment.to_string()).chain(consent).collect();
    GuardMemory { suppress: names, settings, excluding, ..GuardMemory::default() }
}

/// What kept people out before and does so no more, as long as no run that adds people was judged by it.
fn still_known(context: &Context, guarded: &Guarded, now: &[String], complete: bool) -> Vec<String> {
    let is_gone = |reason: &&Reason| matches!(reason.code, Code::ExclusionGone | Code::ConsentGone);
    let judged = |name: &String| {
        let same = |reason: &Reason| reason.segment.as_ref() == Some(name) || (reason.code == Code::ConsentGone && is_consent(name));
        guarded.unapproved.held.iter().filter(is_gone).any(same)
    };
    // What is asked for in other words is known by these.
    let settled = |name: &String| now.contains(name) || judged(name) || still_asks(name, &context.export);
    let before = guarded.memory.excluding.iter();
    before.filter(|name| !complete || !settled(name)).cloned().collect()
}

/// Lists that may be gone: those that a run went through without, until they are named again.
fn dropped(context: &Context, guarded: &Guarded, complete: bool) -> Vec<String> {
    let gone = guarded.unapproved.held.iter().filter(|reason| complete && reason.code == Code::SuppressionGone);
    let gone = gone.filter_map(|reason| reason.segment.clone());
    let mut names: Vec<_> = guarded.memory.dropped.iter().cloned().chain(gone).collect();
    names.retain(|name| context.export.suppress.iter().all(|segment| segment.name.as_str() != name));
    names.sort();
    names.dedup();
    names
}

/// A plan that is held is remembered for what keeps people out: it must not be forgotten before the first run that goes
/// through.
fn note_in_force(context: &Context, recorder: &Recorder, prepared: &Prepared) -> Result<(), Failure> {
    let (memory, mut now) = (&prepared.guarded.memory, in_force(context, &prepared.work));
    // A column that no run went through with has kept nobody out.
    now.excluding.retain(|name| !memory.went_through || !is_consent(name));
    let memory = GuardMemory {
        suppress: both(&memory.suppress, now.suppress),
        settings: both(&memory.settings, now.settings),
        excluding: both(&memory.excluding, now.excluding),
        ends: prepared.work.ends.remembered(&prepared.guarded.ends, false),
        ..memory.clone()
    };
    let export = context.export.name.clone();
    recorder.write(move |store| store.remember_guard(&export, &memory))
}

fn both(before: &[String], now: Vec<String>) -> Vec<String> {
    let mut names: Vec<_> = before.iter().cloned().chain(now).collect();
    names.sort();
    names.dedup();
    names
}

fn mails(context: &Context) -> bool {
    context.export.new_contacts.status == Some(crate::platform::SubscriptionStatus::Pending)
}

fn shrank(code: Code) -> bool {
    matches!(code, Code::SegmentShrunk | Code::ExclusionShrunk | Code::ExclusionEmpty | Code::ConsentShrunk | Code::NoKnownYes)
}
