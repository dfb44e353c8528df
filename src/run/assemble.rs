//! Everything known put together into a plan.

use super::{
    Context, Failure,
    facts::{self, Guarded},
    observe::Settled,
    prepare::Work,
    resolve::Resolved,
    steps,
};
use crate::{
    definition::{BulkUpdates, Mode, Segment},
    destination::{ContainerId, Reading},
    member::{ChangeEntry, ChangeFlags, Desired, Key},
    plan::{
        self, ConsentPlan, Counts, MemberTotals, PlacePlan, Plan, PlanDigest, ResourceStep, SegmentMake, SegmentPlan, StandingRead, Words,
        bulk::{BulkPlan, StoppedPlan},
        diff::{IdChanges, Leaver},
        guard::Verdict,
        resources::{ContainerPlan, ContainerState},
        steps::{Act, Step},
    },
    platform::SubscriptionStatus,
    segment::{MadeOf, Read},
    source::{Examples, Notice, Notices, Oddity},
    state::View,
};
use std::collections::BTreeMap;

/// Masked addresses shown for each kind of change.
const SAMPLE: usize = 3;

/// What a plan is made of.
pub struct Parts<'a> {
    pub context: &'a Context,
    pub view: Option<&'a View>,
    pub settled: &'a Settled,
    pub work: &'a Work,
    pub resolved: &'a Resolved,
    /// Distinct people that the export wants.
    pub wanted: u64,
    pub digest: PlanDigest,
}

/// What is asked, in one number: the definition (wherever its people come from), the resources and every member's change; not by which call it is done,
/// since that depends on statuses that may be read later.
pub fn digest(context: &Context, settled: &Settled, desired: &Desired<ChangeFlags>, leavers: &[Leaver], ids: &IdChanges) -> PlanDigest {
    let mut hash = blake3::Hasher::new();
    let mut text = |part: &str| {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    };
    text(context.export.name.as_str());
    text(&context.export.asks);
    if context.export.removed {
        text("deleted");
    }
    text(&format!("{:?}{:?}", settled.resources.place_name(), settled.resources.steps));
    if !ids.rows.is_empty() {
        text(&format!("ids {} {:x}", ids.rows.len(), ids.digest));
    }
    for entry in &desired.entries {
        hash.update(&entry.key().to_bytes());
        hash.update(&entry.signature().0.to_le_bytes());
        hash.update(&desired.sets.mask(entry.set()).0.to_le_bytes());
        // Who is held back is not who is added.
        if entry.flags().has(ChangeFlags::NO_CONSENT) {
            hash.update(b"without consent");
        }
    }
    for leaver in leavers {
        hash.update(&leaver.key.to_bytes());
        hash.update(&leaver.segments.0.to_le_bytes());
    }
    PlanDigest(hash.finalize().to_hex().to_string())
}

/// The plan of one export.
pub fn plan(parts: &Parts<'_>) -> Result<(Plan, Guarded), Failure> {
    let Parts { context, settled, .. } = parts;
    let capabilities = context.capabilities;
    let segments = segments(parts)?;
    let (steps, doubtful) = steps::of_plan(parts, reading(parts).as_ref())?;
    let mut plan = Plan {
        export: context.export.name.to_string(),
        connection: context.export.connection.display_name.clone(),
        vendor: capabilities.vendor,
        words: Words { place: capabilities.place_word, container: capabilities.container_word },
        place: settled.resources.place.clone(),
        resources: settled.resources.steps.clone(),
        made_of: parts.work.reads.iter().zip(&parts.context.export.segments).filter_map(|(read, segment)| made_of(segment, read)).collect(),
        members: members(parts)?,
        reading: reading(parts),
        bulk_updates: bulk_updates(parts, &steps),
        cost: plan::cost::cost(&steps, &settled.resources.steps, capabilities, &context.export.connection.limits, context.connections),
        rejected: rejected(parts),
        notices: parts.work.notices.clone(),
        counts: counts(parts),
        verdict: Verdict::default(),
        waiting: None,
        notes: notes(parts, &segments)?.into_iter().chain(attributes_note(context, &steps, doubtful)).collect(),
        digest: parts.digest.clone(),
        segments,
        steps,
    };
    let guarded = facts::judge(parts, &plan)?;
    plan.notices.extend(unchecked(parts, &guarded));
    plan.verdict = guarded.verdict.clone();
    plan.digest = PlanDigest(judged(&plan.digest, &guarded.unapproved, parts));
    Ok((plan, guarded))
}

