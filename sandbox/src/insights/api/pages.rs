//! One page of a table in OData's words, written row by row.

use super::super::store::{Row, Store, Table, Walk};
use crate::vendor::Reply;
use std::{io::Write as _, ops::ControlFlow};

/// Whose rows.
#[derive(Debug)]
pub(super) enum Members {
    Everyone,
    Of(String),
}

#[derive(Debug)]
pub(super) struct Page {
    /// Places of columns.
    pub columns: Vec<usize>,
    pub top: usize,
    pub skip: usize,
    pub context: String,
}

impl Page {
    pub(super) fn read(&self, store: &Store, members: &Members) -> rusqlite::Result<Reply> {
        let (mut rows, mut seen) = (Vec::new(), 0);
        members.walk(store, |row| {
            if (self.skip..self.skip.saturating_add(self.top)).contains(&seen) {
                self.write(store, row, &mut rows);
            }
            seen += 1;
        })?;
        let mut body = Vec::with_capacity(rows.len() + 200);
        let context = serde_json::Value::from(self.context.as_str());
        // Writing to memory cannot fail.
        let _ = write!(body, "{{\"@odata.context\":{context},\"@odata.count\":{seen},\"value\":[");
        body.extend_from_slice(&rows);
        body.extend_from_slice(b"]}");
        let given = seen.saturating_sub(self.skip).min(self.top);
        Ok(Reply { body, rows: given, ..Reply::json(200, &()) })
    }

    fn write(&self, store: &Store, row: &Row<'_>, rows: &mut Vec<u8>) {
        rows.extend_from_slice(if rows.is_empty() { b"{" } else { b",{" });
        for (number, place) in self.columns.iter().enumerate() {
            let Some(column) = store.columns().get(*place) else { continue };
            let comma = if number > 0 { "," } else { "" };
            let _ = write!(rows, "{comma}{}:", serde_json::Value::from(column.name.as_str()));
            column.kind.write(row.cell(*place), rows);
        }
        rows.push(b'}');
    }
}

impl Members {
    /// Everyone of them who has a profile, in order.
    fn walk(&self, store: &Store, mut show: impl FnMut(&Row<'_>)) -> rusqlite::Result<()> {
        let Self::Of(segment) = self else {
            return store.walk(Walk::all(Table::People), |row| {
                show(&row);
                ControlFlow::Continue(())
            });
        };
        store.members(Walk::all(Table::Memberships), segment, |row| show(&row))
    }
}
