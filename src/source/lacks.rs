//! Columns that conditions of queries use, and which files of a table have them.
//!
//! | a file lacks such a column | then |
//! |---|---|
//! | on the first reading | it is NULL there, and noticed |
//! | and every file of the last reading had it, or the same file did | its people would be taken for people without it: that is asked about |
//! | and it did in the last reading that was carried out | that was right |

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Columns {
    /// Those that every file has, in lower case.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    all: BTreeSet<String>,
    /// Those that some files lack.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    some: BTreeMap<String, Files>,
}

/// The files of a table, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// The column as it is written.
    name: String,
    with: BTreeSet<String>,
    without: BTreeSet<String>,
}

impl Columns {
    /// A column, and each file with whether it has it.
    pub fn add(&mut self, column: &str, files: impl Iterator<Item = (String, bool)>) {
        let (with, without): (Vec<_>, Vec<_>) = files.partition(|(_, has)| *has);
        if without.is_empty() {
            self.all.insert(column.to_ascii_lowercase());
            return;
        }
        let names = |files: Vec<(String, bool)>| files.into_iter().map(|(file, _)| file).collect();
        let files = Files { name: column.to_owned(), with: names(with), without: names(without) };
        self.some.insert(column.to_ascii_lowercase(), files);
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.some.is_empty()
    }

    pub fn merge(&mut self, more: Self) {
        self.all.extend(more.all);
        for (column, files) in more.some {
            let known = self.some.entry(column).or_insert_with(|| Files { name: files.name, ..Files::default() });
            known.with.extend(files.with);
            known.without.extend(files.without);
        }
    }

    /// Columns with the files that lack them and did not before: `own` is what this export knows of the table, `had` says whether a file
    /// had a column, or all had, as far as any export knows.
    pub fn gone<'a>(&'a self, own: &Self, had: &dyn Fn(&str, &str) -> bool) -> Vec<(&'a str, Vec<&'a str>)> {
        let mut gone = Vec::new();
        for (column, files) in &self.some {
            let new = |file: &&String| match own.some.get(column) {
                Some(known) => !known.without.contains(*file) && known.with.contains(*file),
                None => had(column, file),
            };
            let files_of = files.without.iter().filter(new).map(String::as_str).collect::<Vec<_>>();
            if !files_of.is_empty() {
                gone.push((files.name.as_str(), files_of));
            }
        }
        gone
    }

    /// Whether all files had the column, or this one did.
    pub fn had(&self, column: &str, file: &str) -> bool {
        self.all.contains(column) || self.some.get(column).is_some_and(|files| files.with.contains(file))
    }

    /// After a run that was carried out; a column that was not used in it stays as it was known.
    pub fn carried_out(&self, before: &Self) -> Self {
        let mut kept = self.clone();
        kept.all.extend(before.all.iter().filter(|column| !self.knows(column)).cloned());
        kept.some
            .extend(before.some.iter().filter(|(column, _)| !self.knows(column)).map(|(column, files)| (column.clone(), files.clone())));
        kept
    }

    /// After a run that was not: nothing is forgotten, and nothing accepted.
    pub fn noted(&mut self, now: &Self) {
        let new = now.all.iter().filter(|column| !self.knows(column)).cloned().collect::<Vec<_>>();
        self.all.extend(new);
    }

    fn knows(&self, column: &str) -> bool {
        self.all.contains(column) || self.some.contains_key(column)
    }

    /// The same where a stranger's process gave them.
    pub fn checked(self, most: usize, harmless: &dyn Fn(&str) -> String) -> Self {
        let few = |names: BTreeSet<String>| names.into_iter().take(most).map(|name| harmless(&name)).collect::<BTreeSet<_>>();
        let files = |files: Files| Files { name: harmless(&files.name), with: few(files.with), without: few(files.without) };
        let some = self.some.into_iter().take(most).map(|(column, of)| (harmless(&column), files(of))).collect();
        Self { all: few(self.all), some }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(files: &[(&str, bool)]) -> Columns {
        let mut columns = Columns::default();
        columns.add("Unsub", files.iter().map(|(file, has)| ((*file).to_owned(), *has)));
        columns
    }

    fn gone(now: &Columns, own: &Columns) -> usize {
        now.gone(own, &|column, file| own.had(column, file)).iter().map(|(_, files)| files.len()).sum()
    }

    #[test]
    fn a_column_is_gone_from_a_file_where_all_had_it_or_the_file_did() {
        let (whole, uneven) = (columns(&[("a", true), ("b", true)]), columns(&[("a", true), ("b", false)]));
        assert_eq!(gone(&uneven, &Columns::default()), 0, "the first reading");
        assert_eq!(uneven.gone(&whole, &|column, file| whole.had(column, file)), [("Unsub", vec!["b"])]);
        assert_eq!(gone(&columns(&[("a", true), ("b", true), ("new", false)]), &whole), 1);
        assert_eq!(gone(&columns(&[("a", false), ("b", false)]), &uneven), 1, "b lacked it before");
        assert_eq!(gone(&columns(&[("a", true), ("new", false)]), &uneven), 0, "such files are usual");
    }

    #[test]
    fn what_was_carried_out_is_right_and_what_was_held_is_not() {
        let (whole, uneven) = (columns(&[("a", true), ("b", true)]), columns(&[("a", true), ("b", false)]));
        assert_eq!(gone(&uneven, &uneven.carried_out(&whole)), 0);
        let mut held = whole.clone();
        held.noted(&uneven);
        assert_eq!(gone(&uneven, &held), 1);
        assert_eq!(gone(&uneven, &Columns::default().carried_out(&whole)), 1, "it was not used meanwhile");
        // What another export was allowed is not allowed to this one.
        let others = uneven.carried_out(&whole);
        assert_eq!(uneven.gone(&whole, &|column, file| whole.had(column, file) || others.had(column, file)).len(), 1);
    }
}
