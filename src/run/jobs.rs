//! Jobs that the platform accepted in an earlier run, and calls whose outcome that run did not learn: asked for, never sent
//! again before that.

use super::{Context, Failure, Recorder, poll};
use crate::{
    destination::{JobOutcomes, Operation, Outcome},
    member::{Fingerprint, Key},
    state::{Contact, ContactOrigin, ExportId, Job, JobMember, PlaceRow, Refusal, Store, Told, View},
};
use std::collections::{BTreeMap, HashMap};

/// Waits for every job that the export left under way, and records what became of its members.
pub async fn finish(context: &Context, recorder: &Recorder, view: &View) -> Result<(), Failure> {
    let Some(state) = view.export(&context.export.name)? else { return Ok(()) };
    let Some(place) = state.place else { return Ok(()) };
    let mut jobs: BTreeMap<_, _> = view.jobs(state.id)?.into_iter().map(|job| (job.remote.clone(), job)).collect();
    if jobs.is_empty() {
        return Ok(());
    }
    context.watch.phase("asking for what an earlier run left under way", Some(jobs.len() as u64));
    while !jobs.is_empty() {
        let ids: Vec<_> = jobs.keys().cloned().collect();
        let rows = |id: &_| jobs.get(id).map(|job| job.rows.iter().map(|row| row.key).collect()).unwrap_or_default();
        let polled = poll::ask(context, &place.remote, &ids, &rows).await?;
        for (id, outcomes) in polled.finished {
            let Some(job) = jobs.remove(&id) else { continue };
            context.watch.advance(1);
            settle(recorder, view, state.id, place.row, job, outcomes).await?;
        }
        if !jobs.is_empty() {
            poll::wait(context, polled.after).await?;
        }
    }
    Ok(())
}

async fn settle(
    recorder: &Recorder,
    view: &View,
    export: ExportId,
    place: PlaceRow,
    job: Job,
    outcomes: JobOutcomes,
) -> Result<(), Failure> {
    let by_key: HashMap<_, _> = outcomes.rows.into_iter().collect();
    let contacts = contacts(view, place, &job, &by_key, &outcomes.others)?;
    let rows: Vec<_> = job.rows.into_iter().map(|row| (by_key.get(&row.key).unwrap_or(&outcomes.others).clone(), row)).collect();
    let (operation, id) = (job.operation, job.remote);
    recorder
        .record(move |store| {
            store.write_contacts(place, &contacts)?;
            rows.into_iter().try_for_each(|(outcome, row)| record(store, export, operation, row, outcome))?;
            store.remove_job(export, &id)
        })
        .await
}

/// What is known now of contacts that were created or archived.
fn contacts(view: &View, place: PlaceRow, job: &Job, outcomes: &HashMap<Key, Outcome>, others: &Outcome) -> Result<Vec<Contact>, Failure> {
    let mut contacts = Vec::new();
    for row in &job.rows {
        let Outcome::Done { standing } = outcomes.get(&row.key).unwrap_or(others) else { continue };
        match (job.operation, standing) {
            (Operation::Archive, _) => contacts.extend(view.contact(place, row.key)?.map(Contact::archived)),
            (Operation::Create, Some(standing)) => {
                contacts.push(Contact { key: row.key, standing: *standing, origin: ContactOrigin::Added, archived_from: None });
            }
            _ => {}
        }
    }
    Ok(contacts)
}

/// What one row's outcome means for the state. What is unknown stays to be planned again.
fn record(store: &mut Store, export: ExportId, operation: Operation, row: JobMember, outcome: Outcome) -> crate::state::Result<()> {
    let done = matches!(outcome, Outcome::Done { .. } | Outcome::Unverified);
    match (operation, outcome) {
        (Operation::Leave, Outcome::Gone) => out(store, export, &row),
        (Operation::Leave, _) if done => out(store, export, &row),
        (Operation::Archive, Outcome::Done { .. } | Outcome::Gone) => store.delete_members(export, [row.key]),
        (Operation::Leave | Operation::Archive, _) => Ok(()),
        (_, Outcome::Rejected(why)) if row.told.is_some() => {
            let fingerprint = row.told.unwrap_or(Fingerprint(0));
            let refusal = Refusal { code: why.code.to_owned(), detail: why.detail, field: why.field, fingerprint };
            store.record_refused(export, &[(told(&row, fingerprint), refusal)])
        }
        (_, Outcome::Gone) => store.mark_left(export, [row.key]),
        _ if done => {
            if let Some(fingerprint) = row.told {
                store.record_told(export, &[told(&row, fingerprint)])?;
            }
            bits(row.segments).try_for_each(|bit| store.join(export, bit, [row.key]))
        }
        _ => Ok(()),
    }
}

fn out(store: &mut Store, export: ExportId, row: &JobMember) -> crate::state::Result<()> {
    store.leave(export, row.segments, [row.key])?;
    if row.last { store.delete_members(export, [row.key]) } else { Ok(()) }
}

fn told(row: &JobMember, fingerprint: Fingerprint) -> Told {
    Told { key: row.key, address: row.address.clone(), fingerprint, person: row.person }
}

fn bits(mask: u64) -> impl Iterator<Item = u8> {
    crate::member::SegmentMask(mask).bits()
}
