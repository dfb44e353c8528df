//! A table as a query sees it: the columns that SQLite is told of, as what they are declared to be.
//!
//! SQLite knows 2,000 columns at most. Of a wider table it is told those that the query names, and those that are wanted of it, so
//! that `SELECT *` gives what is used of it.

use super::super::{
    SourceError,
    files::{Column, FileTable, Kind, Used},
};
use crate::definition::ColumnType;
use std::{ops::Deref, sync::Arc};

/// What SQLite takes.
const MOST: usize = 2_000;

/// One table of a query.
pub struct Shown {
    pub file: Arc<FileTable>,
    /// In SQLite's order.
    pub columns: Vec<Column>,
    declared: Vec<Option<ColumnType>>,
    /// Where each is in the file; `None`: all are there in their order.
    places: Option<Vec<usize>>,
}

impl Deref for Shown {
    type Target = FileTable;

    fn deref(&self) -> &FileTable {
        &self.file
    }
}

impl Shown {
    /// `query` in lower case; `wanted` are the columns that are asked of it.
    pub fn new(file: Arc<FileTable>, query: &str, wanted: &[&str]) -> Result<Self, SourceError> {
        let places = if file.columns.len() > MOST { Some(named(&file, query, wanted)?) } else { None };
        let at = places.clone().unwrap_or_else(|| (0..file.columns.len()).collect());
        let declared = at.iter().map(|at| file.declared.get(&file.columns[*at].name).cloned()).collect::<Vec<_>>();
        let shown = |(at, declared): (&usize, &Option<ColumnType>)| {
            let Column { name, kind } = &file.columns[*at];
            Column { name: name.clone(), kind: declared.as_ref().map_or(*kind, stored) }
        };
        let columns = at.iter().zip(&declared).map(shown).collect();
        Ok(Self { columns, declared, places, file })
    }

    /// Which column of the file it is.
    #[inline]
    pub fn place(&self, column: usize) -> usize {
        match &self.places {
            None => column,
            Some(places) => places.get(column).copied().unwrap_or(usize::MAX),
        }
    }

    #[inline]
    pub fn declared(&self, column: usize) -> Option<&ColumnType> {
        self.declared.get(column)?.as_ref()
    }

    /// The columns of the file that these are.
    pub fn of_file(&self, used: Used) -> Used {
        let Some(places) = &self.places else { return used };
        let places = places.iter().enumerate().filter(|(column, _)| used.has(*column));
        places.fold(Used::default(), |all, (_, place)| all.and(Used(1 << (*place).min(63))))
    }
}

fn stored(declared: &ColumnType) -> Kind {
    match declared {
        ColumnType::Text | ColumnType::Date { .. } | ColumnType::Datetime { .. } => Kind::Text,
        ColumnType::Integer { .. } | ColumnType::Boolean => Kind::Integer,
        ColumnType::Decimal { .. } => Kind::Real,
    }
}

/// The columns of a wide table that the query names or that are wanted.
fn named(file: &FileTable, query: &str, wanted: &[&str]) -> Result<Vec<usize>, SourceError> {
    let many = || format!("the table {} has {} columns, and SQL takes 2,000", file.name, file.columns.len());
    let all = ["distinct", "union", "intersect", "except"].iter().any(|word| has_word(query, word));
    if has_word(query, "natural") || (all && query.contains('*')) {
        return Err(SourceError::new(many()).hint("name the columns in the query instead of `*` and NATURAL").of_query(None));
    }
    let is_used = |name: &str| {
        let lower = name.to_lowercase();
        has_word(query, &lower)
            || has_word(query, &lower.replace('"', "\"\""))
            || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
    };
    let mut used = (0..file.columns.len()).filter(|at| is_used(&file.columns[*at].name)).collect::<Vec<_>>();
    if used.is_empty() {
        used.push(0);
    }
    if used.len() > MOST {
        return Err(SourceError::new(many())
            .hint("name fewer columns, or deliver them in several files that the query joins")
            .of_query(None));
    }
    Ok(used)
}

/// Whether `word` is in `text`, not as a part of a longer name.
pub fn has_word(text: &str, word: &str) -> bool {
    let in_name =
        |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || matches!(character, '_' | '$'));
    text.match_indices(word).any(|(at, _)| !in_name(text[..at].chars().next_back()) && !in_name(text[at + word.len()..].chars().next()))
}
