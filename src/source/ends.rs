//! What the next reading of files is compared with: how they end, and which columns they lack (`lacks`). A text file that is cut inside
//! its last cell looks whole, but for the line end that it had before.
//!
//! What is known of line ends is known to all exports, by table, by the pattern of its files and by file, so that a new export, a renamed
//! table or a second one is not taken in by a file that another knows better. That a file is right without one, is said by export.

use super::{columns::shown, lacks::Columns};
use crate::definition::is_invisible;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::xxh3_64;

/// Tables kept of one reading, and files of one table, where a stranger's process says them.
const MOST: usize = 1_000;
/// Characters of a name. Nothing of a usual one may be lost: a file that was approved is known by it.
const LONGEST: usize = 400;

/// By table (`source.table`), of text files that were read to their end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ends(BTreeMap<String, End>);

/// How the files of one table end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct End {
    /// A file of it ends with a line end.
    with: bool,
    /// The files that do not: each by its name, length and digest, so that another one of that name is another.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    without: BTreeSet<String>,
    /// A person approved that its only files do not, though they did before: they are no longer checked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    approved: bool,
    /// Where its files are looked for, as [`mark`]s.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    places: BTreeSet<String>,
    /// The files that end with a line end, as [`mark`]s of their paths.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    ended: BTreeSet<String>,
    /// The same of those in `without`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    paths: BTreeMap<String, String>,
    /// The columns that conditions use.
    #[serde(skip_serializing_if = "Columns::is_empty")]
    columns: Columns,
}

/// What is remembered of earlier readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownEnds {
    /// Of this export.
    pub own: Ends,
    /// Of all others.
    pub others: Ends,
}

impl End {
    /// Of a table with files at these places.
    pub fn at(places: impl Iterator<Item = String>) -> Self {
        Self { places: places.map(|place| mark(&place)).collect(), ..Self::default() }
    }

    /// A file was read to its end; `file`: what tells it from another of its name.
    pub fn add(&mut self, path: &str, file: &str, line_end: bool) {
        if line_end {
            self.with = true;
            self.ended.insert(mark(path));
        } else {
            self.without.insert(harmless(file));
            self.paths.insert(harmless(file), mark(path));
        }
    }

    /// A column that a condition uses, and each file with whether it has it.
    pub fn column(&mut self, column: &str, files: impl Iterator<Item = (String, bool)>) {
        // A name that looks like data is of a file without a header: it is kept nowhere.
        if shown(column) == column {
            self.columns.add(&harmless(column), files.map(|(file, has)| (harmless(&file), has)));
        }
    }

    /// Whether it is the table's, or another one's with its files.
    fn is_of(&self, name: &str, table: &str, now: &Self) -> bool {
        name == table || !self.places.is_disjoint(&now.places)
    }

    fn merge(&mut self, more: Self) {
        self.with |= more.with;
        self.approved |= more.approved;
        self.without.extend(more.without);
        self.places.extend(more.places);
        self.ended.extend(more.ended);
        self.paths.extend(more.paths);
        self.columns.merge(more.columns);
    }

    /// After a run that was carried out. `asked`: there were files that a person had to approve.
    fn carried_out(&self, before: &Self, asked: bool) -> Self {
        // One that was approved beside files with line ends says nothing of the next one.
        let with = self.with || (before.with && !asked);
        let approved = !with && (asked || before.approved) && !self.without.is_empty();
        Self { with, approved, columns: self.columns.carried_out(&before.columns), ..self.clone() }
    }

    /// After a run that was not: nothing is forgotten, and nothing accepted.
    fn noted(&mut self, now: &Self) {
        self.with |= now.with;
        self.approved &= !self.with;
        self.places.extend(now.places.iter().cloned());
        self.columns.noted(&now.columns);
        if self.ended.len() < MOST {
            self.ended.extend(now.ended.iter().cloned());
        }
    }

    fn checked(self) -> Self {
        fn few(names: BTreeSet<String>) -> BTreeSet<String> {
            names.into_iter().take(MOST).map(|name| harmless(&name)).collect()
        }
        let paths = self.paths.into_iter().take(MOST).map(|(file, path)| (harmless(&file), harmless(&path))).collect();
        let columns = self.columns.checked(MOST, &harmless);
        Self { without: few(self.without), places: few(self.places), ended: few(self.ended), paths, columns, approved: false, ..self }
    }
}

