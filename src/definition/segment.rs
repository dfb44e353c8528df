//! Segments, resolved: named sets of profiles.

use super::{Name, Source};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// `kind: Segment`.
#[derive(Clone, Debug)]
pub struct Segment {
    pub name: Name,
    pub display_name: String,
    pub of: Members,
    /// A stable part of them; before `limit`.
    pub sample: Option<Sample>,
    pub limit: Option<Limit>,
    pub expect: Expect,
    /// Relative to the root, for messages.
    pub file: PathBuf,
}

/// Who is in a segment. Sets meet by e-mail address, as members do; a row that has none belongs to no set and is passed on,
/// so that it is reported.
#[derive(Clone, Debug)]
pub enum Members {
    Rows(Rows),
    /// Everyone of any of them.
    Union(Vec<Arc<Segment>>),
    /// Rows of the first, of people who are in all the others.
    Intersect(Vec<Arc<Segment>>),
    /// Rows of the first, of people who are in none of the others.
    Except(Vec<Arc<Segment>>),
}

/// What one segment takes of a source.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Name and file of the segment, for messages.
    pub segment: Name,
    pub file: PathBuf,
    pub source: Arc<Source>,
    pub select: Selection,
}

/// What of the source is in the segment.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Selection {
    /// SQL over the source's tables.
    Query(String),
    /// A whole table; at Customer Insights a segment, by its name there.
    Table(String),
}

/// The same person always falls on the same side, and a greater share only adds people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Of a million.
    pub share: u32,
    /// Another salt is another, independent sample.
    pub salt: String,
    /// The column that a person is known by; `None`: the address.
    pub by: Option<String>,
}

/// The first so many people by an order; ties by address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub people: u64,
    pub order: Vec<Order>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub column: String,
    pub descending: bool,
}

/// What a person expects of a segment; a plan outside it is Held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    pub min_members: Option<u64>,
    pub max_members: Option<u64>,
    /// The source must not be older than this: its newest file, its last refresh.
    pub fresh_within: Option<Duration>,
}

impl Members {
    fn operands(&self) -> &[Arc<Segment>] {
        match self {
            Self::Rows(_) => &[],
            Self::Union(of) | Self::Intersect(of) | Self::Except(of) => of,
        }
    }

    /// What they take of sources, however deep.
    pub fn rows(&self) -> Vec<&Rows> {
        match self {
            Self::Rows(rows) => vec![rows],
            _ => self.operands().iter().flat_map(|segment| segment.rows()).collect(),
        }
    }
}

impl Segment {
    /// The segments that this one is built on, in order; none for rows of a source.
    pub fn operands(&self) -> &[Arc<Segment>] {
        self.of.operands()
    }

    /// This segment's name, and those of all it is built on.
    pub fn names(&self) -> Vec<&Name> {
        let below = self.operands().iter().flat_map(|segment| segment.names());
        std::iter::once(&self.name).chain(below).collect()
    }

    /// The same segment, with another source in the place of each.
    #[must_use]
    pub fn with_sources(&self, replace: &dyn Fn(&Source) -> Source) -> Self {
        let all = |of: &[Arc<Self>]| of.iter().map(|segment| Arc::new(segment.with_sources(replace))).collect();
        let of = match &self.of {
            Members::Rows(rows) => Members::Rows(Rows { source: Arc::new(replace(&rows.source)), ..rows.clone() }),
            Members::Union(of) => Members::Union(all(of)),
            Members::Intersect(of) => Members::Intersect(all(of)),
            Members::Except(of) => Members::Except(all(of)),
        };
        Self { of, ..self.clone() }
    }

    /// What it takes of sources, all it is built on included.
    pub fn rows(&self) -> Vec<&Rows> {
        self.of.rows()
    }
}
