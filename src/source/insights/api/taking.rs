//! Rows of a segment as they come in, counted and told apart.

use super::{
    super::{
        super::{Cell, SourceError},
        delivery::{Delivery, Sink},
        roster::hash,
    },
    attributes::Attributes,
    incomplete,
    segments::Ready,
};

/// The column that people are told apart by.
pub const ID: &str = "CustomerId";

pub struct Taking<'a> {
    pub attributes: &'a Attributes,
    pub segment: &'a Ready,
    /// The attributes wanted, in the order wanted.
    pub wanted: Vec<usize>,
    /// The attribute [`ID`], where the segment has it.
    pub id: Option<usize>,
    ids: Vec<u128>,
    rows: u64,
    delivery: Delivery<'a>,
}

impl<'a> Taking<'a> {
    pub fn new(attributes: &'a Attributes, wanted: Vec<usize>, segment: &'a Ready, sink: Sink<'a>) -> Self {
        let (id, delivery) = (attributes.find(ID), Delivery::new(wanted.len(), sink));
        Self { attributes, segment, wanted, id, ids: Vec::new(), rows: 0, delivery }
    }

    /// One row: whose it is, and the cells wanted.
    pub fn row<'c>(&mut self, id: Option<&str>, cells: impl IntoIterator<Item = Cell<'c>>) -> Result<(), SourceError> {
        self.rows += 1;
        if self.rows > self.segment.people {
            return Err(incomplete(&self.segment.name, format!("there are more rows than its {} people", self.segment.people)));
        }
        self.ids.extend(id.map(hash));
        self.delivery.row(cells)
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// All rows came: fails unless they are as many as the segment's people, and nobody came twice.
    pub fn end(mut self) -> Result<u64, SourceError> {
        if self.rows != self.segment.people {
            return Err(incomplete(&self.segment.name, format!("{} rows came of {}", self.rows, self.segment.people)));
        }
        self.ids.sort_unstable();
        if self.ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(incomplete(&self.segment.name, "somebody came twice, so somebody else is missing"));
        }
        self.delivery.end()
    }
}
