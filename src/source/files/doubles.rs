//! Columns of one name in a file. SQL has each under a name of its own, `Note (3)`, so that a column nobody uses fails nothing; a query
//! that names `Note` cannot say which it means, and fails.

use super::super::SourceError;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The names that come twice in some file of a table.
#[derive(Debug, Default)]
pub struct Doubles {
    /// By the name in lower case: what is told of it.
    told: BTreeMap<String, String>,
    /// Every name of a column in lower case.
    names: HashSet<String>,
}

impl Doubles {
    /// Adds a file; `place`: where its names are.
    pub fn add<'a>(&mut self, place: &str, names: impl Iterator<Item = &'a str>) {
        let mut seen = HashMap::new();
        for (at, name) in names.enumerate() {
            let lower = name.to_ascii_lowercase();
            if let Some(first) = seen.insert(lower.clone(), at) {
                let numbers = format!("the {} and the {}", first + 1, at + 1);
                let what = format!("{place}: two columns are named {name:?}: {numbers} (SQL does not tell upper from lower case)");
                self.told.entry(lower.clone()).or_insert(what);
            }
            self.names.insert(lower);
        }
    }

    /// The names of a file's columns in SQL: distinct, and the same for its position in every file.
    pub fn named<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<String> {
        names
            .enumerate()
            .map(|(at, name)| if self.told.contains_key(&name.to_ascii_lowercase()) { self.name(name, at) } else { name.to_owned() })
            .collect()
    }

    fn name(&self, name: &str, at: usize) -> String {
        let mut own = format!("{name} ({})", at + 1);
        while self.names.contains(&own.to_ascii_lowercase()) {
            own.push('\'');
        }
        own
    }

    /// Why a column cannot be named so.
    pub fn of(&self, name: &str) -> Option<SourceError> {
        self.told.get(&name.to_ascii_lowercase()).map(|what| error(what))
    }

    /// Which of them `is_named` holds for, given in lower case.
    pub fn any(&self, is_named: impl Fn(&str) -> bool) -> Option<SourceError> {
        self.told.iter().find(|(name, _)| is_named(name)).map(|(_, what)| error(what))
    }
}

fn error(what: &str) -> SourceError {
    SourceError::new(what).hint("rename one of them in the file")
}