/// Tables whose files are right without a line end, as a person approved: a cut would not be noticed.
fn unchecked(parts: &Parts<'_>, guarded: &Guarded) -> Notices {
    let mut notices = Notices::default();
    for (table, files) in parts.work.ends.unchecked(&guarded.ends) {
        let mut examples = Examples::default();
        files.iter().for_each(|file| examples.add(file));
        let (subject, count, examples) = (table.to_owned(), files.len() as u64, examples.into_inner());
        notices.add(Notice { segment: None, subject, what: Oddity::NoLineEnd, count, examples });
    }
    notices
}

/// What a plan would be held for is part of what is reviewed; how often, is told by the members' changes.
fn judged(digest: &PlanDigest, unapproved: &Verdict, parts: &Parts<'_>) -> String {
    let mut hash = blake3::Hasher::new();
    hash.update(digest.0.as_bytes());
    for reason in &unapproved.held {
        hash.update(format!("{:?}\0{:?}\0{:?}\0", reason.code, reason.segment, reason.subject).as_bytes());
    }
    for row in parts.work.inputs.iter().flat_map(|input| &input.unreadable.rows) {
        hash.update(&row.to_bytes());
    }
    hash.finalize().to_hex().to_string()
}

/// How a segment that is not simply rows of a source came about.
fn made_of(segment: &Segment, read: &Read) -> Option<SegmentMake> {
    let MadeOf { how, parts, rows: before, sample, limit } = read.made_of.clone()?;
    let parts = parts.into_iter().map(|(name, count)| (name.to_string(), count)).collect();
    Some(SegmentMake { segment: segment.name.to_string(), how, parts, before, rows: read.rows, sample, limit })
}

fn segments(parts: &Parts<'_>) -> Result<Vec<SegmentPlan>, Failure> {
    let samples = Samples::take(parts)?;
    let tally = &parts.work.tally;
    let of = |map: &BTreeMap<u8, u64>, bit: u8| map.get(&bit).copied().unwrap_or(0);
    let plan = |c: &ContainerPlan| SegmentPlan {
        segment: c.title.clone(),
        container: c.name.clone(),
        members: of(&parts.work.desired.tally.members, c.bit),
        before: of(&tally.before, c.bit),
        joins: of(&parts.resolved.joins, c.bit),
        leaves: of(&tally.leaves, c.bit),
        suppressed_leaves: of(&tally.suppressed_leaves, c.bit),
        withdrawn_leaves: of(&tally.withdrawn_leaves, c.bit),
        dropped: matches!(c.state, ContainerState::Dropped(_)),
        deleted: parts.context.export.removed,
        mirror: c.mirror,
        join_sample: samples.joins.get(&c.bit).cloned().unwrap_or_default(),
        leave_sample: samples.leaves.get(&c.bit).cloned().unwrap_or_default(),
    };
    Ok(parts.settled.resources.containers.iter().map(plan).collect())
}

#[derive(Default)]
struct Samples {
    joins: BTreeMap<u8, Vec<String>>,
    leaves: BTreeMap<u8, Vec<String>>,
    updates: Vec<String>,
}

