//! What a person has, column by column, in the words of Common Data Model's files.

use rusqlite::{Connection, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Column {
    pub name: String,
    pub kind: Kind,
}

/// What a column's cells are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
}

impl Kind {
    /// By its name in `model.json`.
    pub(in super::super) fn of(word: &str) -> Self {
        match word {
            "int64" => Self::Integer,
            "double" | "decimal" => Self::Number,
            "boolean" => Self::Boolean,
            _ => Self::Text,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "int64",
            Self::Number => "decimal",
            Self::Boolean => "boolean",
        }
    }

    /// As the REST API writes it.
    pub(in super::super) fn edm(self) -> &'static str {
        match self {
            Self::Text => "Edm.String",
            Self::Integer => "Edm.Int64",
            Self::Number => "Edm.Decimal",
            Self::Boolean => "Edm.Boolean",
        }
    }

    /// A cell as JSON: nothing is null, and what is not of the kind stays text.
    pub(in super::super) fn write(self, cell: &str, out: &mut Vec<u8>) {
        let plain = match self {
            Self::Text => false,
            Self::Integer => cell.parse::<i64>().is_ok(),
            Self::Number => serde_json::from_str::<serde_json::Number>(cell).is_ok(),
            Self::Boolean => matches!(cell, "true" | "false"),
        };
        match cell {
            "" => out.extend_from_slice(b"null"),
            cell if plain => out.extend_from_slice(cell.as_bytes()),
            // A text is always JSON.
            cell => drop(serde_json::to_writer(out, cell)),
        }
    }
}

/// Without Dataverse's prefix; nothing for what cannot be a column's name.
pub(super) fn plain(name: &str) -> &str {
    let prefixed = name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("msdynci_"));
    let plain = if prefixed { &name[8..] } else { name };
    if plain.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') { plain } else { "" }
}

pub(super) fn read(db: &Connection) -> rusqlite::Result<Vec<Column>> {
    let mut sql = db.prepare("SELECT name, kind FROM shape ORDER BY place")?;
    let column = |row: &rusqlite::Row<'_>| Ok(Column { name: row.get(0)?, kind: Kind::of(&row.get::<_, String>(1)?) });
    sql.query_map([], column)?.collect()
}

pub(super) fn write(db: &Connection, columns: &[Column]) -> rusqlite::Result<()> {
    let mut sql = db.prepare("INSERT OR REPLACE INTO shape(place, name, kind) VALUES(?1, ?2, ?3)")?;
    (0_i64..).zip(columns).try_for_each(|(place, column)| sql.execute(params![place, column.name, column.kind.word()]).map(drop))
}
