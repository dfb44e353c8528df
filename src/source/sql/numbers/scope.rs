//! What a name stands for: which kind of value, of which table.

use super::super::{super::files::Kind as Stored, shown::Shown};

/// What a value is, where it is not NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Always NULL.
    Null,
    Number,
    Text,
    /// A text that begins as an ISO date.
    Date,
    /// One thing in one row, another in the next, or not known.
    Any,
}

impl Kind {
    /// Of what is sometimes the one, sometimes the other.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Null, kind) | (kind, Self::Null) => kind,
            (Self::Date, Self::Text) | (Self::Text, Self::Date) => Self::Text,
            _ => Self::Any,
        }
    }
}

/// The columns of a table or subquery in their order; `None`: not known.
pub type Columns = Option<Vec<(String, Kind)>>;

/// A table in a FROM.
pub struct From {
    /// Lower case.
    pub name: String,
    pub columns: Columns,
}

/// One SELECT.
#[derive(Default)]
pub struct Scope {
    pub from: Vec<From>,
    /// Result columns with a name of their own.
    pub aliases: Vec<(String, Kind)>,
}

/// A column that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: Kind,
    /// Which table of which SELECT, where it is one.
    pub table: Option<(usize, usize)>,
}

/// Everything that can be named where the writer is.
#[derive(Default)]
pub struct Names {
    pub scopes: Vec<Scope>,
    /// WITH, the innermost last.
    pub with: Vec<(String, Columns)>,
}

const UNKNOWN: Found = Found { kind: Kind::Any, table: None };

impl Names {
    /// A column by its name alone.
    pub fn column(&self, name: &str) -> Option<Found> {
        self.scopes.iter().enumerate().rev().find_map(|(depth, scope)| {
            in_from(depth, scope, |_| true, name).or_else(|| {
                let alias = scope.aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
                alias.map(|(_, kind)| Found { kind: *kind, table: None })
            })
        })
    }

    /// A column of a table named.
    pub fn column_of(&self, table: &str, name: &str) -> Option<Found> {
        let is_it = |from: &From| from.name.eq_ignore_ascii_case(table);
        self.scopes.iter().enumerate().rev().find_map(|(depth, scope)| in_from(depth, scope, is_it, name))
    }

    /// The columns of what FROM names.
    pub fn table(&self, name: &str, tables: &[Shown]) -> Columns {
        if let Some((_, columns)) = self.with.iter().rev().find(|(with, _)| with.eq_ignore_ascii_case(name)) {
            return columns.clone();
        }
        let table = tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))?;
        Some(table.columns.iter().map(|column| (column.name.clone(), stored(column.kind))).collect())
    }
}

/// The tables of one SELECT that may be meant; one whose columns are not known may be it.
fn in_from(depth: usize, scope: &Scope, is_it: impl Fn(&From) -> bool, name: &str) -> Option<Found> {
    let mut found: Option<Found> = None;
    let mut unknown = false;
    for (at, from) in scope.from.iter().enumerate().filter(|(_, from)| is_it(from)) {
        let Some(columns) = &from.columns else {
            unknown = true;
            continue;
        };
        for (_, kind) in columns.iter().filter(|(column, _)| column.eq_ignore_ascii_case(name)) {
            // Several, as USING joins them.
            found = Some(Found { kind: found.map_or(*kind, |found| found.kind.or(*kind)), table: Some((depth, at)) });
        }
    }
    found
        .or_else(|| (!unknown && is_row_number(name) && scope.from.iter().any(is_it)).then_some(Found { kind: Kind::Number, table: None }))
        .or_else(|| unknown.then_some(UNKNOWN))
}

fn is_row_number(name: &str) -> bool {
    ["rowid", "oid", "_rowid_"].iter().any(|word| word.eq_ignore_ascii_case(name))
}

fn stored(kind: Stored) -> Kind {
    match kind {
        Stored::Text => Kind::Text,
        Stored::Integer | Stored::Real => Kind::Number,
        Stored::Refused => Kind::Any,
    }
}

/// A name without its quotes.
pub fn unquoted(name: &str) -> String {
    let inner = |end: char| name.get(1..).and_then(|rest| rest.strip_suffix(end));
    match name.chars().next() {
        Some(quote @ ('"' | '`' | '\'')) => {
            let inner = inner(quote).unwrap_or_default();
            inner.replace(&format!("{quote}{quote}"), &quote.to_string())
        }
        Some('[') => inner(']').unwrap_or_default().to_owned(),
        _ => name.to_owned(),
    }
}
