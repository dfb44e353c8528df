//! What the guard is told: of lists, of segments and what they are built on, of what is approved; and whom the plan changes.

use super::{Context, Failure, assemble::Parts, hold, observe::Settled, prepare::Work};
use crate::{
    definition::{Expect, Segment, Slot},
    member::{ChangeFlags, Key, row_key},
    plan::{
        PlacePlan, Plan,
        approval::{Approvals, Changes},
        diff::Leaver,
        guard::{
            self, ColumnGone, ConsentFacts, ConsentGone, Counted, Doubt, Facts, FileCut, InputFacts, RemovalFacts, SegmentFacts, Verdict,
        },
        resources::{ContainerPlan, ContainerState},
    },
    platform::SubscriptionStatus,
    segment::Input,
    source::{Cell, Ends, KnownEnds},
    state::{ApprovalId, ContainerRecord, GuardMemory, Origin},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Files that a reason names.
const NAMED: usize = 10;

/// What was judged, and what a run that carries it out uses up or goes by.
pub struct Guarded {
    pub verdict: Verdict,
    /// What it would be held for if nothing were approved.
    pub unapproved: Verdict,
    /// Approvals for this target; used up where they were needed.
    pub approvals: Vec<ApprovalId>,
    /// Slot → people whose removal is approved and who are off the list after the plan.
    pub set_aside: BTreeMap<u8, u64>,
    /// Slot → of the leavers, those who are suppressed.
    pub suppressed: BTreeMap<u8, u64>,
    /// Segments read, with their sizes.
    pub sizes: BTreeMap<String, u64>,
    pub memory: GuardMemory,
    /// How files ended before, in any export.
    pub ends: KnownEnds,
}

/// Judges the plan by what is known of it and of the runs before.
pub fn judge(parts: &Parts<'_>, plan: &Plan) -> Result<Guarded, Failure> {
    let (approvals, approved) = hold::approvals(parts.context, parts.view)?;
    let before = parts.view.map(|view| view.guard_memory(&parts.context.export.name)).transpose()?.flatten();
    let memory = before.unwrap_or_default();
    let others = parts.view.map_or(Ok(Ends::default()), |view| view.ends_elsewhere(&parts.context.export.name))?;
    let ends = KnownEnds { own: memory.ends.clone(), others };
    let gathering = Gathering { parts, plan, memory: &memory, ends: &ends };
    let (facts, set_aside) = gathering.facts(&approved)?;
    let export = &parts.context.export;
    let nothing = Approvals::default();
    let unapproved = match approved.is_empty() {
        true => guard::judge(&facts, &export.guard, &nothing),
        false => guard::judge(&gathering.facts(&nothing)?.0, &export.guard, &nothing),
    };
    let verdict = guard::judge(&facts, &export.guard, &approved);
    let sizes = parts.context.export.segments.iter().zip(&parts.work.desired.tally.addressable);
    let sizes = sizes.map(|(segment, members)| (segment.name.to_string(), *members));
    let inputs = parts.work.inputs.iter().map(|input| (hold::size_name(input.segment.as_str(), input.excludes), input.members));
    let consent = hold::consent_name(export).filter(|_| !export.removed).map(|name| {
        let notes = &parts.work.desired.consent;
        [(hold::size_name(&name, true), notes.without), (name, notes.consented)]
    });
    let sizes = sizes.chain(inputs).chain(consent.into_iter().flatten()).collect();
    let suppressed = parts.work.tally.suppressed_leaves.clone();
    Ok(Guarded { verdict, unapproved, approvals, set_aside, suppressed, sizes, memory, ends })
}

/// Whom a plan changes, list by list: 16 bytes each, made only where it is kept.
pub fn changes(context: &Context, settled: &Settled, work: &Work) -> Changes {
    let names: BTreeMap<u8, String> = settled.resources.containers.iter().map(|c| (c.bit, c.segment.to_string())).collect();
    let name = |bit: u8| names.get(&bit).cloned().unwrap_or_default();
    let mut changes = Changes { target: hold::target(context), ..Changes::default() };
    for leaver in &work.leavers {
        lists_of(leaver).for_each(|bit| changes.removed.entry(bit.map(name).unwrap_or_default()).or_default().push(leaver.key));
    }
    for entry in &work.desired.entries {
        let joins = work.desired.sets.mask(entry.set()).bits();
        joins.for_each(|bit| changes.added.entry(name(bit)).or_default().push(entry.key()));
    }
    let lists = work.inputs.iter().filter(|input| !input.unreadable.rows.is_empty());
    changes.unreadable = lists.map(|input| (input.segment.to_string(), input.unreadable.distinct())).collect();
    changes.removed.values_mut().chain(changes.added.values_mut()).for_each(|keys| keys.sort_unstable());
    changes
}

/// Who is only archived is on no list.
fn lists_of(leaver: &Leaver) -> impl Iterator<Item = Option<u8>> {
    let none = leaver.segments.is_empty().then_some(None);
    leaver.segments.bits().map(Some).chain(none)
}

/// Cells that could not be compared, by segment and column; and under which name and key it is remembered that they were accepted.
/// Twice as many are another question.
pub fn doubts_of(work: &Work) -> impl Iterator<Item = (Doubt, String, Key)> {
    work.notices.iter().filter(|notice| notice.what.is_unknown_comparison()).filter_map(|notice| {
        let segment = notice.segment.as_ref()?.as_str();
        let excludes = work.inputs.iter().any(|input| input.excludes && input.segment.as_str() == segment);
        let doubt = Doubt { segment: segment.to_owned(), subject: notice.subject.clone(), cells: notice.count, excludes };
        let magnitude = u64::BITS - notice.count.leading_zeros();
        let key = row_key(Cell::Text(&format!("{}\0{}\0{magnitude}", notice.subject, notice.what.words(false))));
        Some((doubt, hold::size_name(segment, excludes), key))
    })
}

struct Gathering<'a> {
    parts: &'a Parts<'a>,
    plan: &'a Plan,
    memory: &'a GuardMemory,
    ends: &'a KnownEnds,
}

