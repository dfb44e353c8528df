//! Turns at an audience: whatever writes to it writes alone (E16), by whichever connection, definition or command.
//!
//! An export takes its turn once the account and the audience are known, before it reads or changes anything there, and
//! gives it back when what came of it is durable. The turns belong to the state's one writer, so that nobody can record
//! an outcome beside them. All claims of an export are taken at once, in order of arrival: nobody waits in a circle.

use super::{Context, Failure};
use crate::{
    definition::{Export, Name, PlaceRef},
    destination::PlaceId,
    state::ExportState,
};
use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// What an export is about to write to, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Any audience of the account: it has only one, or which one it will be is not known yet.
    Account(String),
    Audience {
        account: String,
        id: PlaceId,
    },
}

impl Claim {
    /// Two that may be about the same audience. Ids are the platform's own: equal ones are one audience.
    fn clashes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Audience { id, .. }, Self::Audience { id: other, .. }) => id == other,
            (Self::Account(account), Self::Account(other) | Self::Audience { account: other, .. })
            | (Self::Audience { account, .. }, Self::Account(other)) => account == other,
        }
    }

    /// Whoever holds this may write there.
    fn covers(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Account(account), Self::Account(other) | Self::Audience { account: other, .. }) => account == other,
            (Self::Audience { .. }, _) => self == wanted,
        }
    }
}

/// What an export writes to: its target, and the audience on record, where what it wrote earlier is.
pub fn claims(export: &Export, account: &str, state: Option<&ExportState>) -> Vec<Claim> {
    let audience = |account: &str, id: &str| Claim::Audience { account: account.to_owned(), id: PlaceId(id.to_owned()) };
    let recorded = state.and_then(|state| state.place.as_ref());
    let mut claims: Vec<_> = recorded.map(|place| audience(&place.account, &place.remote.0)).into_iter().collect();
    let target = match (export.target.audience.place(), recorded) {
        // What is deleted is taken out where it is recorded.
        (_, Some(_)) if export.removed => return claims,
        (PlaceRef::Id(id), _) => audience(account, id),
        // Found or made once, it is known by its id.
        (PlaceRef::Named { name, .. }, Some(place)) if place.account == account && place.name == name => return claims,
        (PlaceRef::Named { .. } | PlaceRef::Account, _) => Claim::Account(account.to_owned()),
    };
    if !claims.contains(&target) {
        claims.push(target);
    }
    claims
}

/// Who writes and who waits, in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Book>);

#[derive(Debug, Default)]
struct Book {
    entries: Mutex<Entries>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Entries {
    last: u64,
    all: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    export: Name,
    claims: Vec<Claim>,
}

impl Entries {
    /// Whoever came earlier and may write to the same audience.
    fn behind(&self, id: u64) -> Option<Name> {
        let at = self.all.iter().position(|entry| entry.id == id)?;
        let mine = &self.all[at].claims;
        let clashes = |other: &&Entry| other.claims.iter().any(|claim| mine.iter().any(|own| own.clashes(claim)));
        self.all[..at].iter().find(clashes).map(|entry| entry.export.clone())
    }
}

/// A place in the line, and at its head the turn itself. Dropping it gives it back.
#[derive(Debug)]
pub struct Turn {
    book: Arc<Book>,
    id: u64,
}

impl Turns {
    fn join(&self, export: &Name, claims: Vec<Claim>) -> Turn {
        let mut entries = self.0.lock();
        entries.last += 1;
        let id = entries.last;
        entries.all.push(Entry { id, export: export.clone(), claims });
        Turn { book: Arc::clone(&self.0), id }
    }

    /// Waits until nobody who came earlier may write to the same audience; `queued` is told for whom, as often as that changes.
    pub async fn take(&self, export: &Name, claims: Vec<Claim>, queued: &(dyn Fn(&Name) + Sync)) -> Turn {
        let turn = self.join(export, claims);
        let mut told = None;
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            // Registered before the look: a turn that is given back in between is not missed.
            changed.as_mut().enable();
            let Some(behind) = self.0.lock().behind(turn.id) else { return turn };
            if told.as_ref() != Some(&behind) {
                queued(&behind);
                told = Some(behind);
            }
            changed.await;
        }
    }
}

impl Book {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Whether it lets everything of this be written to.
    pub fn covers(&self, wanted: &[Claim]) -> bool {
        let entries = self.book.lock();
        let held = entries.all.iter().find(|entry| entry.id == self.id);
        held.is_some_and(|held| wanted.iter().all(|wanted| held.claims.iter().any(|claim| claim.covers(wanted))))
    }

    /// Which audience it is has become known: the account's others may be written to again.
    pub fn narrow(&self, account: &str, id: &PlaceId) {
        let mut entries = self.book.lock();
        let whole = Claim::Account(account.to_owned());
        for claim in entries.all.iter_mut().filter(|entry| entry.id == self.id).flat_map(|entry| &mut entry.claims) {
            if *claim == whole {
                *claim = Claim::Audience { account: account.to_owned(), id: id.clone() };
            }
        }
        drop(entries);
        self.book.changed.notify_waiters();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.book.lock().all.retain(|entry| entry.id != self.id);
        self.book.changed.notify_waiters();
    }
}

/// A run whose turn it is: the only thing that members or resources can be written with.
pub struct AtTurn(Context);

impl AtTurn {
    pub(super) fn new(context: Context, turn: Turn) -> Self {
        Self(Context { turn: Some(Arc::new(turn)), ..context })
    }
}

impl Deref for AtTurn {
    type Target = Context;
    fn deref(&self) -> &Context {
        &self.0
    }
}

impl Context {
    /// The audience that is written to is known now. One that the turn is not for is not written to.
    pub(super) fn is_at(&self, id: &PlaceId) -> Result<(), Failure> {
        let Some(turn) = &self.turn else { return Ok(()) };
        let wanted = Claim::Audience { account: self.account.id.clone(), id: id.clone() };
        if !turn.covers(std::slice::from_ref(&wanted)) {
            let message = format!("the target turned out to be {id}, and this run did not wait for its turn there");
            return Err(Failure::new(super::FailureKind::Retry { after: None }, message));
        }
        if matches!(self.export.target.audience.place(), PlaceRef::Named { .. }) {
            turn.narrow(&self.account.id, id);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
