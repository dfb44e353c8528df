//! A part of the query as it is written anew.

use super::scope::{Found, Kind};

/// An expression: its text, and what is known of its value.
#[derive(Clone, Debug)]
pub struct Piece {
    pub sql: String,
    pub kind: Kind,
    pub collation: Collation,
    /// How people know it.
    pub label: Option<String>,
    /// Its text where a number is wanted, if that is not simply our function around it.
    pub as_number: Option<String>,
    /// The same where a date is wanted.
    pub as_date: Option<String>,
    /// The text that it is, as a literal.
    pub literal: Option<String>,
    /// Of a plain column.
    pub column: Option<Found>,
}

/// By which collation it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collation {
    None,
    /// As a column has it.
    Column,
    /// As COLLATE says.
    Named(String),
}

impl Piece {
    pub fn new(sql: impl Into<String>, kind: Kind) -> Self {
        Self { sql: sql.into(), kind, collation: Collation::None, label: None, as_number: None, as_date: None, literal: None, column: None }
    }

    pub fn number(sql: impl Into<String>) -> Self {
        Self::new(sql, Kind::Number)
    }

    pub fn text(sql: impl Into<String>) -> Self {
        Self::new(sql, Kind::Text)
    }

    /// The same value in other words.
    #[must_use]
    pub fn written(self, sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), ..self }
    }

    /// The same where an operator of ours stands beside it.
    #[must_use]
    pub fn grouped(self) -> Self {
        let sql = format!("({})", self.sql);
        if self.column.is_some() { self } else { self.written(sql) }
    }

    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.sql)
    }
}
