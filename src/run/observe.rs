//! The platform's resources: observed, and settled with what is recorded and wanted.

use super::{Context, Failure, FailureKind, remove, shared};
use crate::{
    definition::{Export, Name, PlaceRef},
    destination::{ContainerId, Observed, PlaceId, RemoteField, SeenFields, Sought, WantedField},
    plan::resources::{self, Begun, Inputs, Orphan, Recorded, RecordedSlot, Resources},
    state::{ExportState, Intent, Origin, View, Wanted},
};
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::Instant;

pub use super::resources::{Ready, apply_resources, change};

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
    /// Creates put nobody onto a list here, as an earlier run saw.
    pub creates_apart: bool,
    /// When the statuses of the place's contacts were read last in this run.
    pub read_at: Option<Instant>,
    /// Creations that were begun and that certainly made nothing: the observation does not show it.
    pub not_made: Vec<Wanted>,
}

/// One look at the platform, with what is known of the export.
struct Seen {
    state: Option<ExportState>,
    recorded: Recorded,
    observed: Observed,
    intents: Vec<Intent>,
}

/// Reads the platform's resources (never writes) and settles what is to be created or changed.
pub async fn settle(context: &Context, view: Option<&View>) -> Result<Settled, Failure> {
    let export = &context.export;
    let known = view.map(|v| known(export, v)).transpose()?.flatten();
    if export.removed {
        remove::check(context, known.as_ref())?;
    }
    // What a deleted export wrote is where it is recorded, whatever its last definition says.
    let elsewhere = !export.removed && known.as_ref().is_some_and(|state| leads_elsewhere(context, state));
    let seen = look(context, view, known.filter(|_| !elsewhere)).await?;
    let another = !export.removed && seen.state.as_ref().is_some_and(|state| names_another(export, state, &seen.observed));
    let Seen { state, recorded, observed, intents } = if another { look(context, view, None).await? } else { seen };
    let fit = |wanted: &WantedField<'_>, remote: Option<&RemoteField>| context.destination.fit(wanted, remote);
    let capabilities = context.capabilities;
    let resources = resources::settle(&Inputs { export, recorded: &recorded, observed: &observed, capabilities, fit: &fit })?;
    shared::check(context, view, &resources.place)?;
    let not_made = intents.into_iter().map(|intent| intent.wanted).filter(|wanted| is_absent(export, wanted, &observed)).collect();
    Ok(Settled {
        resources,
        state,
        moved: elsewhere || another,
        observed,
        everyone_read: false,
        read_at: None,
        creates_apart: false,
        not_made,
    })
}

async fn look(context: &Context, view: Option<&View>, state: Option<ExportState>) -> Result<Seen, Failure> {
    let export = &context.export;
    let intents = match (view, &state) {
        (Some(view), Some(state)) => view.intents(state.id)?,
        _ => Vec::new(),
    };
    let mut recorded = recorded(view, state.as_ref(), &intents)?;
    let slots = recorded.slots.iter().filter_map(|s| s.container.as_ref()).map(|(id, name, _)| (id.clone(), name.clone()));
    let orphans = recorded.orphans.iter().map(|orphan| (orphan.id.clone(), orphan.name.clone()));
    let known: Vec<_> = slots.chain(orphans).collect();
    let names: Vec<_> = export.slots().into_iter().map(|slot| slot.container).collect();
    let begun: Vec<_> = recorded.begun.iter().map(|begun| begun.name.clone()).collect();
    let observe =
        async |place: Option<&PlaceId>| context.destination.observe(&Sought { place, known: &known, names: &names, begun: &begun }).await;
    let mut observed = observe(recorded.place.as_ref()).await?;
    let same = if recorded.place.is_none() { known_by_name(context, view, &observed)? } else { None };
    if let Some(place) = same {
        let there = observe(Some(&place)).await?;
        if there.place.is_some() {
            (recorded.place, observed) = (Some(place), there);
        }
    }
    if context.account.shows.is_some()
        && let Some(place) = &mut observed.place
    {
        place.id = PlaceId(context.account.id.clone());
    }
    recorded.claimed = claimed(context, view, &observed)?;
    recorded.seen = seen_fields(context, view, &observed)?;
    recorded.place = recorded.place.or(made_for_another(context, view, &observed)?);
    Ok(Seen { state, recorded, observed, intents })
}

/// From which folder to which, where what the state holds under the export's name is another folder's. Administrators may have
/// every name.
pub fn other_folder(export: &Export, view: Option<&View>) -> Result<Option<String>, Failure> {
    let before = view.map(|view| known(export, view)).transpose()?.flatten().and_then(|state| state.folder);
    let between = |before: &String| !export.owner.is_empty() && *before != export.owner;
    let before = before.filter(|before| !export.removed && between(before));
    let named = |folder: String| if folder.is_empty() { "administrators'".to_owned() } else { folder };
    Ok(before.map(|before| format!("{} → {}", named(before), export.owner)))
}

/// What the state holds of an export under its name, or under the one it had before (E17).
pub fn known(export: &Export, view: &View) -> Result<Option<ExportState>, Failure> {
    match (view.export(&export.name)?, &export.renamed_from) {
        (None, Some(before)) if !export.removed => Ok(view.export(before)?),
        (known, _) => Ok(known),
    }
}

