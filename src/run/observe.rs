//! The platform's resources: observed, settled with what is recorded and wanted, created and recorded.

use super::{Context, Failure, Recorder, pages::Pages, remove, shared, standings};
use crate::{
    definition::{Export, FieldType, Name, PlaceRef},
    destination::{ContainerId, Observed, PlaceId, RemoteContainer, RemoteField, ResourceChange, ResourceDone, Sought, WantedField},
    member::Key,
    plan::{
        PlacePlan, ResourceStep,
        resources::{self, ContainerPlan, ContainerState, Inputs, Recorded, RecordedSlot, Resources},
    },
    state::{ContainerRecord, ExportId, ExportState, Origin, PlaceRow, Store, View, Wanted},
};
use std::collections::{BTreeMap, BTreeSet};

/// An export's resources, settled against one observation.
pub struct Settled {
    pub resources: Resources,
    /// What the state holds of the export, unless its target changed.
    pub state: Option<ExportState>,
    /// The target is another one than the state's: everything recorded there stays there, nothing of it counts here.
    pub moved: bool,
    pub observed: Observed,
    /// Everyone at the platform was read for this run: who is not known does not exist there.
    pub everyone_read: bool,
}

/// Reads the platform's resources (never writes) and settles what is to be created or changed.
pub async fn settle(context: &Context, view: Option<&View>) -> Result<Settled, Failure> {
    let known = view.map(|v| known(&context.export, v)).transpose()?.flatten();
    let removed = context.export.removed;
    if removed {
        remove::check(context, known.as_ref())?;
    }
    // What a deleted export wrote is where it is recorded, whatever its last definition says.
    let moved = !removed && known.as_ref().is_some_and(|state| has_moved(&context.export, &context.account.id, state));
    let state = known.filter(|_| !moved);
    let mut recorded = recorded(view, state.as_ref())?;
    let known: Vec<_> =
        recorded.slots.iter().filter_map(|s| s.container.as_ref()).map(|(id, name, _)| (id.clone(), name.clone())).collect();
    let names: Vec<_> = context.export.slots().into_iter().map(|slot| slot.container).collect();
    let sought = Sought { place: recorded.place.as_ref(), known: &known, names: &names };
    let observed = context.destination.observe(&sought).await?;
    recorded.claimed = claimed(context, view, &observed)?;
    recorded.place = recorded.place.or(made_for_another(context, view, &observed)?);
    let fit = |wanted: &WantedField<'_>, remote: Option<&RemoteField>| context.destination.fit(wanted, remote);
    let inputs =
        Inputs { export: &context.export, recorded: &recorded, observed: &observed, capabilities: context.capabilities, fit: &fit };
    let resources = resources::settle(&inputs)?;
    shared::check(context, view, &resources.place)?;
    Ok(Settled { resources, state, moved, observed, everyone_read: false })
}

/// What the state holds of an export under its name, or under the one it had before (E17).
pub(super) fn known(export: &Export, view: &View) -> Result<Option<ExportState>, Failure> {
    match (view.export(&export.name)?, &export.renamed_from) {
        (None, Some(before)) if !export.removed => Ok(view.export(before)?),
        (known, _) => Ok(known),
    }
}

fn has_moved(export: &Export, account: &str, state: &ExportState) -> bool {
    let audience = &export.target.audience;
    let place = state.place.as_ref().is_some_and(|place| {
        let elsewhere = match audience.place() {
            PlaceRef::Id(id) => place.remote.0 != id,
            PlaceRef::Named { name, .. } => place.name != name,
            PlaceRef::Account => false,
        };
        elsewhere || place.account != account
    });
    // The one container, named by its id, is another one now.
    let containers = state.segments.iter().filter_map(|segment| segment.container.as_ref());
    let container = audience.container_id().is_some_and(|id| containers.into_iter().any(|container| container.remote.0 != id));
    place || container
}

/// A place that is there and that we did not make: named by its id, or taken over.
pub fn place_origin(export: &Export) -> Origin {
    match export.target.audience.place() {
        PlaceRef::Named { .. } => Origin::Adopted,
        PlaceRef::Id(_) | PlaceRef::Account => Origin::Named,
    }
}