impl Samples {
    fn take(parts: &Parts<'_>) -> Result<Self, Failure> {
        let mut samples = Self::default();
        let containers = parts.settled.resources.containers.len();
        let full = |map: &BTreeMap<u8, Vec<String>>| map.len() == containers && map.values().all(|v| v.len() >= SAMPLE);
        for entry in &parts.work.desired.entries {
            let joins = parts.work.desired.sets.mask(entry.set());
            let bits: Vec<u8> = joins.bits().filter(|b| samples.joins.get(b).is_none_or(|v| v.len() < SAMPLE)).collect();
            let update = !entry.flags().has(ChangeFlags::NEW) && entry.flags().has(ChangeFlags::UPDATE) && samples.updates.len() < SAMPLE;
            if !bits.is_empty() || update {
                let masked = parts.work.desired.spool.read(entry.offset())?.email.masked();
                bits.iter().for_each(|b| samples.joins.entry(*b).or_default().push(masked.clone()));
                samples.updates.extend(update.then_some(masked));
            }
            if full(&samples.joins) && samples.updates.len() >= SAMPLE {
                break;
            }
        }
        let (Some(view), Some(state)) = (parts.view, &parts.settled.state) else { return Ok(samples) };
        for leaver in &parts.work.leavers {
            let bits: Vec<u8> = leaver.segments.bits().filter(|b| samples.leaves.get(b).is_none_or(|v| v.len() < SAMPLE)).collect();
            if !bits.is_empty()
                && let Some(email) = view.member(state.id, leaver.key)?.and_then(|m| m.address)
            {
                bits.iter().for_each(|b| samples.leaves.entry(*b).or_default().push(email.masked()));
            }
            if full(&samples.leaves) {
                break;
            }
        }
        Ok(samples)
    }
}

fn members(parts: &Parts<'_>) -> Result<MemberTotals, Failure> {
    let (tally, resolved) = (&parts.work.tally, parts.resolved);
    Ok(MemberTotals {
        new: resolved.create + resolved.known + resolved.restore,
        create: resolved.create,
        known: resolved.known,
        restore: resolved.restore,
        known_as: known_as(parts),
        unread: resolved.unread && matches!(parts.settled.resources.place, PlacePlan::Existing { .. }),
        update: tally.updated,
        moved: tally.moved,
        leave: tally.leavers - tally.leaving,
        archive: resolved.archive,
        archive_only: resolved.archive_only,
        unchanged: tally.unchanged,
        protected: tally.protected,
        ids: tally.ids,
        odd_ids: parts.work.desired.id_notes.clone(),
        consent: ConsentPlan::of(&parts.work.desired.consent, tally.withdrawn, tally.withdrawn_kept),
        update_sample: Samples::take(parts)?.updates,
    })
}