/// The definition names another account, place or container by its id than the state knows.
pub fn leads_elsewhere(context: &Context, state: &ExportState) -> bool {
    let audience = &context.export.target.audience;
    let place = state.place.as_ref().is_some_and(|place| {
        let another = matches!(audience.place(), PlaceRef::Id(id) if place.remote.0 != id);
        another || place.account != context.account.id
    });
    // The one container, named by its id, is another one now.
    let containers = state.segments.iter().filter_map(|segment| segment.container.as_ref());
    let container = audience.container_id().is_some_and(|id| containers.into_iter().any(|container| container.remote.0 != id));
    place || container
}

/// The definition has another name for the place than when it was found, and the place is not called so: that is another
/// one. Where the platform's name changed, or both did, it is the same (E4).
fn names_another(export: &Export, state: &ExportState, observed: &Observed) -> bool {
    let PlaceRef::Named { name, .. } = export.target.audience.place() else { return false };
    let said = state.audience_name.as_deref() == Some(name);
    let called = observed.place.as_ref().is_some_and(|place| place.name == name);
    state.place.is_some() && !said && !called
}

/// A place that is there and that we did not make: named by its id, or taken over.
pub fn place_origin(export: &Export) -> Origin {
    match export.target.audience.place() {
        PlaceRef::Named { .. } => Origin::Adopted,
        PlaceRef::Id(_) | PlaceRef::Account => Origin::Named,
    }
}

fn recorded(view: Option<&View>, state: Option<&ExportState>, intents: &[Intent]) -> Result<Recorded, Failure> {
    let (Some(view), Some(state)) = (view, state) else { return Ok(Recorded::default()) };
    let begun = |name: fn(&Wanted) -> Option<&String>| {
        let begun = intents.iter().filter_map(|intent| Some(Begun { name: name(&intent.wanted)?.clone(), at: intent.at }));
        begun.collect::<Vec<_>>()
    };
    let slot = |s: &crate::state::SegmentSlot| RecordedSlot {
        bit: s.bit,
        segment: s.segment.clone(),
        container: s.container.as_ref().map(|c| (c.remote.clone(), c.name.clone(), c.origin == Origin::Created)),
    };
    Ok(Recorded {
        place: state.place.as_ref().map(|p| p.remote.clone()),
        slots: state.segments.iter().map(slot).collect(),
        fields: state.fields.clone(),
        seen: SeenFields::new(),
        begun: begun(|wanted| if let Wanted::Container(name) = wanted { Some(name) } else { None }),
        places_begun: begun(|wanted| if let Wanted::Place(name) = wanted { Some(name) } else { None }),
        orphans: orphans(view, state)?,
        claimed: BTreeMap::new(),
    })
}

fn orphans(view: &View, state: &ExportState) -> Result<Vec<Orphan>, Failure> {
    let here = state.place.as_ref().map(|p| p.row);
    let orphan = |record: crate::state::ContainerRecord| {
        let segment = view.segment_of(record.place, &record.remote)?;
        Ok(Orphan { id: record.remote, name: record.name, created: record.origin == Origin::Created, segment })
    };
    view.orphans(state.id)?.into_iter().filter(|o| Some(o.place) == here).map(orphan).collect()
}

fn is_absent(export: &Export, wanted: &Wanted, observed: &Observed) -> bool {
    let kind = export.connection.kind;
    match wanted {
        Wanted::Place(name) => observed.place.as_ref().is_none_or(|place| place.name != *name) && observed.same_name.is_empty(),
        Wanted::Container(name) => observed.containers.iter().all(|c| kind.fold(&c.name) != kind.fold(name)),
        Wanted::Field(_) => false,
    }
}

/// An audience of the name that is wanted, where another export had it made: exports may share it (E16).
fn made_for_another(context: &Context, view: Option<&View>, observed: &Observed) -> Result<Option<PlaceId>, Failure> {
    let (Some(view), Some(place)) = (view, &observed.place) else { return Ok(None) };
    let made = view.place_origin(&context.account.id, &place.id)? == Some(Origin::Created);
    Ok(made.then(|| place.id.clone()))
}

/// An audience that another export found by the name that is wanted, and that is called otherwise at the platform now: it is
/// the same one, and there is to be no second (E4).
fn known_by_name(context: &Context, view: Option<&View>, observed: &Observed) -> Result<Option<PlaceId>, Failure> {
    let PlaceRef::Named { name, .. } = context.export.target.audience.place() else { return Ok(None) };
    let Some(view) = view.filter(|_| observed.place.is_none() && observed.same_name.is_empty()) else { return Ok(None) };
    let known = view.places_named(&context.account.id, name)?;
    match known.as_slice() {
        [] => Ok(None),
        [place] => Ok(Some(place.clone())),
        several => {
            let (word, ids) = (context.capabilities.place_word, several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
            let what = format!("{} {word}s were known as \"{name}\", and none is called so now: {ids}", several.len());
            Err(Failure::new(FailureKind::Stalled, what).hint("name the one you mean by its id: `target: {audienceId: …}`"))
        }
    }
}

/// The place's fields as any export's run saw them last.
fn seen_fields(context: &Context, view: Option<&View>, observed: &Observed) -> Result<SeenFields, Failure> {
    let (Some(view), Some(place)) = (view, &observed.place) else { return Ok(SeenFields::new()) };
    let row = view.place(&context.account.id, &place.id)?;
    Ok(row.map_or_else(|| Ok(SeenFields::new()), |row| view.seen_fields(row))?)
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
