//! What was settled, carried out: places, fields and containers created, adopted and renamed, each step recorded before the
//! next (E5). Repeating it after a crash finds what was made.

use super::{
    Context, Failure, Recorder,
    observe::{Settled, place_origin},
    pages::Pages,
    standings,
};
use crate::{
    definition::{FieldType, PlaceRef},
    destination::{self, ContainerId, ErrorKind, Fields, PlaceId, RemoteContainer, ResourceChange, ResourceDone},
    member::Key,
    plan::{
        PlacePlan, ResourceStep, remade,
        resources::{Begun, ContainerPlan, ContainerState},
    },
    state::{ContainerRecord, ExportId, Origin, PlaceRow, Store, Wanted},
};
use chrono::Utc;

/// Where an export's members go, once its resources are there and recorded.
pub struct Ready {
    pub export: ExportId,
    pub place: PlaceId,
    pub row: PlaceRow,
    /// Containers by slot; dropped ones that are still there included.
    pub containers: Vec<(u8, ContainerId)>,
    /// As [`Settled::everyone_read`].
    pub everyone_read: bool,
}

/// The export's rows in the state, and what they are about.
struct Making<'a> {
    context: &'a Context,
    recorder: &'a Recorder,
    settled: &'a Settled,
    export: ExportId,
}

/// The same, with the place that everything is in.
struct Within<'a> {
    making: &'a Making<'a>,
    place: PlaceId,
    row: PlaceRow,
}

/// Creates, adopts and renames what was settled.
pub async fn apply_resources(context: &Context, recorder: &Recorder, settled: &Settled) -> Result<Ready, Failure> {
    let export = slots(context, recorder, settled).await?;
    let making = Making { context, recorder, settled, export };
    let (place, row) = making.place().await?;
    let within = Within { making: &making, place, row };
    // Neither needs the other. Both come to their ends, since a call that is dropped may have been carried out.
    let (fields, containers) = futures::join!(within.fields(), within.containers());
    fields?;
    let containers = containers?;
    Ok(Ready { export, place: within.place, row, containers, everyone_read: settled.everyone_read })
}

/// The export's row, and a slot for each of its segments.
async fn slots(context: &Context, recorder: &Recorder, settled: &Settled) -> Result<ExportId, Failure> {
    let (name, renamed) = (context.export.name.clone(), context.export.renamed_from.clone());
    let (moved, not_made, successions) = (settled.moved, settled.not_made.clone(), settled.resources.successions.clone());
    let segments: Vec<_> = context.export.slots().into_iter().map(|slot| slot.name).collect();
    let owner = context.export.owner.clone();
    let known = move |store: &mut Store| {
        let id = store.ensure_export(&name, renamed.as_ref())?;
        let id = if moved {
            store.forget_export(id)?;
            store.ensure_export(&name, None)?
        } else {
            id
        };
        not_made.iter().try_for_each(|wanted| store.settle(id, wanted))?;
        successions.iter().try_for_each(|(from, to)| store.succeed_segment(id, from, to))?;
        store.ensure_segments(id, &segments)?;
        store.note_folder(id, &owner)?;
        Ok(id)
    };
    recorder.record(known).await
}

