//! The tables of a source of files: those that its definition lists.

use super::{
    super::{SourceError, sql::Tables},
    table::FileTable,
};
use crate::definition::Files;

pub struct Listed(pub Files);

impl Tables for Listed {
    fn names(&mut self) -> Result<Vec<String>, SourceError> {
        Ok(self.0.tables.keys().cloned().collect())
    }

    fn open(&mut self, name: &str) -> Result<FileTable, SourceError> {
        let table = self.0.tables.get(name).ok_or_else(|| SourceError::new(format!("there is no table {name}")))?;
        FileTable::open(name, table)
    }
}