fn recorded(view: Option<&View>, state: Option<&ExportState>) -> Result<Recorded, Failure> {
    let (Some(view), Some(state)) = (view, state) else { return Ok(Recorded::default()) };
    let intents = view.intents(state.id)?;
    let begun = intents.iter().filter_map(|i| if let Wanted::Container(name) = &i.wanted { Some(name.clone()) } else { None });
    let slot = |s: &crate::state::SegmentSlot| RecordedSlot {
        bit: s.bit,
        segment: s.segment.clone(),
        container: s.container.as_ref().map(|c| (c.remote.clone(), c.name.clone(), c.origin == Origin::Created)),
    };
    Ok(Recorded {
        place: state.place.as_ref().map(|p| p.remote.clone()),
        slots: state.segments.iter().map(slot).collect(),
        fields: state.fields.clone(),
        begun: begun.collect(),
        place_begun: intents.iter().any(|i| matches!(i.wanted, Wanted::Place(_))),
        orphans_created: orphans_created(view, state)?,
        claimed: BTreeMap::new(),
    })
}

fn orphans_created(view: &View, state: &ExportState) -> Result<Vec<ContainerId>, Failure> {
    let here = state.place.as_ref().map(|p| p.row);
    let orphans = view.orphans(state.id)?.into_iter();
    Ok(orphans.filter(|o| o.origin == Origin::Created && Some(o.place) == here).map(|o| o.remote).collect())
}

/// An audience of the name that is wanted, where another export had it made: exports may share it (E16).
fn made_for_another(context: &Context, view: Option<&View>, observed: &Observed) -> Result<Option<PlaceId>, Failure> {
    let (Some(view), Some(place)) = (view, &observed.place) else { return Ok(None) };
    let made = view.place_origin(&context.account.id, &place.id)? == Some(Origin::Created);
    Ok(made.then(|| place.id.clone()))
}

/// Containers of the names that this export wants, where another export has them (E16).
fn claimed(context: &Context, view: Option<&View>, observed: &Observed) -> Result<BTreeMap<ContainerId, Name>, Failure> {
    let export = &context.export;
    let (Some(view), Some(place)) = (view, &observed.place) else { return Ok(BTreeMap::new()) };
    let Some(row) = view.place(&context.account.id, &place.id)? else { return Ok(BTreeMap::new()) };
    let kind = export.connection.kind;
    let wanted: BTreeSet<String> = export.slots().iter().map(|slot| kind.fold(&slot.container)).collect();
    let by_id = export.target.audience.container_id();
    let mut claimed = BTreeMap::new();
    for container in observed.containers.iter().filter(|c| wanted.contains(&kind.fold(&c.name)) || Some(c.id.0.as_str()) == by_id) {
        let owner = view.claimed_by(row, &container.id)?;
        let others = owner.filter(|owner| *owner != export.name && Some(owner) != export.renamed_from.as_ref());
        claimed.extend(others.map(|owner| (container.id.clone(), owner)));
    }
    Ok(claimed)
}

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

/// Creates, adopts and renames what was settled, recording each step before the next (E5). Repeating it after a crash
/// finds what was made.
pub async fn apply_resources(context: &Context, recorder: &Recorder, settled: &Settled) -> Result<Ready, Failure> {
    let (name, renamed) = (context.export.name.clone(), context.export.renamed_from.clone());
    let moved = settled.moved;
    let segments: Vec<_> = context.export.slots().into_iter().map(|slot| slot.name).collect();
    let export = recorder
        .record(move |store| {
            let id = store.ensure_export(&name, renamed.as_ref())?;
            let id = if moved {
                store.forget_export(id)?;
                store.ensure_export(&name, None)?
            } else {
                id
            };
            store.ensure_segments(id, &segments)?;
            Ok(id)
        })
        .await?;
    let (place, row) = place(context, recorder, settled, export).await?;
    fields(context, recorder, settled, &place, row).await?;
    let mut containers = Vec::new();
    for plan in &settled.resources.containers {
        if let Some(id) = container(context, recorder, settled, plan, export, &place, row).await? {
            containers.push((plan.bit, id));
        }
    }
    Ok(Ready { export, place, row, containers, everyone_read: settled.everyone_read })
}

