//! What is remembered between calls so that reading a long list page by page stays linear: where each page ended, and
//! the totals. Any write to a list forgets what was remembered of it, so that an offset means exactly what it would
//! without memory, skipped and repeated rows under writes included.

use super::addresses::Addresses;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Marks kept for one list; beyond it all are forgotten (the next page costs one scan).
const MARKS: usize = 20_000;

/// A position in the order of last change.
pub(super) type Position = (i64, i64);

#[derive(Debug, Default)]
pub(super) struct Memo {
    lists: HashMap<i64, OfList>,
    pub addresses: Addresses,
    /// When the figures of a list were computed, and they.
    pub stats: HashMap<i64, (i64, Value)>,
}

#[derive(Debug, Default)]
struct OfList {
    totals: HashMap<String, i64>,
    /// By filter and offset: the position of the row before it.
    marks: BTreeMap<(String, i64), Position>,
}

impl Memo {
    pub(super) fn of(addresses: Addresses) -> Self {
        Self { addresses, ..Self::default() }
    }

    /// The list changed.
    pub(super) fn touch(&mut self, list: i64) {
        self.lists.remove(&list);
    }

    pub(super) fn total(&self, list: i64, filter: &str) -> Option<i64> {
        self.lists.get(&list)?.totals.get(filter).copied()
    }

    pub(super) fn keep_total(&mut self, list: i64, filter: &str, total: i64) {
        self.lists.entry(list).or_default().totals.insert(filter.to_owned(), total);
    }

    /// The nearest remembered offset at or below the given one, and the position before it.
    pub(super) fn nearest(&self, list: i64, filter: &str, offset: i64) -> Option<(i64, Position)> {
        let marks = &self.lists.get(&list)?.marks;
        let ((found, at), position) = marks.range(..=(filter.to_owned(), offset)).next_back()?;
        (found == filter).then_some((*at, *position))
    }

    pub(super) fn mark(&mut self, list: i64, filter: &str, offset: i64, position: Position) {
        let marks = &mut self.lists.entry(list).or_default().marks;
        if marks.len() >= MARKS {
            marks.clear();
        }
        marks.insert((filter.to_owned(), offset), position);
    }
}
