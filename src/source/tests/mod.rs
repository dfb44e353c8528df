//! Readings end to end: files in, rows or an error out.

mod attacks;
mod dates;
mod declared;
mod doubles;
mod encodings;
mod folder;
mod formats;
mod headless;
mod joins;
mod numbers;
mod quoting;
mod round_trip;
mod spreadsheets;
mod uneven;
mod whole;
mod words;

use super::{Access, Cell, Reader, Report, SourceError, SqlLimits, open};
use crate::definition::{self, Location, Name, Rows, Selection, Source, SourceKind, Table};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

/// A folder of files and the tables over them.
struct Files {
    dir: tempfile::TempDir,
    tables: BTreeMap<String, Table>,
}

impl Files {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), tables: BTreeMap::new() }
    }

    /// One table `t` over one CSV file.
    fn csv(text: &str) -> Self {
        Self::new().with("t.csv", text).table("t", "t.csv")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(name), content).unwrap();
        self
    }

    fn table(self, name: &str, pattern: &str) -> Self {
        self.table_as(name, pattern, |_| {})
    }

    fn table_as(mut self, name: &str, pattern: &str, change: impl FnOnce(&mut Table)) -> Self {
        let mut table = Table {
            pattern: pattern.to_owned(),
            location: Location::Local(self.path(pattern)),
            format: None,
            delimiter: None,
            encoding: None,
            columns: std::collections::BTreeMap::new(),
            skip_rows: 0,
            nulls: None,
            written: None,
        };
        change(&mut table);
        self.tables.insert(name.to_owned(), table);
        self
    }

    fn segment(&self, select: Selection) -> Rows {
        let files = definition::Files { tables: self.tables.clone(), ..definition::Files::default() };
        let source = Arc::new(Source { name: Name::new("crm").unwrap(), kind: SourceKind::Files(files), export_user: None });
        Rows { segment: Name::new("vips").unwrap(), file: PathBuf::from("vips.yaml"), source, select, written: None }
    }

    fn reader(&self, query: &str, limits: SqlLimits) -> Box<dyn Reader> {
        open(&self.segment(Selection::Query(query.to_owned())), &Access::local(limits, Arc::default())).unwrap()
    }

    /// Every row of the query, cells as text by `|`, NULL as `∅`; integers as `i:`, reals as `r:`.
    fn query(&self, query: &str) -> Result<Vec<String>, SourceError> {
        rows(&mut *self.reader(query, SqlLimits::default())).map(|(rows, _)| rows)
    }

    fn rows(&self, query: &str) -> Vec<String> {
        self.query(query).unwrap_or_else(|error| panic!("{query}: {error} ({:?})", error.hint))
    }

    /// The error of the query, with its hint, the folder's path left out.
    fn error(&self, query: &str) -> String {
        let error = self.query(query).expect_err(query);
        self.without_path(&error)
    }

    fn without_path(&self, error: &SourceError) -> String {
        let text = format!("{error}\n{}", error.hint.as_deref().unwrap_or("-"));
        text.replace(&format!("{}/", self.dir.path().display()), "")
    }
}

fn rows(reader: &mut dyn Reader) -> Result<(Vec<String>, Report), SourceError> {
    let columns = reader.columns()?;
    let columns = columns.iter().map(String::as_str).collect::<Vec<_>>();
    let mut rows = Vec::new();
    let report = reader.read(&columns, &mut |batch| {
        for row in 0..batch.len() {
            let cells = (0..columns.len()).map(|column| text(batch.cell(row, column)));
            rows.push(cells.collect::<Vec<_>>().join("|"));
        }
        Ok(())
    })?;
    assert_eq!(report.rows, rows.len() as u64);
    Ok((rows, report))
}

fn text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => "∅".to_owned(),
        Cell::Integer(value) => format!("i:{value}"),
        Cell::Real(value) => format!("r:{value}"),
        Cell::Text(text) => text.to_owned(),
    }
}

fn cancel() -> Arc<AtomicBool> {
    Arc::default()
}
