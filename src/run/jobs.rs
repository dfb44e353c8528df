//! Jobs that the platform accepted in an earlier run, and calls whose outcome that run did not learn: asked for, never sent
//! again before that.

use super::{
    Context, Failure, Recorder, poll,
    record::{self, At, Row},
};
use crate::{
    destination::{JobOutcomes, Jobs, Operation, Outcome},
    member::{Key, SegmentMask},
    plan::effects::{RowFacts, effects},
    platform::SubscriptionStatus,
    state::{Job, JobMember, View},
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
    let at = At { export: state.id, place: place.row, run: context.run, now: context.now };
    context.watch.phase("asking for what an earlier run left under way", Some(jobs.len() as u64));
    let mut unsettled = 0;
    while !jobs.is_empty() {
        let ids: Vec<_> = jobs.keys().cloned().collect();
        let rows = |id: &_| jobs.get(id).map(|job| job.rows.iter().map(|row| row.key).collect()).unwrap_or_default();
        let looks = |id: &_| jobs.get(id).and_then(|job| job.look);
        let polled = poll::ask(context, &place.remote, &Jobs { ids: &ids, rows: &rows, looks: &looks }).await?;
        for (id, look) in polled.looked {
            if let Some(job) = jobs.get_mut(&id) {
                job.look = Some(look);
            }
            recorder.record(move |store| store.record_look(at.export, &id, &look)).await?;
        }
        for job in polled.left.iter().filter_map(|id| jobs.remove(id)) {
            unsettled += job.rows.len();
        }
        for (id, outcomes) in polled.finished {
            let Some(job) = jobs.remove(&id) else { continue };
            context.watch.advance(1);
            settle(recorder, at, context.export.new_contacts.status, job, outcomes).await?;
        }
        if !jobs.is_empty() {
            poll::wait(context, polled.after).await?;
        }
    }
    if unsettled > 0 { Err(poll::unsettled(context, unsettled)) } else { Ok(()) }
}

async fn settle(recorder: &Recorder, at: At, given: Option<SubscriptionStatus>, job: Job, outcomes: JobOutcomes) -> Result<(), Failure> {
    let by_key: HashMap<Key, Outcome> = outcomes.rows.into_iter().collect();
    let (operation, id) = (job.operation, job.remote);
    let rows: Vec<_> = job
        .rows
        .into_iter()
        .map(|row| {
            let outcome = by_key.get(&row.key).unwrap_or(&outcomes.others);
            let changes = effects(operation, outcome, &facts(operation, given, &row));
            Row { key: row.key, address: row.address, person: row.person, segment: SegmentMask(row.segments).bits().next(), changes }
        })
        .collect();
    recorder
        .record(move |store| {
            record::write(store, at, rows)?;
            store.remove_job(at.export, &id)
        })
        .await
}

/// What was sent of a row. Jobs of earlier versions do not say which status: then it is the one that new contacts are given.
fn facts(operation: Operation, given: Option<SubscriptionStatus>, row: &JobMember) -> RowFacts {
    let given = given.filter(|_| operation == Operation::Create);
    RowFacts { fingerprint: row.told, segments: SegmentMask(row.segments), standing: row.standing.or(given), after: row.after }
}
