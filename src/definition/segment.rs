//! Segments, resolved: named sets of profiles.

use super::{Name, Position, Source};
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
    /// Where the query or the table's name is written; `None`: it was not read from a file.
    pub written: Option<Written>,
}

/// Where in a file something is written.
#[derive(Clone, Debug)]
pub struct Written {
    pub at: Position,
    /// The file's text with secrets masked; `None`: it is not to be shown.
    pub text: Option<Arc<str>>,
}

impl Written {
    /// The place in the file of a line and column (both from 1) of a text that is written here; where it cannot be told, the text's own.
    pub fn place(&self, of: &str, line: usize, column: usize) -> Position {
        self.within(of, line, column).unwrap_or(self.at)
    }

    fn within(&self, of: &str, line: usize, column: usize) -> Option<Position> {
        let wanted = of.lines().nth(line.checked_sub(1)?)?.trim_end();
        let before: String = wanted.chars().take(column.checked_sub(1)?).collect();
        let text = self.text.as_deref()?;
        // On the line of the key, or in a block below it, whose blank lines may come before its place.
        let first = (self.at.line as usize).checked_sub(1)?;
        let blank = of.lines().take_while(|line| line.trim().is_empty()).count();
        [first, first + 1, first.saturating_sub(blank)].into_iter().find_map(|first| {
            let number = first + line - 1;
            let start: usize = text.split_inclusive('\n').take(number).map(str::len).sum();
            let written = text.get(start..)?.lines().next()?;
            let at = if wanted.trim().is_empty() { None } else { written.find(wanted) }? + before.len();
            let len = written.get(at..)?.split(|c: char| !c.is_alphanumeric() && c != '_').next().map_or(1, str::len).max(1);
            let column = written.get(..at)?.chars().count() + 1;
            Some(Position { line: number as u32 + 1, column: column as u32, offset: start + at, len: len.min(written.len() - at) })
        })
    }
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
