//! Contacts that we took for new and that exist: their status is read, then their attributes are told without one.

use super::{Failure, phase::Phase, standings};
use crate::{
    member::{Email, Key, Reject, RemainingFlags, Standing},
    plan::standing::explain,
    state::{Contact, ContactOrigin},
};
use futures::future::join_all;

/// From so many contacts on, pages are cheaper than one call each.
const MANY: usize = 100;

/// After a run was killed, those who exist are mostly its own last creations: a reading of what changed since the last one
/// has them. Gives those whom it has not.
async fn by_pages(phase: &mut Phase<'_>, places: Vec<usize>) -> Result<Vec<usize>, Failure> {
    let (row, mut rest) = (phase.ready.row, Vec::new());
    let Some(before) = phase.view.contacts_read(row)? else { return Ok(places) };
    standings::read_changes(phase.context, phase.recorder, phase.view, &phase.ready.place, row, before).await?;
    for at in places {
        let email = phase.work.desired.spool.read(phase.remaining[at].offset())?.email;
        match phase.view.contact(row, Key::of(&email))? {
            Some(contact) => known_after_all(phase, at, &email, contact.standing)?,
            None => rest.push(at),
        }
    }
    Ok(rest)
}

/// Contacts that turned out to exist are treated as known: their status is read, then their attributes are told without one.
pub async fn look_up(phase: &mut Phase<'_>) -> Result<(), Failure> {
    let places = std::mem::take(&mut phase.noted.exists);
    if places.is_empty() {
        return Ok(());
    }
    phase.context.watch.phase("reading contacts that exist after all", Some(places.len() as u64));
    let places = if places.len() > MANY { by_pages(phase, places).await? } else { places };
    for places in places.chunks(phase.context.connections.max(1) as usize) {
        if phase.context.cancel.is_cancelled() {
            return Err(Failure::canceled());
        }
        let mut people = Vec::with_capacity(places.len());
        for at in places {
            people.push((*at, phase.work.desired.spool.read(phase.remaining[*at].offset())?.email));
        }
        let (destination, place) = (&phase.context.destination, &phase.ready.place);
        let asked = join_all(people.iter().map(|(_, email)| destination.find(place, email))).await;
        phase.context.watch.advance(people.len() as u64);
        // What was answered is kept, whatever became of the others.
        let mut failed = None;
        for ((at, email), answer) in people.into_iter().zip(asked) {
            match answer {
                Ok(Some(found)) => known_after_all(phase, at, &email, found.standing)?,
                Ok(None) => {}
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            phase.recorder.flush().await?;
            return Err(error.into());
        }
    }
    phase.recorder.flush().await
}

/// Someone whom we took for new has a status already: their attributes are told without one; who is archived is refused.
fn known_after_all(phase: &mut Phase<'_>, at: usize, email: &Email, standing: Standing) -> Result<(), Failure> {
    let (row, key) = (phase.ready.row, Key::of(email));
    let contact = Contact { key, standing, origin: ContactOrigin::Found, archived_from: None };
    phase.recorder.write(move |store| store.write_contacts(row, [&contact]))?;
    let (desired, entry) = (&mut phase.work.desired, &mut phase.remaining[at]);
    entry.set_flags(entry.flags().without(RemainingFlags::CREATE));
    if standing != Standing::Archived {
        entry.flag(if standing == Standing::Subscribed {
            RemainingFlags::UPDATE
        } else {
            RemainingFlags::UPDATE.with(RemainingFlags::KEEPS_STATUS)
        });
        return Ok(());
    }
    entry.flag(RemainingFlags::FAILED);
    phase.noted.rejected += 1;
    let (address, code, detail) = (email.as_str().to_owned(), "archived".to_owned(), explain("archived").to_owned());
    let segment = desired.sets.mask(entry.set()).bits().next().unwrap_or(0);
    Ok(desired.rejects.add(&Reject { address, segment, code, detail, field: None })?)
}