impl Gathering<'_> {
    /// Also: slot → people set aside, since their removal is approved.
    fn facts(&self, approved: &Approvals) -> Result<(Facts, BTreeMap<u8, u64>), Failure> {
        let (parts, plan) = (self.parts, self.plan);
        let export = &parts.context.export;
        let known = match &plan.place {
            PlacePlan::Existing { contacts, .. } => contacts.unwrap_or(0),
            PlacePlan::Create { .. } | PlacePlan::Absent { .. } => 0,
        };
        let named = |name: &String| export.suppress.iter().any(|segment| segment.name.as_str() == name);
        let mut set_aside = BTreeMap::new();
        // A removal is judged as a whole: everyone in it is approved by name, whatever the share.
        let segments = if export.removed { Vec::new() } else { self.segments(approved, &mut set_aside)? };
        let facts = Facts {
            segments,
            inputs: parts.work.inputs.iter().map(|input| self.input(input, approved)).collect::<Result<_, _>>()?,
            suppression_gone: self.in_force()?.into_iter().filter(|name| !export.removed && !named(name)).collect(),
            exclusions_gone: self.exclusions_gone(),
            consent_gone: self.consent_gone(),
            consent: self.consent()?,
            files_cut: self.files_cut(),
            doubts: self.doubts()?,
            removed: plan.counts.removed,
            columns_gone: self.columns_gone(),
            additions: self.arrivals(plan.members.new, ChangeFlags::NEW, approved),
            members: parts.wanted,
            mails_new_contacts: export.new_contacts.status == Some(SubscriptionStatus::Pending) && !self.memory.mails_new_contacts,
            new_contacts: self.arrivals(plan.members.create, ChangeFlags::CREATE, approved),
            known_contacts: known,
            contact_limit: export.connection.limits.contacts,
            rows: plan.counts.read,
            newly_rejected: plan.counts.rejected.saturating_sub(self.memory.rejected),
            unlinked: parts.work.unlinked,
            new_addresses: plan.members.create + plan.members.restore,
            target_changed: parts.settled.moved.then(|| hold::target(parts.context)),
            other_folder: super::observe::other_folder(export, parts.view)?,
            removal: export.removed.then(|| self.removal(approved)),
        };
        Ok((facts, set_aside))
    }

    /// Suppression lists of the export's last run, and those that the settings named in the last run of any, but for those
    /// that may be gone.
    fn in_force(&self) -> Result<BTreeSet<String>, Failure> {
        let mut names = self.parts.view.map_or(Ok(BTreeSet::new()), |view| view.suppression_of_settings())?;
        names.extend(self.memory.suppress.iter().cloned());
        self.memory.dropped.iter().for_each(|name| _ = names.remove(name));
        Ok(names)
    }

    /// Segments on the right side of `except` or in an `intersect` that kept people out in the last run and do so no more.
    fn exclusions_gone(&self) -> Vec<String> {
        let inputs = &self.parts.work.inputs;
        let excludes = |name: &String| inputs.iter().any(|input| input.excludes && input.segment.as_str() == name);
        let before = self.memory.excluding.iter().filter(|_| !self.parts.context.export.removed);
        let before = before.filter(|name| !hold::is_consent(name));
        before.filter(|name| !excludes(name) && !self.memory.dropped.contains(name)).cloned().collect()
    }

    /// The evidence of consent that the last run asked for, where this one does not.
    fn consent_gone(&self) -> Option<ConsentGone> {
        let export = &self.parts.context.export;
        let mut before = self.memory.excluding.iter().filter(|name| hold::is_consent(name) && !export.removed);
        let name = before.rfind(|name| !hold::still_asks(name, export))?;
        Some(ConsentGone { name: name.clone(), now: hold::consent_name(export) })
    }

    fn consent(&self) -> Result<Option<ConsentFacts>, Failure> {
        let export = &self.parts.context.export;
        let Some(name) = hold::consent_name(export).filter(|_| !export.removed) else { return Ok(None) };
        let notes = &self.parts.work.desired.consent;
        let (most_consented, most_without) = (self.largest(&name, false)?, self.largest(&hold::size_name(&name, true), false)?);
        Ok(Some(ConsentFacts { name, consented: notes.consented, most_consented, without: notes.without, most_without }))
    }

    /// What queries could not compare, more of it than a run went through with.
    fn doubts(&self) -> Result<Vec<Doubt>, Failure> {
        let (view, export) = (self.parts.view, &self.parts.context.export.name);
        let mut doubts = Vec::new();
        for (doubt, name, key) in doubts_of(self.parts.work) {
            let accepted = view.map(|view| view.accepts_row(export, &name, key)).transpose()?;
            if !accepted.unwrap_or(false) {
                doubts.push(doubt);
            }
        }
        Ok(doubts)
    }

    /// Files that may be cut off in their last row.
    fn files_cut(&self) -> Vec<FileCut> {
        let cut = self.parts.work.ends.cut(self.ends);
        cut.into_iter().map(|(table, file)| FileCut { table: table.to_owned(), file: file.to_owned() }).collect()
    }

    /// Columns that conditions use, and that files lack unlike before.
    fn columns_gone(&self) -> Vec<ColumnGone> {
        let gone = self.parts.work.ends.columns_gone(self.ends);
        let one = |(table, column, files): (&str, &str, Vec<&str>)| {
            let more = if files.len() > NAMED { format!(" and {} more files", files.len() - NAMED) } else { String::new() };
            let files = files[..files.len().min(NAMED)].join(", ");
            ColumnGone { table: table.to_owned(), column: format!("{column:?} in {files}{more}") }
        };
        gone.into_iter().map(one).collect()
    }

    /// Those of a kind whose addition to some list is approved.
    fn arrivals(&self, all: u64, kind: ChangeFlags, approved: &Approvals) -> Counted {
        if approved.is_empty() {
            return Counted { all, approved: 0 };
        }
        let lists = &self.parts.settled.resources.containers;
        let added = |key: Key| lists.iter().any(|list| approved.adds(list.segment.as_str(), key));
        let entries = self.parts.work.desired.entries.iter().filter(|entry| entry.flags().has(kind));
        Counted { all, approved: entries.filter(|entry| added(entry.key())).count() as u64 }
    }

    fn removal(&self, approved: &Approvals) -> RemovalFacts {
        let containers = &self.parts.settled.resources.containers;
        let name = |bit: Option<u8>| containers.iter().find(|c| Some(c.bit) == bit).map_or("", |c| c.segment.as_str());
        let leavers = &self.parts.work.leavers;
        let by_name = |leaver: &&Leaver| lists_of(leaver).all(|bit| approved.removes(name(bit), leaver.key));
        let people = Counted { all: leavers.len() as u64, approved: leavers.iter().filter(by_name).count() as u64 };
        let deletes = self.parts.context.export.on_delete == crate::definition::OnDelete::DeleteTarget;
        RemovalFacts { people, containers: deletes.then_some(self.parts.settled.resources.steps.len() as u64) }
    }

    /// One for each list; where all segments are one list, one for each segment too.
    fn segments(&self, approved: &Approvals, set_aside: &mut BTreeMap<u8, u64>) -> Result<Vec<SegmentFacts>, Failure> {
        let slots = self.parts.context.export.slots();
        let mut facts = Vec::new();
        for container in &self.parts.settled.resources.containers {
            let slot = slots.iter().find(|slot| slot.name == container.segment);
            let single = slot.filter(|slot| slot.segments.iter().all(|segment| segment.name == slot.name));
            let together = slot.is_some() && single.is_none();
            let aside = self.aside(container, approved)?;
            set_aside.insert(container.bit, aside);
            facts.push(SegmentFacts { together, ..self.of_list(container, single, slot.is_none(), aside, approved)? });
            if together {
                let segments = slot.into_iter().flat_map(|slot| &slot.segments);
                facts.extend(segments.map(|segment| self.of_segment(segment)).collect::<Result<Vec<_>, _>>()?);
            }
        }
        Ok(facts)
    }

    /// A segment of several that are one list: how many it holds, and how fresh it is.
    fn of_segment(&self, segment: &Arc<Segment>) -> Result<SegmentFacts, Failure> {
        let members = self.members_of(segment);
        let (expect, age_seconds) = (segment.expect, self.age_of(segment));
        let largest = self.largest(segment.name.as_str(), false)?.max(members);
        let name = segment.name.to_string();
        Ok(SegmentFacts { name, members, expect, age_seconds, largest, part: true, ..SegmentFacts::default() })
    }

    fn members_of(&self, segment: &Segment) -> u64 {
        let at = self.parts.context.export.segments.iter().position(|s| s.name == segment.name);
        at.and_then(|at| self.parts.work.desired.tally.addressable.get(at)).copied().unwrap_or(0)
    }

    fn of_list(
        &self,
        container: &ContainerPlan,
        single: Option<&Slot>,
        dropped: bool,
        aside: u64,
        approved: &Approvals,
    ) -> Result<SegmentFacts, Failure> {
        let (work, bit) = (self.parts.work, container.bit);
        let of = |map: &BTreeMap<u8, u64>| map.get(&bit).copied().unwrap_or(0);
        let segment = single.and_then(|slot| slot.segments.first());
        let record = self.record(container);
        let before = of(&work.tally.before);
        let mut largest = before;
        if let (Some(view), Some(record)) = (self.parts.view, record) {
            largest = largest.max(view.largest_size(record.place, &record.remote, self.parts.context.now.date_naive())?.unwrap_or(0));
        }
        let (joins, leaves, suppressed) = (of(&self.parts.resolved.joins), of(&work.tally.leaves), of(&work.tally.suppressed_leaves));
        let list = container.segment.as_str();
        let here = || work.leavers.iter().filter(|leaver| leaver.segments.has(bit) && !leaver.suppressed);
        let removals = here().filter(|leaver| approved.removes(list, leaver.key)).count() as u64;
        let is =
            |state: ContainerState| (container.state == state).then(|| record.map_or_else(|| list.to_owned(), |r| r.remote.to_string()));
        Ok(SegmentFacts {
            name: if single.is_some() || dropped { list.to_owned() } else { format!("\"{}\"", container.name) },
            members: of(&work.desired.tally.members),
            removals: Counted { all: leaves - suppressed, approved: removals },
            after: (before + joins).saturating_sub(leaves),
            largest,
            set_aside: aside + suppressed,
            additions: self.additions(container, joins, approved),
            expect: segment.map_or_else(Expect::default, |segment| segment.expect),
            age_seconds: segment.and_then(|segment| self.age_of(segment)),
            dropped,
            stays_empty: self.memory.went_through && before == 0 && joins == 0,
            container_gone: is(ContainerState::Recreate { gone: true }),
            made_anew: is(ContainerState::Recreate { gone: false }),
            first_write: if joins > 0 { self.first_write(container, record)? } else { None },
            together: false,
            part: false,
        })
    }

    fn additions(&self, container: &ContainerPlan, all: u64, approved: &Approvals) -> Counted {
        if approved.is_empty() {
            return Counted { all, approved: 0 };
        }
        let desired = &self.parts.work.desired;
        let here = desired.entries.iter().filter(|entry| desired.sets.mask(entry.set()).has(container.bit));
        Counted { all, approved: here.filter(|entry| approved.adds(container.segment.as_str(), entry.key())).count() as u64 }
    }

    fn record(&self, container: &ContainerPlan) -> Option<&ContainerRecord> {
        let slots = self.parts.settled.state.iter().flat_map(|state| &state.segments);
        slots.into_iter().find(|slot| slot.bit == container.bit).and_then(|slot| slot.container.as_ref())
    }

    /// Those whose removal from a list is approved: who goes now, and who went before with the same approval.
    fn aside(&self, container: &ContainerPlan, approved: &Approvals) -> Result<u64, Failure> {
        let (Some(view), Some(state)) = (self.parts.view, &self.parts.settled.state) else { return Ok(0) };
        let leavers = &self.parts.work.leavers;
        let mut aside = 0;
        for key in approved.removals(container.segment.as_str()) {
            let leaver = leavers.binary_search_by_key(&key, |leaver| leaver.key).ok().map(|at| &leavers[at]);
            let goes = leaver.is_some_and(|leaver| leaver.segments.has(container.bit) && !leaver.suppressed);
            let stays = || -> Result<bool, Failure> {
                let member = view.member(state.id, key)?;
                Ok(member.is_some_and(|m| crate::member::SegmentMask(m.segments | m.found).has(container.bit)))
            };
            aside += u64::from(goes || !stays()?);
        }
        Ok(aside)
    }

    /// Into a list that we did not make, where the platform cannot say who left it.
    fn first_write(&self, container: &ContainerPlan, record: Option<&ContainerRecord>) -> Result<Option<String>, Failure> {
        if !self.parts.context.capabilities.holds_first_write {
            return Ok(None);
        }
        let theirs = match (&container.state, record) {
            (ContainerState::Take { id, created: false, members }, _) if *members != Some(0) => Some(id.to_string()),
            (ContainerState::Known(id), Some(record)) if record.origin != Origin::Created => Some(id.to_string()),
            _ => None,
        };
        let written = match (self.parts.view, &self.parts.settled.state) {
            (Some(view), Some(state)) => view.has_joined(state.id)?,
            _ => false,
        };
        Ok(theirs.filter(|_| !written))
    }

    fn input(&self, input: &Input, approved: &Approvals) -> Result<InputFacts, Failure> {
        let name = input.segment.as_str();
        let mut accepted = 0;
        for rows in input.unreadable.rows.chunk_by(|one, other| one == other) {
            let before = self.parts.view.map(|view| view.accepts_row(&self.parts.context.export.name, name, rows[0])).transpose()?;
            let known = before.unwrap_or(false) || approved.accepts_unreadable(name, rows[0]);
            accepted += if known { rows.len() as u64 } else { 0 };
        }
        Ok(InputFacts {
            name: name.to_owned(),
            excludes: input.excludes,
            members: input.members,
            largest: self.largest(&hold::size_name(name, input.excludes), input.excludes)?,
            expect: input.expect,
            age_seconds: input.newest.map(|newest| self.age(newest).as_secs()),
            unreadable: Counted { all: input.unreadable.rows.len() as u64, approved: accepted },
        })
    }

    fn largest(&self, segment: &str, shared: bool) -> Result<u64, Failure> {
        let (export, today) = (&self.parts.context.export.name, self.parts.context.now.date_naive());
        Ok(self.parts.view.map_or(Ok(0), |view| view.largest_segment(export, segment, shared, today))?)
    }

    fn age_of(&self, segment: &Segment) -> Option<u64> {
        let at = self.parts.context.export.segments.iter().position(|s| s.name == segment.name)?;
        Some(self.age(self.parts.work.reads.get(at)?.newest?).as_secs())
    }

    fn age(&self, newest: SystemTime) -> Duration {
        SystemTime::from(self.parts.context.now).duration_since(newest).unwrap_or_default()
    }
}
