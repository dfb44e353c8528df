//! Rows on their way out, in batches.

use super::super::{Cell, RowBatch, SourceError};

/// Who takes the batches.
pub type Sink<'a> = &'a mut dyn FnMut(RowBatch) -> Result<(), SourceError>;

pub struct Delivery<'a> {
    width: usize,
    batch: RowBatch,
    rows: u64,
    sink: Sink<'a>,
}

impl<'a> Delivery<'a> {
    pub fn new(width: usize, sink: Sink<'a>) -> Self {
        Self { width, batch: RowBatch::new(width), rows: 0, sink }
    }

    /// Adds a row of as many cells as were wanted.
    pub fn row<'c>(&mut self, cells: impl IntoIterator<Item = Cell<'c>>) -> Result<(), SourceError> {
        self.rows += 1;
        cells.into_iter().for_each(|cell| self.batch.push(cell));
        if self.batch.is_full() { self.hand_over() } else { Ok(()) }
    }

    /// Hands over the rest; gives how many rows there were.
    pub fn end(mut self) -> Result<u64, SourceError> {
        if !self.batch.is_empty() {
            self.hand_over()?;
        }
        Ok(self.rows)
    }

    fn hand_over(&mut self) -> Result<(), SourceError> {
        (self.sink)(std::mem::replace(&mut self.batch, RowBatch::new(self.width)))
    }
}
