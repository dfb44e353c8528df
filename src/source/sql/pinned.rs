//! The tables of one source for a whole run: each is looked at once, and every segment reads the files that were found then.
//!
//! What was read is compared with what is there when all of it was read: equal, it was so at that moment, whichever file was read
//! when. That is what makes several files one snapshot.

use super::super::{SourceError, files::FileTable};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The tables of a source: which there are, and one of them looked at.
pub trait Tables: Send {
    fn names(&mut self) -> Result<Vec<String>, SourceError>;
    fn open(&mut self, name: &str) -> Result<FileTable, SourceError>;
    /// All was read: fails when the source as a whole is not what it was before.
    fn unchanged(&mut self) -> Result<(), SourceError> {
        Ok(())
    }
}

pub struct Pinned(Mutex<Seen>);

struct Seen {
    tables: Box<dyn Tables>,
    names: Option<Vec<String>>,
    open: BTreeMap<String, Arc<FileTable>>,
    /// Of the open ones, those that rows were taken from.
    read: BTreeMap<String, Arc<FileTable>>,
}

impl Pinned {
    /// Nothing is looked at yet.
    pub fn new(tables: impl Tables + 'static) -> Self {
        Self(Mutex::new(Seen { tables: Box::new(tables), names: None, open: BTreeMap::new(), read: BTreeMap::new() }))
    }

    pub fn names(&self) -> Result<Vec<String>, SourceError> {
        let Seen { tables, names, .. } = &mut *self.seen();
        match names {
            Some(names) => Ok(names.clone()),
            None => Ok(names.insert(tables.names()?).clone()),
        }
    }

    pub fn open(&self, name: &str) -> Result<Arc<FileTable>, SourceError> {
        let seen = &mut *self.seen();
        match seen.open.get(name) {
            Some(table) => Ok(Arc::clone(table)),
            None => Ok(Arc::clone(seen.open.entry(name.to_owned()).or_insert(Arc::new(seen.tables.open(name)?)))),
        }
    }

    /// These were read to their end: fails when one of them is not what it was.
    pub fn read(&self, tables: &[&Arc<FileTable>]) -> Result<(), SourceError> {
        let mut seen = self.seen();
        seen.read.extend(tables.iter().map(|table| (table.name.clone(), Arc::clone(table))));
        let alone = seen.alone();
        tables.iter().try_for_each(|table| table.unchanged(alone))?;
        seen.tables.unchanged()
    }

    /// Everything was read: fails when anything of it is not what it was, though it still was when it was read.
    pub fn finish(&self) -> Result<(), SourceError> {
        let mut seen = self.seen();
        let alone = seen.alone();
        seen.read.values().try_for_each(|table| table.unchanged(alone))?;
        if seen.read.is_empty() { Ok(()) } else { seen.tables.unchanged() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// All that is read is one file.
    fn alone(&self) -> bool {
        self.read.values().map(|table| table.files()).sum::<usize>() == 1
    }
}
