//! What a segment was built on: facts that are judged whatever it is used for (E19).

use super::Read;
use crate::{
    definition::{Expect, Name, Segment},
    member::{Key, row_key, text_of},
    source::Cell,
};
use std::time::SystemTime;

/// One segment that another one, or a suppression, was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub segment: Name,
    /// It keeps people out, or lets only its own people in.
    pub excludes: bool,
    /// People where it is compared with, rows where rows are taken from it.
    pub members: u64,
    pub newest: Option<SystemTime>,
    pub expect: Expect,
    pub unreadable: Unreadable,
}

impl Input {
    pub(super) fn of(segment: &Segment, read: &Read, members: u64) -> Self {
        let unreadable = Unreadable::default();
        Self { segment: segment.name.clone(), excludes: false, members, newest: read.newest, expect: segment.expect, unreadable }
    }
}

/// Rows that hold no address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unreadable {
    /// What stands for each, sorted.
    pub rows: Vec<Key>,
    /// Some of them as they are written, for people.
    pub examples: Vec<String>,
}

impl Unreadable {
    /// Examples that are kept.
    const EXAMPLES: usize = 1_000;

    pub(super) fn add(&mut self, cell: Cell<'_>) {
        let row = row_key(cell);
        if self.examples.len() < Self::EXAMPLES && !self.rows.contains(&row) {
            self.examples.push(text_of(cell));
        }
        self.rows.push(row);
    }

    pub(super) fn finish(mut self) -> Self {
        self.rows.sort_unstable();
        self
    }

    /// Each different one.
    pub fn distinct(&self) -> Vec<Key> {
        let mut rows = self.rows.clone();
        rows.dedup();
        rows
    }
}