impl Making<'_> {
    async fn place(&self) -> Result<(PlaceId, PlaceRow), Failure> {
        let Self { context, recorder, settled, export } = *self;
        let account = context.account.id.clone();
        let (id, name, origin) = match &settled.resources.place {
            PlacePlan::Existing { id, name, .. } => (PlaceId(id.clone()), name.clone(), place_origin(&context.export)),
            PlacePlan::Create { name } => {
                let wanted = Wanted::Place(name.clone());
                let made = self.create(wanted, None, &ResourceChange::CreatePlace { name: name.clone() }).await?;
                let ResourceDone::Place(made) = made else { return Err(odd_answer()) };
                (made.id, made.name, Origin::Created)
            }
            PlacePlan::Absent { name } => {
                return Err(Failure::new(super::FailureKind::Stalled, format!("there is no {name}: nothing can be made in it")));
            }
        };
        let remote = id.clone();
        let said = match context.export.target.audience.place() {
            PlaceRef::Named { name, .. } => Some(name.to_owned()),
            PlaceRef::Id(_) | PlaceRef::Account => None,
        };
        let record = move |store: &mut Store| {
            let row = store.record_place(export, &account, &remote, &name, origin)?;
            store.record_audience_name(export, said.as_deref())?;
            Ok(row)
        };
        let row = recorder.record(record).await?;
        context.is_at(&id)?;
        if matches!(settled.resources.place, PlacePlan::Create { .. }) {
            standings::nothing_to_read(context, recorder, row).await?;
        }
        Ok((id, row))
    }

    /// Makes something, on record before the call: what a lost answer leaves behind is then known as ours. The record goes
    /// where the call certainly made nothing: what somebody else makes later is theirs (E14).
    async fn create(&self, wanted: Wanted, place: Option<&PlaceId>, step: &ResourceChange) -> Result<ResourceDone, Failure> {
        let Self { context, recorder, export, .. } = *self;
        if context.cancel.is_cancelled() {
            return Err(Failure::canceled());
        }
        let (intended, at) = (wanted.clone(), Utc::now());
        recorder.record(move |store| store.intend(export, &intended, at)).await?;
        let done = context.destination.change(place, step).await;
        let strange = done.as_ref().ok().filter(|done| Begun { name: String::new(), at }.is_older(made(done)));
        let settled = strange.is_some() || done.as_ref().is_err_and(made_nothing);
        let refused = strange.map(somebody_elses);
        if settled {
            recorder.record(move |store| store.settle(export, &wanted)).await?;
        }
        refused.map_or_else(|| Ok(done?), Err)
    }
}

fn made(done: &ResourceDone) -> Option<chrono::DateTime<Utc>> {
    match done {
        ResourceDone::Place(place) => place.made,
        ResourceDone::Container(container) => container.made,
        ResourceDone::Field(_) | ResourceDone::View | ResourceDone::Deleted => None,
    }
}

/// It was refused, or never left.
fn made_nothing(error: &destination::Error) -> bool {
    !matches!(error.kind, ErrorKind::Retry { unknown: true, .. } | ErrorKind::TooLarge)
}

fn somebody_elses(done: &ResourceDone) -> Failure {
    let name = match done {
        ResourceDone::Place(place) => &place.name,
        ResourceDone::Container(container) => &container.name,
        ResourceDone::Field(_) | ResourceDone::View | ResourceDone::Deleted => "",
    };
    Failure::new(super::FailureKind::Stalled, format!("\"{name}\" was there before this run made it: somebody else did meanwhile"))
        .hint("plan again: the plan says how to take it over, or to choose another name")
}

