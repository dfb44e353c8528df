//! Jobs that the platform accepted in an earlier run: asked for, never sent again.

use super::{Context, Failure, Recorder, phase};
use crate::{
    destination::{Operation, Outcome},
    member::{Key, Standing},
    state::{Contact, ContactOrigin, View},
};

/// Waits for every job that the export left under way, and records what became of its members.
pub async fn finish(context: &Context, recorder: &Recorder, view: &View) -> Result<(), Failure> {
    let Some(state) = view.export(&context.export.name)? else { return Ok(()) };
    let Some(place) = state.place else { return Ok(()) };
    for (row, job) in view.jobs(state.id)? {
        context.watch.note(&format!("waiting for a job of an earlier run ({})", job.remote));
        let outcomes = phase::poll(context, &job.remote).await?;
        let done: Vec<Key> = outcomes
            .into_iter()
            .filter(|(_, outcome)| matches!(outcome, Outcome::Done { .. } | Outcome::Gone))
            .map(|(key, _)| key)
            .collect();
        let mut contacts = Vec::new();
        for key in done.iter().filter(|_| job.operation == Operation::Archive) {
            let archived_from = view.contact(place.row, *key)?.map(|c| c.standing);
            contacts.push(Contact { key: *key, standing: Standing::Archived, origin: ContactOrigin::Added, archived_from });
        }
        let export = state.id;
        recorder
            .record(move |store| {
                store.write_contacts(place.row, &contacts)?;
                store.delete_members(export, done)?;
                store.remove_job(row)
            })
            .await?;
    }
    Ok(())
}
