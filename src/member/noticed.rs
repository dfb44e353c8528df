//! What the values of a reading show as a whole: how its columns write dates, values that were left out, words for nothing.

use super::{
    Mapping,
    orders::{Evidence, Orders, Undecided},
    value::DayOrder,
};
use crate::source::RowBatch;
use std::collections::{BTreeMap, BTreeSet};

/// Gathered row by row.
#[derive(Clone, Debug, Default)]
pub struct Noticed {
    pub(super) dates: Evidence,
    /// Field → rows whose address lacks a part, and which parts.
    pub(super) incomplete: BTreeMap<usize, (u64, BTreeSet<&'static str>)>,
    /// Field → cells that are such a word, and which words.
    pub(super) words: BTreeMap<usize, (u64, BTreeSet<&'static str>)>,
}

/// One thing that people should know of the values of a reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueNote {
    /// Dates that are not ISO were read in the one order that fits all cells of the column.
    Order { field: String, column: String, order: DayOrder, proof: String },
    /// Addresses without a part that the platform requires are left out.
    Incomplete { field: String, rows: u64, parts: Vec<&'static str>, cleared: bool },
    /// Cells hold a word by which databases write nothing, and it is sent as it is.
    Word { field: String, column: String, cells: u64, words: Vec<&'static str> },
}

impl Noticed {
    pub fn see(&mut self, mapping: &Mapping, batch: &RowBatch, row: usize) {
        mapping.notice(batch, row, self);
    }

    /// How the columns of dates are read; or which cannot be, in words.
    pub fn orders(&self) -> Result<Orders, Vec<Undecided>> {
        self.dates.decide().map(|(orders, _)| orders)
    }

    /// By field, in their order.
    pub fn notes(&self, mapping: &Mapping) -> Vec<ValueNote> {
        let (field, column) = (|at: usize| mapping.fields()[at].tag.clone(), |at: usize| mapping.column_of(at).to_owned());
        let mut notes = Vec::new();
        for (at, order, proof) in self.dates.decide().map(|(_, proofs)| proofs).unwrap_or_default() {
            notes.push(ValueNote::Order { field: field(at), column: column(at), order, proof });
        }
        for (at, (rows, parts)) in &self.incomplete {
            let cleared = mapping.fields()[*at].on_empty == crate::definition::OnEmpty::Clear;
            notes.push(ValueNote::Incomplete { field: field(*at), rows: *rows, parts: parts.iter().copied().collect(), cleared });
        }
        for (at, (cells, words)) in &self.words {
            let words = words.iter().copied().collect();
            notes.push(ValueNote::Word { field: field(*at), column: column(*at), cells: *cells, words });
        }
        notes
    }
}
