//! How files end: a text file that is cut inside its last cell looks whole, but for the line end that it had before.

use crate::definition::is_invisible;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
#[serde(rename_all = "camelCase")]
pub struct End {
    /// A file of it ends with a line end.
    pub with: bool,
    /// The files that do not: each by its name and length, so that another one of that name is another.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub without: BTreeSet<String>,
}

impl Ends {
    /// A file was read to its end.
    pub fn add(&mut self, table: String, file: String, line_end: bool) {
        let end = self.0.entry(table).or_default();
        if line_end {
            end.with = true;
        } else {
            end.without.insert(harmless(&file));
        }
    }

    pub fn extend(&mut self, more: Self) {
        for (table, mut end) in more.0 {
            let known = self.0.entry(table).or_default();
            known.with |= end.with;
            known.without.append(&mut end.without);
        }
    }

    /// Files without a final line end, of a table in which another file has one or had one `before`; those known from then left out.
    pub fn cut(&self, before: &Self) -> Vec<(&str, &str)> {
        let mut cut = Vec::new();
        for (table, end) in &self.0 {
            let known = before.0.get(table);
            let had = end.with || known.is_some_and(|known| known.with);
            let accepted = |file: &String| known.is_some_and(|known| known.without.contains(file));
            let files = end.without.iter().filter(|file| had && !accepted(file));
            cut.extend(files.map(|file| (table.as_str(), file.as_str())));
        }
        cut
    }

    /// What is remembered after a run. `whole`: all of it was carried out, and so the files are right as they are.
    #[must_use]
    pub fn remembered(&self, before: &Self, whole: bool) -> Self {
        let mut kept = before.clone();
        for (table, end) in &self.0 {
            let known = kept.0.entry(table.clone()).or_default();
            if whole {
                *known = end.clone();
            } else {
                known.with |= end.with;
            }
        }
        kept
    }

    /// The same where a stranger's process gave them.
    pub(super) fn checked(self) -> Self {
        let files = |end: End| End { without: end.without.iter().take(MOST).map(|file| harmless(file)).collect(), ..end };
        Self(self.0.into_iter().take(MOST).map(|(table, end)| (harmless(&table), files(end))).collect())
    }
}

fn harmless(name: &str) -> String {
    name.chars().take(LONGEST).map(|c| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(files: &[(&str, bool)]) -> Ends {
        let mut ends = Ends::default();
        files.iter().for_each(|(file, line_end)| ends.add("crm.people".into(), (*file).to_owned(), *line_end));
        ends
    }

    #[test]
    fn a_file_is_cut_where_its_table_had_line_ends() {
        let none = Ends::default();
        let (whole, cut) = (ends(&[("a, 9 bytes", true)]), ends(&[("a, 8 bytes", false)]));
        assert!(cut.cut(&none).is_empty(), "the first reading of a file that may never have had one");
        assert_eq!(cut.cut(&whole), [("crm.people", "a, 8 bytes")]);
        assert_eq!(ends(&[("a", true), ("b", false)]).cut(&none), [("crm.people", "b")]);
        assert!(cut.cut(&cut).is_empty(), "it never had one");
        assert!(whole.cut(&cut).is_empty());
    }

    #[test]
    fn what_was_approved_is_not_asked_again() {
        let month = ends(&[("a", true), ("b, 7 bytes", false)]);
        let after = month.remembered(&Ends::default(), true);
        assert!(month.cut(&after).is_empty());
        assert_eq!(ends(&[("a", true), ("b, 6 bytes", false)]).cut(&after), [("crm.people", "b, 6 bytes")]);
        // A run that was not carried out forgets nothing, and accepts nothing.
        let before = ends(&[("a", true)]);
        let held = ends(&[("a, 8 bytes", false)]);
        assert_eq!(held.cut(&held.remembered(&before, false)), [("crm.people", "a, 8 bytes")]);
        assert_eq!(held.cut(&Ends::default().remembered(&before, true)), [("crm.people", "a, 8 bytes")], "it was not read meanwhile");
    }
}