impl Within<'_> {
    /// Those that are there afterwards, by slot.
    async fn containers(&self) -> Result<Vec<(u8, ContainerId)>, Failure> {
        self.renames().await?;
        let mut containers = Vec::new();
        for plan in &self.making.settled.resources.containers {
            if let Some(id) = self.container(plan).await? {
                containers.push((plan.bit, id));
            }
        }
        Ok(containers)
    }

    async fn fields(&self) -> Result<(), Failure> {
        let Making { context, recorder, settled, .. } = *self.making;
        let mut seen = settled.resources.seen.clone();
        let mut shown: Fields = settled.observed.fields.iter().map(|f| (f.tag.clone(), f.kind.clone())).collect();
        let by_value = context.capabilities.fields_by_value;
        for (tag, kind) in missing_fields(context, settled) {
            let wanted = ResourceChange::CreateField { tag, field_type: kind };
            if let ResourceDone::Field(made) = change(context, Some(&self.place), &wanted).await?
                && !by_value
            {
                seen = remade::look(&seen, std::slice::from_ref(&made), &|_| false);
                shown.insert(made.tag, made.kind);
            }
        }
        // Some exist only once they have a value, and some are shown by no call.
        let (row, announced) = (self.row, settled.resources.kinds.clone());
        let record = move |store: &mut Store| {
            store.record_fields(row, &shown, &announced)?;
            store.record_seen_fields(row, &seen)
        };
        recorder.record(record).await
    }

    /// In the order that was settled. A name that is only on the way to another is on record first: it is ours to take back.
    async fn renames(&self) -> Result<(), Failure> {
        let Making { context, recorder, settled, .. } = *self.making;
        let renames = settled.resources.steps.iter().filter_map(|step| match step {
            ResourceStep::RenameContainer { id, from, to, .. } => Some((ContainerId(id.clone()), from, to)),
            _ => None,
        });
        let renames: Vec<_> = renames.collect();
        for (n, (id, from, to)) in renames.iter().enumerate() {
            let (row, remote, name) = (self.row, id.clone(), (*to).clone());
            let record = move |store: &mut Store| store.rename_container(row, &remote, &name);
            let step = ResourceChange::RenameContainer { id: id.clone(), from: (*from).clone(), to: (*to).clone() };
            if renames[n + 1..].iter().any(|(later, ..)| later == id) {
                recorder.record(record).await?;
                change(context, Some(&self.place), &step).await?;
            } else {
                change(context, Some(&self.place), &step).await?;
                recorder.record(record).await?;
            }
        }
        Ok(())
    }

    async fn container(&self, plan: &ContainerPlan) -> Result<Option<ContainerId>, Failure> {
        let (remote, origin, found_read, made) = match &plan.state {
            ContainerState::Dropped(id) => return Ok(id.clone()),
            ContainerState::Known(id) => return self.known(plan, id).await.map(Some),
            ContainerState::Take { id, members, created } => {
                let origin = if *created { Origin::Created } else { Origin::Adopted };
                (id.clone(), origin, *members == Some(0), self.observed(id).and_then(|c| c.made))
            }
            ContainerState::Create | ContainerState::Recreate { .. } => {
                self.empty(plan).await?;
                let wanted = Wanted::Container(plan.name.clone());
                let step = ResourceChange::CreateContainer { name: plan.name.clone() };
                let made = self.making.create(wanted, Some(&self.place), &step).await?;
                let ResourceDone::Container(RemoteContainer { id, made, .. }) = made else { return Err(odd_answer()) };
                (id, Origin::Created, true, made)
            }
        };
        let record = ContainerRecord { place: self.row, remote: remote.clone(), name: plan.name.clone(), origin, found_read, made };
        self.record(plan.bit, &record).await?;
        self.view(&remote).await?;
        if !found_read {
            self.read_found(plan, record).await?;
        }
        Ok(Some(remote))
    }

    /// Nobody is in the new one, whoever was in the one before.
    async fn empty(&self, plan: &ContainerPlan) -> Result<(), Failure> {
        let ContainerState::Recreate { gone: was_deleted } = plan.state else { return Ok(()) };
        let Making { recorder, export, .. } = *self.making;
        let (bit, gone) = (plan.bit, self.recorded(plan).filter(|_| was_deleted));
        let forget = move |store: &mut Store| {
            store.empty_segment(export, bit)?;
            gone.map_or(Ok(()), |gone| store.forget_container(gone.place, &gone.remote))
        };
        recorder.record(forget).await
    }

    async fn known(&self, plan: &ContainerPlan, id: &ContainerId) -> Result<ContainerId, Failure> {
        let Some(record) = self.recorded(plan) else { return Ok(id.clone()) };
        let now = ContainerRecord {
            name: self.name(plan, &record),
            made: self.observed(id).and_then(|c| c.made).or(record.made),
            ..record.clone()
        };
        if now != record {
            self.record(plan.bit, &now).await?;
        }
        self.view(id).await?;
        if !record.found_read {
            self.read_found(plan, now).await?;
        }
        Ok(id.clone())
    }

    /// What the definition calls it, once it is called so. A name that somebody else gave it is not recorded: by that it is
    /// known that the definition did not change (E4).
    fn name(&self, plan: &ContainerPlan, record: &ContainerRecord) -> String {
        let export = &self.making.context.export;
        let fold = |name: &str| export.connection.kind.fold(name);
        let wanted = export.slots().into_iter().find(|slot| slot.name == plan.segment).map(|slot| slot.container);
        match wanted {
            Some(wanted) if fold(&wanted) == fold(&plan.name) => plan.name.clone(),
            _ => record.name.clone(),
        }
    }

    fn recorded(&self, plan: &ContainerPlan) -> Option<ContainerRecord> {
        let slots = self.making.settled.state.iter().flat_map(|state| &state.segments);
        slots.into_iter().find(|slot| slot.bit == plan.bit).and_then(|slot| slot.container.clone())
    }

    fn observed(&self, id: &ContainerId) -> Option<&RemoteContainer> {
        self.making.settled.observed.containers.iter().find(|container| container.id == *id)
    }

    async fn record(&self, bit: u8, record: &ContainerRecord) -> Result<(), Failure> {
        let (export, record) = (self.making.export, record.clone());
        self.making.recorder.record(move |store| store.record_container(export, bit, &record)).await
    }

    /// Makes what people see beside a container, where the plan says that it is missing.
    async fn view(&self, id: &ContainerId) -> Result<(), Failure> {
        let missing = self.making.settled.resources.steps.iter().find_map(|step| match step {
            ResourceStep::CreateView { id: on, name, .. } if *on == id.0 => Some(name.clone()),
            _ => None,
        });
        let Some(name) = missing else { return Ok(()) };
        let step = ResourceChange::CreateView { container: id.clone(), name };
        change(self.making.context, Some(&self.place), &step).await.map(drop)
    }

    /// Records who was in a container before our first write to it (E7).
    async fn read_found(&self, plan: &ContainerPlan, record: ContainerRecord) -> Result<(), Failure> {
        let Making { context, recorder, export, .. } = *self.making;
        context.watch.phase(&format!("reading who is in \"{}\" already", plan.name), None);
        let (mut pages, bit) = (Pages::of_list(context, &self.place, &record.remote), plan.bit);
        while let Some(contacts) = pages.next().await? {
            standings::learn_ids(recorder, self.row, &contacts)?;
            recorder.write(move |store| store.record_found(export, bit, contacts.iter().map(|c| (Key::of(&c.email), &c.email))))?;
        }
        self.record(bit, &ContainerRecord { found_read: true, ..record }).await
    }
}

/// Those that the plan creates; and those that an earlier run announced and that have no value yet.
fn missing_fields(context: &Context, settled: &Settled) -> Vec<(String, FieldType)> {
    let by_value = context.capabilities.fields_by_value;
    let planned = |tag: &str| settled.resources.steps.iter().any(|s| matches!(s, ResourceStep::CreateField { tag: new, .. } if new == tag));
    let there = |tag: &str| settled.observed.fields.iter().any(|field| field.tag == tag);
    let missing = settled.resources.kinds.iter().filter(|(tag, _)| planned(tag) || (by_value && !there(tag)));
    missing.map(|(tag, kind)| (tag.clone(), kind.field_type)).collect()
}

pub async fn change(context: &Context, place: Option<&PlaceId>, change: &ResourceChange) -> Result<ResourceDone, Failure> {
    if context.cancel.is_cancelled() {
        return Err(Failure::canceled());
    }
    Ok(context.destination.change(place, change).await?)
}

fn odd_answer() -> Failure {
    Failure::new(super::FailureKind::Stalled, "the platform answered a creation with something else")
}
