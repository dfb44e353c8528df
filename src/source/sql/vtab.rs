//! File tables as SQLite virtual tables: forward scans of the columns a statement uses.
//!
//! The only `unsafe` of the crate: rusqlite's `VTab` and `VTabCursor` are unsafe traits, because SQLite is handed a
//! pointer to the whole struct and takes it for a pointer to its first field. Both structs are `repr(C)` and begin with
//! the base struct that SQLite asks for, which is all that the traits demand; the cursor owns what it reads, so it does
//! not depend on the table outliving it.
#![allow(unsafe_code)]

use super::super::{
    SourceError,
    files::{Chain, Kind, Pass, Used},
};
use super::{
    connection::MAX_CELL_BYTES,
    declared::{Unfit, converted},
    shared::Shared,
    shown::Shown,
};
use rusqlite::{
    Connection, Error, Result,
    ffi::{sqlite3_vtab, sqlite3_vtab_cursor},
    types::{ToSqlOutput, ValueRef},
    vtab::{Context, CreateVTab, Filters, IndexConstraintOp, IndexInfo, Module, VTab, VTabConfig, VTabConnection, VTabCursor, VTabKind},
};
use std::{
    borrow::Cow,
    cell::RefCell,
    ffi::{CStr, CString, c_int},
    sync::Arc,
};

/// Begins what a scan says of itself in `EXPLAIN`: `files:TABLE:COLUMNS`, index and hexadecimal mask.
const SCAN: &str = "files:";

/// Makes every table of `shared` a virtual table of the connection's main schema.
pub fn create(connection: &Connection, shared: &Arc<Shared>) -> Result<()> {
    const MODULE: Module<'_, Tab> = Module::read_only_module();
    connection.create_module(c"files", &MODULE, Some(Arc::clone(shared)))?;
    for (at, table) in shared.tables.iter().enumerate() {
        connection.execute_batch(&format!("CREATE VIRTUAL TABLE main.{} USING files({at})", quoted(&table.name)))?;
    }
    Ok(())
}

/// A name as SQL.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The columns as SQL, so that a loaded table compares exactly as the virtual one does. Numbers have the collation too,
/// which does not touch them: an index over integers could else not answer a comparison with a text column.
pub fn columns(table: &Shown) -> String {
    let kind = |kind| match kind {
        Kind::Text => "TEXT COLLATE cell",
        Kind::Integer => "INTEGER COLLATE cell",
        Kind::Real => "REAL COLLATE cell",
        Kind::Refused => "BLOB",
    };
    let columns = table.columns.iter().map(|column| format!("{} {}", quoted(&column.name), kind(column.kind)));
    columns.collect::<Vec<_>>().join(", ")
}

/// Which table and columns a scan reads, from what it says in `EXPLAIN`.
pub fn scan(said: &str) -> Option<(usize, Used)> {
    let (table, used) = said.strip_prefix(SCAN)?.split_once(':')?;
    Some((table.parse().ok()?, Used(u64::from_str_radix(used, 16).ok()?)))
}

#[repr(C)]
struct Tab {
    base: sqlite3_vtab,
    shared: Arc<Shared>,
    index: usize,
}

