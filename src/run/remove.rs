//! A deleted export (E8): its members are taken out like any leavers; then what it created is deleted; then it is forgotten,
//! which is how others know that it is done: the state has no such export any more. Its runs stay, as history.

use super::{
    Context, Failure, FailureKind, Prepared, Recorder,
    observe::{self, Ready, Settled},
    reading::Reading,
};
use crate::{
    definition::OnDelete,
    destination::{ContainerId, Fields, ResourceChange},
    member::{Collector, Mapping},
    plan::{
        ResourceStep,
        diff::Leaver,
        resources::ContainerState,
        words::{counted, quoted},
    },
    source::{Ends, Notices},
    state::ExportState,
};
use std::{collections::BTreeMap, sync::Arc};

/// Whether it may be removed by what is known now.
pub fn check(context: &Context, state: Option<&ExportState>) -> Result<(), Failure> {
    let export = &context.export;
    if export.on_delete == OnDelete::Keep {
        return Err(Failure::new(FailureKind::Stalled, "the export was deleted and says onDelete: keep: nothing is taken away"));
    }
    if let Some(why) = &export.broken {
        return Err(Failure::new(FailureKind::Stalled, format!("nobody is taken out until this is fixed: {why}")));
    }
    match state.and_then(|state| state.place.as_ref()) {
        Some(place) if place.account != context.account.id => Err(elsewhere(context, &place.account)),
        _ => Ok(()),
    }
}

/// Another account may have a place of the same name: nothing there is ours.
fn elsewhere(context: &Context, account: &str) -> Failure {
    let (name, now) = (&context.export.connection.name, &context.account.id);
    Failure::new(
        FailureKind::Stalled,
        format!("the deleted export wrote to the account {account}, and the connection {name} leads to {now} now"),
    )
    .hint("give the connection the credentials of that account again, or put the export back with onDelete: keep and delete it anew")
}

/// Nobody is wanted, and no source is read to know it.
pub fn nobody(context: &Context) -> Result<(Arc<Mapping>, Reading), Failure> {
    let mapping = Mapping::new(&context.export.matching, &BTreeMap::new(), &Fields::new(), None);
    let desired = Collector::new(&mapping, &context.temp)?.finish(Vec::new())?;
    Ok((
        Arc::new(mapping),
        Reading {
            desired,
            reads: Vec::new(),
            suppression: Vec::new(),
            several: Vec::new(),
            notices: Notices::default(),
            ends: Ends::default(),
        },
    ))
}

/// Where its members are: what is recorded and still there. Nothing is made.
pub fn ready(settled: &Settled) -> Result<Ready, Failure> {
    let found = settled.state.as_ref().and_then(|state| Some((state.id, state.place.clone()?)));
    let (export, place) = found.ok_or_else(|| Failure::new(FailureKind::Stalled, "the state does not say where this export wrote to"))?;
    let containers = settled.resources.containers.iter();
    let there = containers.filter_map(|c| if let ContainerState::Dropped(Some(id)) = &c.state { Some((c.bit, id.clone())) } else { None });
    Ok(Ready { export, place: place.remote, row: place.row, containers: there.collect(), everyone_read: false })
}

/// Everyone is out: deletes what the plan says, and forgets the export. An error leaves the rest to the next run.
pub async fn complete(context: &Context, recorder: &Recorder, prepared: &Prepared) -> Result<(), Failure> {
    let Some(state) = &prepared.settled.state else { return Ok(()) };
    nobody_left(&prepared.work.leavers)?;
    for step in &prepared.settled.resources.steps {
        if let ResourceStep::DeleteContainer { id, name, .. } = step {
            delete(context, recorder, state, &ContainerId(id.clone()), name).await?;
        }
    }
    let (id, name) = (state.id, context.export.name.clone());
    recorder
        .record(move |store| {
            store.forget_export(id)?;
            store.forget_held(&name)?;
            store.forget_guard(&name)?;
            // Should it be defined again, it begins afresh.
            store.forget_prepared(&name)?;
            store.unmark(&name)
        })
        .await
}

fn nobody_left(leavers: &[Leaver]) -> Result<(), Failure> {
    let left = leavers.iter().filter(|l| !l.segments.is_empty() || l.archive).count() as u64;
    if left == 0 {
        return Ok(());
    }
    let people = counted(left, "member", "members");
    Err(Failure::new(FailureKind::Retry { after: None }, format!("{people} could not be confirmed out; the next run settles them")))
}

async fn delete(context: &Context, recorder: &Recorder, state: &ExportState, id: &ContainerId, name: &str) -> Result<(), Failure> {
    let Some(place) = &state.place else { return Ok(()) };
    context.watch.phase(&format!("deleting {} {}", context.capabilities.container_word, quoted(name)), None);
    observe::change(context, Some(&place.remote), &ResourceChange::DeleteContainer { id: id.clone() }).await?;
    let (row, id) = (place.row, id.clone());
    recorder.record(move |store| store.forget_container(row, &id)).await
}