impl Ends {
    pub fn of(table: String, end: End) -> Self {
        Self(BTreeMap::from([(table, end)]))
    }

    pub fn extend(&mut self, more: Self) {
        more.0.into_iter().for_each(|(table, end)| self.0.entry(table).or_default().merge(end));
    }

    /// Files without a final line end, of a table in which another file has one or had one before; those that were approved left out.
    pub fn cut(&self, known: &KnownEnds) -> Vec<(&str, &str)> {
        let of = |(table, end): (&'_ String, &'_ End)| known.own.0.get(table).is_some_and(|own| own.approved && !end.with);
        let tables = self.0.iter().filter(|(table, end)| !of((table, end)));
        let files = tables.flat_map(|(table, end)| end.without.iter().map(move |file| (table, end, file)));
        let cut = files.filter(|(table, end, file)| {
            let accepted = known.own.0.get(*table).is_some_and(|own| own.without.contains(*file));
            !accepted && (end.with || known.own.had(table, end, file) || known.others.had(table, end, file))
        });
        cut.map(|(table, _, file)| (table.as_str(), file.as_str())).collect()
    }

    /// Whether this file, or others of its table, were seen with a line end.
    fn had(&self, table: &str, end: &End, file: &str) -> bool {
        let path = end.paths.get(file);
        self.0.iter().any(|(name, known)| {
            let same = known.is_of(name, table, end);
            (same && known.with) || path.is_some_and(|path| known.ended.contains(path))
        })
    }

    /// Columns that conditions use and some files lack, unlike before: by table and column, with the files.
    pub fn columns_gone(&self, known: &KnownEnds) -> Vec<(&str, &str, Vec<&str>)> {
        let none = Columns::default();
        let mut gone = Vec::new();
        for (table, end) in &self.0 {
            let own = known.own.0.get(table).map_or(&none, |own| &own.columns);
            let before = || known.own.0.iter().chain(&known.others.0).filter(|(name, before)| before.is_of(name, table, end));
            let had = |column: &str, file: &str| before().any(|(_, before)| before.columns.had(column, file));
            gone.extend(end.columns.gone(own, &had).into_iter().map(|(column, files)| (table.as_str(), column, files)));
        }
        gone
    }

    /// Tables that are no longer checked, each with the names of its files that end without a line end.
    pub fn unchecked(&self, known: &KnownEnds) -> Vec<(&str, Vec<&str>)> {
        let cut = self.cut(known);
        let approved = |table: &str| [&known.own, &known.others].iter().any(|ends| ends.0.get(table).is_some_and(|end| end.approved));
        let tables = self.0.iter().filter(|(table, end)| !end.with && !end.without.is_empty() && approved(table));
        let tables = tables.filter(|(table, _)| cut.iter().all(|(of, _)| of != table));
        tables.map(|(table, end)| (table.as_str(), end.without.iter().map(|file| name_of(file)).collect())).collect()
    }

    /// What is remembered after a run. `whole`: all of it was carried out, and so the files are right as they are.
    #[must_use]
    pub fn remembered(&self, known: &KnownEnds, whole: bool) -> Self {
        let cut = self.cut(known);
        let mut kept = known.own.clone();
        for (table, end) in &self.0 {
            let before = kept.0.entry(table.clone()).or_default();
            if whole {
                *before = end.carried_out(before, cut.iter().any(|(of, _)| of == table));
            } else {
                before.noted(end);
            }
        }
        kept
    }

    /// The same where a stranger's process gave them.
    pub(super) fn checked(self) -> Self {
        Self(self.0.into_iter().take(MOST).map(|(table, end)| (harmless(&table), end.checked())).collect())
    }
}

/// What stands for a path in the memory of every run.
fn mark(path: &str) -> String {
    format!("{:016x}", xxh3_64(path.as_bytes()))
}

/// The name of a file in `without`.
fn name_of(file: &str) -> &str {
    file.rsplitn(3, ", ").last().unwrap_or(file)
}

fn harmless(name: &str) -> String {
    name.chars().take(LONGEST).map(|c| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
#[path = "ends_tests.rs"]
mod tests;
