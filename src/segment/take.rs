//! Some rows of a batch, some of its columns.

use super::Asked;
use crate::{
    member::{Email, address},
    source::{Cell, RowBatch},
};

/// The columns asked for, and those that are only looked at.
pub struct Columns<'a> {
    all: Vec<&'a str>,
    given: usize,
    email: usize,
}

impl<'a> Columns<'a> {
    /// What is asked for, its address column and `more`.
    pub fn with(asked: Asked<'a>, more: impl IntoIterator<Item = &'a str>) -> Self {
        let mut columns = Self { all: asked.columns.to_vec(), given: asked.columns.len(), email: 0 };
        columns.email = columns.place(asked.email);
        more.into_iter().for_each(|column| _ = columns.place(column));
        columns
    }

    /// Where a column is among all; it is added if it is not there.
    fn place(&mut self, column: &'a str) -> usize {
        self.at(column).unwrap_or_else(|| {
            self.all.push(column);
            self.all.len() - 1
        })
    }

    pub fn at(&self, column: &str) -> Option<usize> {
        self.all.iter().position(|other| *other == column)
    }

    pub fn asked(&self) -> Asked<'_> {
        Asked { columns: &self.all, email: self.all[self.email] }
    }

    /// `None`: the row has no address that can be used.
    pub fn email_of(&self, batch: &RowBatch, row: usize) -> Option<Email> {
        address(batch.cell(row, self.email)).ok().flatten()
    }

    pub fn cell<'b>(&self, batch: &'b RowBatch, row: usize, column: &str) -> Cell<'b> {
        self.at(column).map_or(Cell::Null, |at| batch.cell(row, at))
    }

    /// The rows that `keep` keeps, with the columns asked for.
    pub fn take(&self, batch: &RowBatch, keep: impl Fn(usize) -> bool) -> RowBatch {
        let mut kept = RowBatch::new(self.given).of_source(batch.source());
        for row in (0..batch.len()).filter(|row| keep(*row)) {
            (0..self.given).for_each(|column| kept.push(batch.cell(row, column)));
        }
        kept
    }
}