async fn place(context: &Context, recorder: &Recorder, settled: &Settled, export: ExportId) -> Result<(PlaceId, PlaceRow), Failure> {
    let account = context.account.id.clone();
    let (id, name, origin) = match &settled.resources.place {
        PlacePlan::Existing { id, name, .. } => (PlaceId(id.clone()), name.clone(), place_origin(&context.export)),
        PlacePlan::Create { name } => {
            intend(context, recorder, export, Wanted::Place(name.clone())).await?;
            let ResourceDone::Place(made) = change(context, None, &ResourceChange::CreatePlace { name: name.clone() }).await? else {
                return Err(odd_answer());
            };
            (made.id, made.name, Origin::Created)
        }
        PlacePlan::Absent { name } => {
            return Err(Failure::new(super::FailureKind::Stalled, format!("there is no {name}: nothing can be made in it")));
        }
    };
    let remote = id.clone();
    let row = recorder.record(move |store| store.record_place(export, &account, &remote, &name, origin)).await?;
    context.is_at(&id)?;
    if matches!(settled.resources.place, PlacePlan::Create { .. }) {
        super::standings::nothing_to_read(context, recorder, row).await?;
    }
    Ok((id, row))
}

async fn fields(context: &Context, recorder: &Recorder, settled: &Settled, place: &PlaceId, row: PlaceRow) -> Result<(), Failure> {
    let mut kinds: crate::destination::Fields = settled.observed.fields.iter().map(|f| (f.tag.clone(), f.kind.clone())).collect();
    for (tag, kind) in missing_fields(context, settled) {
        let wanted = ResourceChange::CreateField { tag, field_type: kind };
        if let ResourceDone::Field(made) = change(context, Some(place), &wanted).await? {
            kinds.insert(made.tag, made.kind);
        }
    }
    // Some exist only once they have a value, and some are shown by no call.
    kinds.extend(settled.resources.kinds.clone());
    recorder.record(move |store| store.record_fields(row, &kinds)).await
}

/// Those that the plan creates; and those that an earlier run announced and that have no value yet.
fn missing_fields(context: &Context, settled: &Settled) -> Vec<(String, FieldType)> {
    let by_value = context.capabilities.fields_by_value;
    let planned = |tag: &str| settled.resources.steps.iter().any(|s| matches!(s, ResourceStep::CreateField { tag: new, .. } if new == tag));
    let there = |tag: &str| settled.observed.fields.iter().any(|field| field.tag == tag);
    let missing = settled.resources.kinds.iter().filter(|(tag, _)| planned(tag) || (by_value && !there(tag)));
    missing.map(|(tag, kind)| (tag.clone(), kind.field_type)).collect()
}

async fn container(
    context: &Context,
    recorder: &Recorder,
    settled: &Settled,
    plan: &ContainerPlan,
    export: ExportId,
    place: &PlaceId,
    row: PlaceRow,
) -> Result<Option<ContainerId>, Failure> {
    let (remote, origin, found_read) = match &plan.state {
        ContainerState::Dropped(id) => return Ok(id.clone()),
        ContainerState::Known(id) => return known_container(context, recorder, settled, plan, id, export, place).await.map(Some),
        ContainerState::Take { id, members, created } => {
            (id.clone(), if *created { Origin::Created } else { Origin::Adopted }, *created || *members == Some(0))
        }
        ContainerState::Create | ContainerState::Recreate { .. } => {
            if let ContainerState::Recreate { gone: was_deleted } = plan.state {
                let bit = plan.bit;
                let slot = settled.state.as_ref().and_then(|s| s.segments.iter().find(|s| s.bit == bit));
                let gone = slot.and_then(|s| s.container.clone()).filter(|_| was_deleted);
                let forget = move |store: &mut Store| {
                    store.empty_segment(export, bit)?;
                    gone.map_or(Ok(()), |gone| store.forget_container(gone.place, &gone.remote))
                };
                recorder.record(forget).await?;
            }
            intend(context, recorder, export, Wanted::Container(plan.name.clone())).await?;
            let made = change(context, Some(place), &ResourceChange::CreateContainer { name: plan.name.clone() }).await?;
            let ResourceDone::Container(RemoteContainer { id, .. }) = made else { return Err(odd_answer()) };
            (id, Origin::Created, true)
        }
    };
    let record = ContainerRecord { place: row, remote: remote.clone(), name: plan.name.clone(), origin, found_read };
    let bit = plan.bit;
    recorder.record(move |store| store.record_container(export, bit, &record)).await?;
    create_view(context, settled, &remote, place).await?;
    if !found_read {
        read_found(context, recorder, plan, &remote, export, place, row, origin).await?;
    }
    Ok(Some(remote))
}

