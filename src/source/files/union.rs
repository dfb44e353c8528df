//! The columns of a table of several files, by name: files may have their columns in another order, and may lack some.
//!
//! | a column | is |
//! |---|---|
//! | that a file does not have | NULL in that file |
//! | that holds nothing in a file | what it is in the others |
//! | of integers here and of real numbers there | of real numbers |
//! | of text here and of numbers there | an error, where a query uses it |

use super::super::{Notices, SourceError};
use super::pass::{Column, Ending, Kind, Pass, Used};
use rusqlite::types::ValueRef;
use std::collections::HashMap;

/// A column as one file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub name: String,
    /// `None`: no value in it says.
    pub kind: Option<Kind>,
}

impl Found {
    pub fn text(column: &Column) -> Self {
        Self { name: column.name.clone(), kind: Some(column.kind) }
    }
}

/// The columns of all files: the first file's in its order, then those that only later ones have.
pub fn union<'a>(files: impl IntoIterator<Item = &'a [Found]>) -> Vec<Column> {
    let mut kinds: Vec<(String, Option<Kind>)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for Found { name, kind } in files.into_iter().flatten() {
        match known.get(&name.to_ascii_lowercase()) {
            Some(at) => kinds[*at].1 = both(kinds[*at].1, *kind),
            None => {
                known.insert(name.to_ascii_lowercase(), kinds.len());
                kinds.push((name.clone(), *kind));
            }
        }
    }
    kinds.into_iter().map(|(name, kind)| Column { name, kind: kind.unwrap_or(Kind::Text) }).collect()
}

fn both(one: Option<Kind>, other: Option<Kind>) -> Option<Kind> {
    match (one, other) {
        (None, kind) | (kind, None) => kind,
        (Some(one), Some(other)) if one == other => Some(one),
        (Some(Kind::Integer | Kind::Real), Some(Kind::Integer | Kind::Real)) => Some(Kind::Real),
        (Some(Kind::Refused), Some(kind)) | (Some(kind), Some(Kind::Refused)) => Some(kind),
        _ => Some(Kind::Text),
    }
}

/// Column of the table → column of a file.
pub type Places = Vec<Option<usize>>;

/// Where a file has the table's columns.
pub fn places<'a>(columns: &[Column], file: impl IntoIterator<Item = &'a str>) -> Places {
    let known: HashMap<_, _> = file.into_iter().enumerate().map(|(at, name)| (name.to_ascii_lowercase(), at)).collect();
    columns.iter().map(|column| known.get(&column.name.to_ascii_lowercase()).copied()).collect()
}

/// Every column is where the table has it.
pub fn is_same(places: &Places) -> bool {
    places.iter().enumerate().all(|(at, place)| *place == Some(at))
}

/// The file's columns that are used where the table's are.
pub fn used(places: &Places, used: Used) -> Used {
    let bits = places.iter().enumerate().filter(|(at, _)| used.has(*at)).filter_map(|(_, place)| *place);
    Used(bits.fold(0, |mask, at| mask | 1 << at.min(63)))
}

/// Rows of a file whose columns are not where the table has them.
pub struct Moved<P> {
    pub rows: P,
    pub places: Places,
}

impl<P: Pass> Pass for Moved<P> {
    fn next(&mut self) -> Result<bool, SourceError> {
        self.rows.next()
    }

    fn cell(&self, column: usize) -> ValueRef<'_> {
        self.places.get(column).copied().flatten().map_or(ValueRef::Null, |at| self.rows.cell(at))
    }

    fn ending(&self) -> Option<Ending> {
        self.rows.ending()
    }

    fn notices(&self) -> Notices {
        self.rows.notices()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(columns: &[(&str, Option<Kind>)]) -> Vec<Found> {
        columns.iter().map(|(name, kind)| Found { name: (*name).to_owned(), kind: *kind }).collect()
    }

    #[test]
    fn columns_meet_by_name_in_any_case_and_by_what_they_hold() {
        let one = found(&[("Id", Some(Kind::Integer)), ("Tier", None), ("Spent", Some(Kind::Integer)), ("Raw", Some(Kind::Refused))]);
        let other = found(&[("tier", Some(Kind::Integer)), ("ID", Some(Kind::Text)), ("Spent", Some(Kind::Real)), ("New", None)]);
        let columns = union([&one[..], &other[..]]);
        let names: Vec<_> = columns.iter().map(|column| (column.name.as_str(), column.kind)).collect();
        let expected = [("Id", Kind::Text), ("Tier", Kind::Integer), ("Spent", Kind::Real), ("Raw", Kind::Refused), ("New", Kind::Text)];
        assert_eq!(names, expected);
        let at = |file: &[Found]| places(&columns, file.iter().map(|found| found.name.as_str()));
        assert_eq!(at(&one), [Some(0), Some(1), Some(2), Some(3), None]);
        assert_eq!(at(&other), [Some(1), Some(0), Some(2), None, Some(3)]);
        assert!(is_same(&places(&columns, ["Id", "Tier", "Spent", "Raw", "New"])) && !is_same(&at(&other)));
    }
}
