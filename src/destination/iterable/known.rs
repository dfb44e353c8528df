//! What a run knows of the project's fields: their kinds, without which no value can be written as its field takes it, and
//! which fields no profile has yet.

use super::{super::BatchRow, fields};
use crate::{definition::FieldType, member::Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use tokio::sync::{Mutex, MutexGuard};

pub(super) type Kinds = BTreeMap<String, FieldType>;

#[derive(Debug, Default)]
pub(super) struct Known {
    state: RwLock<State>,
    /// Held by whoever writes a field for the first time.
    first: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    kinds: Arc<Kinds>,
    /// Wanted, and not yet in the project.
    unwritten: BTreeSet<String>,
}

impl Known {
    /// The project's fields, by the vendor's words; what we have no kind for is left out.
    pub(super) fn learn(&self, types: &BTreeMap<String, String>) {
        let mut state = self.write();
        for (name, kind) in types.iter().filter_map(|(name, word)| Some((name, fields::type_of(word)?))) {
            Arc::make_mut(&mut state.kinds).insert(name.clone(), kind);
            state.unwritten.remove(name);
        }
    }

    /// A field that the first write is to make.
    pub(super) fn want(&self, name: &str, kind: FieldType) {
        let mut state = self.write();
        Arc::make_mut(&mut state.kinds).insert(name.to_owned(), kind);
        state.unwritten.insert(name.to_owned());
    }

    pub(super) fn kinds(&self) -> Arc<Kinds> {
        Arc::clone(&self.read().kinds)
    }

    /// A field that these rows carry and whose kind is not known.
    pub(super) fn stranger(&self, rows: &[&BatchRow]) -> Option<String> {
        let kinds = self.kinds();
        rows.iter().flat_map(|row| &row.attributes).map(|(name, _)| name).find(|name| !kinds.contains_key(*name)).cloned()
    }

    /// Fields that these rows would make.
    pub(super) fn unwritten(&self, rows: &[&BatchRow]) -> BTreeSet<String> {
        let state = self.read();
        if state.unwritten.is_empty() {
            return BTreeSet::new();
        }
        rows.iter().flat_map(|row| values(row)).map(|(name, _)| name).filter(|name| state.unwritten.contains(*name)).cloned().collect()
    }

    /// These rows were taken: what they carry is in the project now.
    pub(super) fn written<'a>(&self, rows: impl Iterator<Item = &'a BatchRow>) {
        let mut state = self.write();
        rows.flat_map(values).for_each(|(name, _)| _ = state.unwritten.remove(name));
    }

    /// One at a time.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.first.lock().await
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a row says; clearing a field makes none.
pub(super) fn values(row: &BatchRow) -> impl Iterator<Item = (&String, &Value)> {
    row.attributes.iter().filter(|(_, value)| *value != Value::Empty).map(|(name, value)| (name, value))
}
