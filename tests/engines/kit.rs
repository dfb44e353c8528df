//! Engines that were started for us, and readings of them.

use adbc_core::{Connection, Database, Driver, Statement, options::AdbcVersion, options::OptionDatabase};
use adbc_driver_manager::ManagedDriver;
use listkeeper::{
    definition::{Adbc, Files, Location, Name, Rows, Secret, Selection, Source, SourceKind, Table},
    source::{Access, Cell, RowBatch, SourceError, SqlLimits, open},
};
use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Once, atomic::AtomicBool},
    time::Duration,
};

/// The folder of the engines, or a loud word that there is none.
pub fn engines() -> Option<PathBuf> {
    static FIRST: Once = Once::new();
    let folder = std::env::var_os("LISTKEEPER_ENGINES").map(PathBuf::from);
    FIRST.call_once(|| match &folder {
        Some(folder) => warm(folder),
        // Not by print, which the test runner keeps to itself.
        None => std::io::stderr().write_all(b"SKIPPED: no engines; tests/engines/run starts them\n").unwrap(),
    });
    folder
}

/// A Spark that has never run anything deadlocks while it loads its classes if its first two queries come at once.
fn warm(folder: &Path) {
    let queries =
        ["SELECT id, 'x' AS x FROM range(10) WHERE id % 7 = 1 ORDER BY id", "SELECT count(*) FROM (SELECT 1 AS id) AS t WHERE 1 = 0"];
    tell(folder, &Engine::new(folder, "spark"), &queries);
}

/// One engine, and how a segment of it is read.
#[derive(Clone)]
pub struct Engine {
    pub driver: String,
    pub uri: String,
    pub options: BTreeMap<String, Secret>,
    pub max_rows: u64,
    pub timeout: Duration,
    pub stop: Arc<AtomicBool>,
}

impl Engine {
    pub fn new(folder: &Path, driver: &str) -> Self {
        let uri = std::fs::read_to_string(folder.join(driver)).unwrap().trim().to_owned();
        let (options, stop) = (BTreeMap::new(), Arc::default());
        Self { driver: driver.to_owned(), uri, options, max_rows: 10_000_000, timeout: Duration::from_secs(120), stop }
    }

    pub fn segment(&self, select: Selection) -> Rows {
        let kind = SourceKind::Adbc(Adbc {
            driver: self.driver.clone(),
            uri: Some(Secret::Plain(self.uri.clone())),
            options: self.options.clone(),
            max_rows: self.max_rows,
            timeout: self.timeout,
        });
        segment(kind, select)
    }

    pub fn query(&self, query: &str) -> Result<Vec<String>, SourceError> {
        self.rows(Selection::Query(query.to_owned()), &mut |_| ())
    }

    pub fn error(&self, query: &str) -> String {
        let error = self.query(query).expect_err(query);
        format!("{error}\n{}", error.hint.as_deref().unwrap_or("-"))
    }

    /// Every row of all columns; `each` is told how many there are so far, before the next batch is taken.
    pub fn rows(&self, select: Selection, each: &mut dyn FnMut(usize)) -> Result<Vec<String>, SourceError> {
        let access = Access::local(SqlLimits::default(), Arc::clone(&self.stop));
        let columns = open(&self.segment(select.clone()), &access)?.columns()?;
        read(&self.segment(select), &access, &columns, each)
    }
}

pub fn segment(kind: SourceKind, select: Selection) -> Rows {
    let source = Arc::new(Source { name: Name::new("warehouse").unwrap(), kind, export_user: None });
    Rows { segment: Name::new("vips").unwrap(), file: PathBuf::from("vips.yaml"), source, select, written: None }
}

/// The table `customers` as a file.
pub fn file(path: &Path, query: &str) -> Rows {
    let location = Location::Local(path.to_owned());
    let table = Table {
        pattern: path.display().to_string(),
        location,
        format: None,
        delimiter: None,
        encoding: None,
        columns: std::collections::BTreeMap::new(),
        skip_rows: 0,
        nulls: None,
        written: None,
    };
    let files = Files { tables: BTreeMap::from([("customers".to_owned(), table)]), ..Files::default() };
    segment(SourceKind::Files(files), Selection::Query(query.to_owned()))
}

/// Rows as text, cells by `|`, NULL as `∅`; integers as `i:`, reals as `r:`.
pub fn read(rows: &Rows, access: &Access, columns: &[String], each: &mut dyn FnMut(usize)) -> Result<Vec<String>, SourceError> {
    let mut all = Vec::new();
    let columns = columns.iter().map(String::as_str).collect::<Vec<_>>();
    let report = open(rows, access)?.read(&columns, &mut |batch: RowBatch| {
        all.extend((0..batch.len()).map(|row| {
            let cells = (0..columns.len()).map(|column| text(batch.cell(row, column)));
            cells.collect::<Vec<_>>().join("|")
        }));
        each(all.len());
        Ok(())
    })?;
    assert_eq!(report.rows, all.len() as u64);
    Ok(all)
}

pub fn text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => "∅".to_owned(),
        Cell::Integer(value) => format!("i:{value}"),
        Cell::Real(value) => format!("r:{value}"),
        Cell::Text(text) => text.to_owned(),
    }
}

/// Has an engine do something, past Listkeeper; rows come back as numbers.
pub fn tell(folder: &Path, engine: &Engine, sql: &[&str]) -> i64 {
    let manifest = folder.join(format!("drivers/{}.toml", engine.driver));
    let mut driver = ManagedDriver::load_from_name(manifest, None, AdbcVersion::V110, 0, None).unwrap();
    let database = driver.new_database_with_opts([(OptionDatabase::Uri, engine.uri.as_str().into())]).unwrap();
    let mut connection = database.new_connection().unwrap();
    let mut rows = 0;
    for sql in sql {
        let mut statement = connection.new_statement().unwrap();
        statement.set_sql_query(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let stream = statement.execute().unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows = stream.map(|batch| batch.unwrap().num_rows() as i64).sum();
    }
    rows
}
