//! One reading of a table's rows, whatever its files are.

use super::super::{Notices, SourceError};
use super::place::Place;
use rusqlite::types::ValueRef;

/// How a column's values are stored, which is how SQLite compares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    Real,
    /// Cannot be a cell; an error when a query uses it.
    Refused,
}

impl Kind {
    /// For messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "an integer",
            Self::Real => "a real number",
            Self::Refused => "binary or nested",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

impl Column {
    pub fn text(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Text }
    }
}

/// The columns a statement uses, as SQLite tells them: bit 63 stands for column 63 and all after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used(pub u64);

impl Used {
    pub fn has(self, column: usize) -> bool {
        self.0 >> column.min(63) & 1 == 1
    }

    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// How a text file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    pub line_end: bool,
    /// Of all its bytes, unpacked.
    pub digest: u64,
}

/// Rows of one file, forward only.
pub trait Pass {
    /// Goes to the next row; `false` at the end of the file.
    fn next(&mut self) -> Result<bool, SourceError>;
    /// A cell of the current row; NULL for a column not asked for.
    fn cell(&self, column: usize) -> ValueRef<'_>;
    /// After its end, of a text file that is not empty.
    fn ending(&self) -> Option<Ending> {
        None
    }
    /// What was odd in the rows so far, for people.
    fn notices(&self) -> Notices {
        Notices::default()
    }
}

type Ended = Box<dyn Fn(&Place, Ending)>;
type Open = Box<dyn FnMut(&Place) -> Result<Box<dyn Pass>, SourceError>>;

/// Rows of all files of a table, in their order.
pub struct Chain {
    open: Open,
    /// Hears how each text file ended that was read to its end.
    ended: Ended,
    place: Option<Place>,
    places: std::vec::IntoIter<Place>,
    current: Option<Box<dyn Pass>>,
    /// Of the files that are behind.
    notices: Notices,
}

impl Chain {
    pub fn new(places: Vec<Place>, open: impl FnMut(&Place) -> Result<Box<dyn Pass>, SourceError> + 'static) -> Self {
        let (places, notices) = (places.into_iter(), Notices::default());
        Self { open: Box::new(open), ended: Box::new(|_, _| {}), place: None, places, current: None, notices }
    }

    #[must_use]
    pub fn telling(self, ended: impl Fn(&Place, Ending) + 'static) -> Self {
        Self { ended: Box::new(ended), ..self }
    }

    /// With what is known of the files before they are read.
    #[must_use]
    pub fn noting(mut self, notices: Notices) -> Self {
        self.notices.extend(notices);
        self
    }
}

impl Pass for Chain {
    fn next(&mut self) -> Result<bool, SourceError> {
        loop {
            if let Some(pass) = &mut self.current
                && pass.next()?
            {
                return Ok(true);
            }
            self.notices.extend(self.current.as_ref().map(|pass| pass.notices()).unwrap_or_default());
            if let (Some(place), Some(ending)) = (&self.place, self.current.as_ref().and_then(|pass| pass.ending())) {
                (self.ended)(place, ending);
            }
            let Some(place) = self.places.next() else {
                (self.place, self.current) = (None, None);
                return Ok(false);
            };
            self.current = Some((self.open)(&place)?);
            self.place = Some(place);
        }
    }

    fn cell(&self, column: usize) -> ValueRef<'_> {
        self.current.as_ref().map_or(ValueRef::Null, |pass| pass.cell(column))
    }

    fn notices(&self) -> Notices {
        let mut notices = self.notices.clone();
        notices.extend(self.current.as_ref().map(|pass| pass.notices()).unwrap_or_default());
        notices
    }
}
