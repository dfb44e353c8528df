//! Rows in batches: one buffer of bytes and the cells' places in it, so that a million rows cost no allocation each.

/// One value of a row, borrowed from its batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a str),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    Null,
    Integer(i64),
    Real(f64),
    Text { start: u32, end: u32 },
}

/// Some rows of equal width.
#[derive(Clone, Debug, Default)]
pub struct RowBatch {
    pub(super) width: usize,
    pub(super) text: String,
    pub(super) slots: Vec<Slot>,
    pub(super) source: u64,
}

impl RowBatch {
    /// A reader hands over a batch when it has this many rows, or 1 MiB of text.
    pub const ROWS: usize = 1024;
    const BYTES: usize = 1 << 20;

    /// An empty batch of rows of `width` cells.
    pub fn new(width: usize) -> Self {
        Self { width, text: String::new(), slots: Vec::with_capacity(width * Self::ROWS), source: 0 }
    }

    /// The same rows, said to be of a source: an id is that source's.
    #[must_use]
    pub fn of_source(self, source: u64) -> Self {
        Self { source, ..self }
    }

    /// Which source they are of; 0: nobody said.
    pub fn source(&self) -> u64 {
        self.source
    }

    /// Adds the next cell of the row being built.
    pub fn push(&mut self, cell: Cell<'_>) {
        self.slots.push(match cell {
            Cell::Null => Slot::Null,
            Cell::Integer(value) => Slot::Integer(value),
            Cell::Real(value) => Slot::Real(value),
            Cell::Text(text) => {
                let start = self.text.len() as u32;
                self.text.push_str(text);
                Slot::Text { start, end: self.text.len() as u32 }
            }
        });
    }

    /// Whole rows so far.
    pub fn len(&self) -> usize {
        self.slots.len().checked_div(self.width).unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Time to hand it over.
    pub fn is_full(&self) -> bool {
        self.len() >= Self::ROWS || self.text.len() >= Self::BYTES
    }

    /// What it takes at most where it is written down.
    pub(super) fn bytes(&self) -> usize {
        self.text.len() + 9 * self.slots.len() + 16
    }

    /// The cell in row `row`, column `column`.
    pub fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        match self.slots[row * self.width + column] {
            Slot::Null => Cell::Null,
            Slot::Integer(value) => Cell::Integer(value),
            Slot::Real(value) => Cell::Real(value),
            Slot::Text { start, end } => Cell::Text(&self.text[start as usize..end as usize]),
        }
    }
}
