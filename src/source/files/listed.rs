//! The tables of a source of files: those that its definition lists.

use super::{
    super::{Access, SourceError, sql::Tables},
    object::Buckets,
    table::FileTable,
};
use crate::definition::Files;
use std::sync::Arc;

pub struct Listed {
    files: Files,
    buckets: Arc<Buckets>,
}

impl Listed {
    pub fn new(files: &Files, access: &Access) -> Self {
        let buckets = Buckets::new(files.storage.clone(), Arc::clone(&access.cancel));
        Self { files: files.clone(), buckets: Arc::new(buckets) }
    }
}

impl Tables for Listed {
    fn names(&mut self) -> Result<Vec<String>, SourceError> {
        Ok(self.files.tables.keys().cloned().collect())
    }

    fn open(&mut self, name: &str) -> Result<FileTable, SourceError> {
        let table = self.files.tables.get(name).ok_or_else(|| SourceError::new(format!("there is no table {name}")))?;
        FileTable::open(name, table, &self.buckets)
    }
}