async fn known_container(
    context: &Context,
    recorder: &Recorder,
    settled: &Settled,
    plan: &ContainerPlan,
    id: &ContainerId,
    export: ExportId,
    place: &PlaceId,
) -> Result<ContainerId, Failure> {
    let slot = settled.state.as_ref().and_then(|s| s.segments.iter().find(|s| s.bit == plan.bit));
    let Some(record) = slot.and_then(|s| s.container.clone()) else { return Ok(id.clone()) };
    let rename = settled.resources.steps.iter().find_map(|step| match step {
        ResourceStep::RenameContainer { id: renamed, from, to, .. } if *renamed == id.0 => Some((from.clone(), to.clone())),
        _ => None,
    });
    if let Some((from, to)) = rename {
        change(context, Some(place), &ResourceChange::RenameContainer { id: id.clone(), from, to: to.clone() }).await?;
        let (renamed, bit) = (ContainerRecord { name: to, ..record.clone() }, plan.bit);
        recorder.record(move |store| store.record_container(export, bit, &renamed)).await?;
    }
    create_view(context, settled, id, place).await?;
    if !record.found_read {
        read_found(context, recorder, plan, id, export, place, record.place, record.origin).await?;
    }
    Ok(id.clone())
}

/// Makes what people see beside a container, where the plan says that it is missing.
async fn create_view(context: &Context, settled: &Settled, id: &ContainerId, place: &PlaceId) -> Result<(), Failure> {
    let missing = settled.resources.steps.iter().find_map(|step| match step {
        ResourceStep::CreateView { id: on, name, .. } if *on == id.0 => Some(name.clone()),
        _ => None,
    });
    let Some(name) = missing else { return Ok(()) };
    change(context, Some(place), &ResourceChange::CreateView { container: id.clone(), name }).await.map(drop)
}

/// Records who was in a container before our first write to it (E7).
#[allow(clippy::too_many_arguments, reason = "one caller's locals")]
async fn read_found(
    context: &Context,
    recorder: &Recorder,
    plan: &ContainerPlan,
    id: &ContainerId,
    export: ExportId,
    place: &PlaceId,
    row: PlaceRow,
    origin: Origin,
) -> Result<(), Failure> {
    context.watch.phase(&format!("reading who is in \"{}\" already", plan.name), None);
    let (mut pages, bit) = (Pages::of_list(context, place, id), plan.bit);
    while let Some(contacts) = pages.next().await? {
        standings::learn_ids(recorder, row, &contacts)?;
        recorder.write(move |store| store.record_found(export, bit, contacts.iter().map(|c| (Key::of(&c.email), &c.email))))?;
    }
    let record = ContainerRecord { place: row, remote: id.clone(), name: plan.name.clone(), origin, found_read: true };
    recorder.record(move |store| store.record_container(export, bit, &record)).await
}

async fn intend(context: &Context, recorder: &Recorder, export: ExportId, wanted: Wanted) -> Result<(), Failure> {
    let now = context.now;
    recorder.record(move |store| store.intend(export, &wanted, now)).await
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
