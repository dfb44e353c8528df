//! Columns that some files of a table do not have.

use super::super::{Examples, Notice, Oddity, columns::shown};
use super::place::Place;
use super::union::Found;
use std::collections::HashSet;

/// A column that a file of a table does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    pub column: String,
    pub file: String,
    /// What the file has that no file with the column has: it may be the column under another name.
    pub instead: Option<String>,
}

/// The files of a table, each with its columns.
#[derive(Clone, Copy)]
pub struct Had<'a> {
    pub places: &'a [Place],
    pub found: &'a [Vec<Found>],
}

impl<'a> Had<'a> {
    fn files(self) -> impl Iterator<Item = (&'a Place, &'a Vec<Found>)> {
        self.places.iter().zip(self.found)
    }

    /// Each file, with whether it has a column.
    pub fn each(self, column: &str) -> impl Iterator<Item = (&'a Place, bool)> {
        self.files().map(move |(place, found)| (place, has(found, column)))
    }

    /// What is told of a column that some files do not have.
    pub fn notice(self, column: &str) -> Option<Notice> {
        let (mut count, mut examples) = (0, Examples::default());
        for (place, _) in self.files().filter(|(_, found)| !has(found, column)) {
            count += 1;
            examples.add(&place.short_name());
        }
        let (subject, what, examples) = (shown(column).to_owned(), Oddity::NoColumn, examples.into_inner());
        (count > 0).then_some(Notice { segment: None, subject, what, count, examples })
    }

    /// A file without a column: one that may have it under another name, where there is such a one.
    pub fn lack(self, column: &str) -> Option<Lack> {
        let with = self.found.iter().filter(|found| has(found, column)).flatten();
        let known: HashSet<String> = with.map(|found| found.name.to_ascii_lowercase()).collect();
        let of = |(place, found): (&Place, &Vec<Found>)| {
            let instead = found.iter().map(|found| &found.name).find(|name| !known.contains(&name.to_ascii_lowercase()));
            Lack { column: column.to_owned(), file: place.short_name(), instead: instead.cloned() }
        };
        self.files().filter(|(_, found)| !has(found, column)).map(of).min_by_key(|lack| lack.instead.is_none())
    }
}

fn has(found: &[Found], column: &str) -> bool {
    found.iter().any(|found| found.name.eq_ignore_ascii_case(column))
}