/// Whoever is subscribed is not told apart: they get what a new contact gets.
fn known_as(parts: &Parts<'_>) -> BTreeMap<&'static str, u64> {
    let word = parts.context.destination.capabilities().status_word;
    let others = parts.resolved.known_as.iter().filter(|(status, _)| **status != SubscriptionStatus::Subscribed);
    others.map(|(status, n)| (word(*status), *n)).collect()
}

fn reading(parts: &Parts<'_>) -> Option<StandingRead> {
    let PlacePlan::Existing { contacts, .. } = &parts.settled.resources.place else { return None };
    let capabilities = parts.context.capabilities;
    let rows = parts.context.pages.rows() as u64;
    let calls = contacts.map(|contacts| contacts.div_ceil(rows).max(1));
    let reads = parts.resolved.unread && capabilities.reading == Reading::Everyone;
    // The statuses of those who are updated in bulk: who changed since the last reading, at least a page of each status.
    let changes = || StandingRead { contacts: None, calls: Some(super::standings::pages_at_least(parts.context)), first: false };
    let in_bulk = !parts.resolved.in_bulk.is_empty();
    reads.then_some(StandingRead { contacts: *contacts, calls, first: true }).or_else(|| in_bulk.then(changes))
}

/// Both ways of sending attributes, so that a fallback is known beforehand; and why one is closed.
fn bulk_updates(parts: &Parts<'_>, steps: &[Step]) -> Option<BulkPlan> {
    let (work, context) = (parts.work, parts.context);
    let wanted = context.capabilities.bulk_update_rows.is_some() && context.export.connection.limits.bulk_updates == BulkUpdates::Auto;
    let stopped = work.bulk.memory.stopped(context.now).filter(|_| wanted).map(StoppedPlan::from);
    let bulk = steps.iter().find(|step| step.task().is_some_and(|task| task.bulk));
    let (contacts, calls) = bulk.map_or((0, 0), |step| (step.rows.unwrap_or(0), step.calls.unwrap_or(0)));
    let trials: u64 = steps.iter().filter(|step| step.act == Act::TryBulk).filter_map(|step| step.calls).sum();
    let tried = work.bulk.to_try(context, parts.resolved.in_bulk.keys().copied());
    (contacts > 0 || stopped.is_some()).then(|| BulkPlan {
        contacts,
        calls: calls + trials,
        trials: tried.into_iter().map(context.capabilities.status_word).collect(),
        calls_one_by_one: contacts,
        stopped,
    })
}

fn rejected(parts: &Parts<'_>) -> BTreeMap<String, u64> {
    let mut rejected = parts.work.desired.rejects.by_code().clone();
    let before = parts.work.tally.rejected_before;
    if before > 0 {
        rejected.insert("refused-before".to_owned(), before);
    }
    rejected
}

fn counts(parts: &Parts<'_>) -> Counts {
    let (rows, tally, resolved) = (&parts.work.desired.tally, &parts.work.tally, parts.resolved);
    let new = resolved.create + resolved.known + resolved.restore;
    let kept_status = resolved.known - resolved.known_as.get(&SubscriptionStatus::Subscribed).copied().unwrap_or(0);
    Counts {
        read: rows.read,
        synced: 0,
        unchanged: tally.unchanged,
        rejected: rows.rejected + resolved.refused + tally.rejected_before,
        not_addressable: rows.not_addressable,
        duplicates: rows.duplicates,
        across_segments: rows.across_segments,
        suppressed: rows.suppressed,
        no_consent: resolved.no_consent + tally.withdrawn,
        left: tally.left,
        unverified: 0,
        pending: new + tally.updated + tally.moved,
        added: new - kept_status,
        kept_status,
        updated: tally.updated,
        removed: tally.leavers - tally.leaving + resolved.archive_only,
    }
}

fn kept_while_broken(why: &str) -> String {
    format!("nobody is taken out until this is fixed, except who is never to be sent: {why}")
}

fn deleted(parts: &Parts<'_>, container: &ContainerId) -> bool {
    parts.settled.resources.steps.iter().any(|step| matches!(step, ResourceStep::DeleteContainer { id, .. } if *id == container.0))
}

/// A dropped segment came back, and goes on with its list.
fn is_used_again(parts: &Parts<'_>, container: &ContainerId) -> bool {
    parts.settled.resources.containers.iter().any(|c| match &c.state {
        ContainerState::Known(id) | ContainerState::Take { id, .. } => id == container,
        ContainerState::Create | ContainerState::Recreate { .. } | ContainerState::Dropped(_) => false,
    })
}

/// Which of the new contacts get another status than the one chosen.
fn lower_status(parts: &Parts<'_>) -> Option<String> {
    let mut lower: BTreeMap<&str, u64> = BTreeMap::new();
    let creates = |key: Key| {
        let entries = &parts.work.desired.entries;
        let at = entries.binary_search_by_key(&key, ChangeEntry::key).ok();
        at.is_some_and(|at| !entries[at].flags().has(ChangeFlags::RESTORE))
    };
    for status in parts.work.statuses.iter().filter(|(key, _)| creates(**key)).map(|(_, status)| *status) {
        *lower.entry((parts.context.capabilities.status_word)(status)).or_default() += 1;
    }
    let lower: Vec<_> = lower.into_iter().map(|(word, people)| format!("{people} as {word}")).collect();
    (!lower.is_empty()).then(|| {
        format!("of the new contacts, created with a lower status: {} (that of another address of the same person)", lower.join(", "))
    })
}

/// Why everyone is updated, where another run saw the reason first.
fn made_again(parts: &Parts<'_>) -> Option<String> {
    let (tally, resources) = (&parts.work.tally, &parts.settled.resources);
    let again = super::prepare::remade(&parts.context.export, &resources.seen);
    let told = resources.notes.iter().any(|note| note.contains("made again"));
    let fields = again.into_keys().collect::<Vec<_>>().join(", ");
    let everyone = tally.updated > 0 && tally.unchanged == 0 && !fields.is_empty() && !told;
    everyone.then(|| format!("made again at {} since these members were sent: {fields}", parts.context.capabilities.vendor))
}

/// What the platform may do to attributes that are about to be sent.
fn attributes_note(context: &Context, steps: &[Step], doubtful: u64) -> Option<String> {
    let sends = steps.iter().any(|step| step.attributes);
    sends.then(|| context.destination.attributes_note(doubtful)).flatten()
}

fn notes(parts: &Parts<'_>, segments: &[SegmentPlan]) -> Result<Vec<String>, Failure> {
    let context = parts.context;
    let capabilities = context.capabilities;
    let mut notes: Vec<String> = context.export.broken.iter().map(|why| kept_while_broken(why)).collect();
    notes.extend(parts.settled.resources.notes.iter().cloned());
    notes.extend(made_again(parts));
    let limits = &context.export.connection.limits;
    let stopped = parts.work.bulk.memory.stopped(context.now).filter(|_| limits.bulk_updates == BulkUpdates::Auto);
    notes.extend(stopped.map(|stopped| stopped.words(context.export.name.as_str())));
    notes.extend(parts.work.desired.value_notes.iter().map(plan::values::line));
    if segments.iter().any(|s| s.joins > 0) {
        notes.push(capabilities.on_join_note.to_owned());
    }
    if parts.resolved.create > 0 {
        let status = context.export.new_contacts.status;
        let word = status.map(|status| format!(" ({})", (capabilities.status_word)(status))).unwrap_or_default();
        notes.push(format!("each new contact{word}: {}", (capabilities.on_create_note)(status)));
        notes.extend(lower_status(parts));
    }
    if segments.iter().any(|s| s.leaves > 0)
        && parts.resolved.archive - parts.resolved.archive_only < parts.work.tally.leavers - parts.work.tally.leaving
    {
        notes.push(capabilities.on_leave_note.to_owned());
    }
    let upsert = segments.iter().filter(|s| !s.mirror).map(|s| format!("\"{}\"", s.container)).collect::<Vec<_>>();
    if !upsert.is_empty() {
        let why = if context.export.mode == Some(Mode::Upsert) {
            "mode is upsert"
        } else {
            "it existed before us; set mode: mirror to change that"
        };
        notes.push(format!("nobody is taken out of {}: {why}", upsert.join(", ")));
    }
    if parts.settled.moved {
        notes.push("the target changed: what was written to the earlier one stays there and is no longer looked after".to_owned());
    }
    notes.extend(context.export.connection.credentials.notes());
    notes.extend(plan::cost::above_documented(capabilities, &context.export.connection.limits, context.connections));
    if let (Some(view), Some(state)) = (parts.view, &parts.settled.state) {
        let kept = view.orphans(state.id)?.into_iter().filter(|o| !deleted(parts, &o.remote) && !is_used_again(parts, &o.remote));
        let orphans: Vec<_> = kept.map(|o| format!("\"{}\" ({})", o.name, o.remote)).collect();
        if !orphans.is_empty() {
            notes.push(format!("kept at {} and no longer looked after: {}", capabilities.vendor, orphans.join(", ")));
        }
    }
    Ok(notes)
}