unsafe impl VTab<'_> for Tab {
    type Aux = Arc<Shared>;
    type Cursor = Cursor;

    fn connect(
        db: &mut VTabConnection,
        aux: Option<&Self::Aux>,
        _module: &[u8],
        _database: &[u8],
        _table: &[u8],
        args: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        let index = args.first().and_then(|arg| std::str::from_utf8(arg).ok()?.parse::<usize>().ok());
        let found = aux.zip(index).and_then(|(shared, index)| Some((shared, index, shared.tables.get(index)?)));
        let (shared, index, table) = found.ok_or_else(|| Error::ModuleError("no such file table".to_owned()))?;
        db.config(VTabConfig::Innocuous)?;
        let schema = CString::new(format!("CREATE TABLE x({})", columns(table)))?;
        Ok((Cow::Owned(schema), Self { base: sqlite3_vtab::default(), shared: Arc::clone(shared), index }))
    }

    /// There is one way to read it: all rows. What is compared with other tables is noted, for their indexes.
    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        let equal = |op: &IndexConstraintOp| {
            matches!(op, IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_IS)
        };
        let compared = info.constraints().map(|constraint| equal(&constraint.operator()).then(|| constraint.column()));
        for (at, column) in compared.collect::<Vec<_>>().into_iter().enumerate() {
            if let Some(Ok(column)) = column.map(usize::try_from)
                && info.rhs_value(at)?.is_none()
            {
                self.shared.join(self.index, column);
            }
        }
        let table = &self.shared.tables[self.index];
        info.set_idx_str(&format!("{SCAN}{}:{:x}", self.index, info.col_used()));
        info.set_estimated_rows(i64::try_from(table.likely_rows()).unwrap_or(i64::MAX));
        info.set_estimated_cost(table.likely_rows() as f64 * 20.0);
        Ok(true)
    }

    fn open(&mut self) -> Result<Cursor> {
        let shared = Arc::clone(&self.shared);
        let table = &shared.tables[self.index];
        let (rows, unfit) = (table.file.rows(Used::default()), RefCell::new(Unfit::over(table)));
        Ok(Cursor { base: sqlite3_vtab_cursor::default(), rows, unfit, index: self.index, shared, row: 0, ended: false })
    }
}

impl CreateVTab<'_> for Tab {
    const KIND: VTabKind = VTabKind::Default;
}

#[repr(C)]
struct Cursor {
    base: sqlite3_vtab_cursor,
    shared: Arc<Shared>,
    index: usize,
    rows: Chain,
    /// Of declared columns.
    unfit: RefCell<Unfit>,
    /// From 1.
    row: i64,
    ended: bool,
}

impl Cursor {
    fn table(&self) -> &Shown {
        &self.shared.tables[self.index]
    }

    /// What was odd in the rows so far.
    fn tell(&self) {
        self.shared.notice(self.rows.notices());
        self.shared.notice(self.unfit.borrow().notices(self.table()));
    }

    fn too_long(&self, column: usize) -> Error {
        let table = self.table();
        let name = table.columns.get(column).map_or("", |column| column.name.as_str());
        let what = format!("row {} of {} has a value of more than {} MiB in {name:?}", self.row, table.name, MAX_CELL_BYTES >> 20);
        self.shared.fail(SourceError::new(what))
    }
}

unsafe impl VTabCursor for Cursor {
    fn filter(&mut self, _index: c_int, said: Option<&str>, _args: &Filters<'_>) -> Result<()> {
        let used = said.and_then(scan).map_or(Used(u64::MAX), |(_, used)| used);
        let table = self.table();
        let (rows, unfit) = (table.file.rows(table.of_file(used)), Unfit::over(table));
        (self.rows, self.unfit) = (rows, RefCell::new(unfit));
        self.row = 0;
        self.next()
    }

    fn next(&mut self) -> Result<()> {
        self.row += 1;
        self.ended = !self.rows.next().map_err(|error| self.shared.fail(error))?;
        if self.ended {
            self.tell();
        }
        Ok(())
    }

    fn eof(&self) -> bool {
        self.ended
    }

    fn column(&self, context: &mut Context, column: c_int) -> Result<()> {
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        let table = self.table();
        let cell = self.rows.cell(table.place(column));
        if let Some(declared) = table.declared(column) {
            let value = converted(cell, declared).unwrap_or_else(|()| self.unfit.borrow_mut().add(column, self.row, cell));
            return context.set_result(&value);
        }
        match cell {
            ValueRef::Text(text) if text.len() > MAX_CELL_BYTES => Err(self.too_long(column)),
            cell => context.set_result(ToSqlOutput::Borrowed(cell)),
        }
    }

    fn rowid(&self) -> Result<i64> {
        Ok(self.row)
    }
}

impl Drop for Cursor {
    /// A query that had enough did not come to the end.
    fn drop(&mut self) {
        self.tell();
    }
}
