//! Queries over files, tried without a network: their syntax, their functions, and what the files say where they are there.
//!
//! A directory may be a stranger's pull request: queries and files are read where a run reads them, in a child process, and only
//! files below the directory, none of them hidden. What else is on the machine is no business of a check.

use super::online::needed;
use crate::{
    definition::{Catalog, Diagnostic, Location, ReadLimits, Rows, Selection, Severity, SourceKind},
    source::{self, Access, Isolation, Notice, QueryPlace, SourceError, SqlLimits},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::{Duration, Instant},
};

/// Cells are looked at for so long, for one segment and for all.
const ONE: Duration = Duration::from_secs(5);
const ALL: Duration = Duration::from_secs(20);
/// A check of a query alone takes milliseconds.
const CHECK: Duration = Duration::from_secs(30);
/// Files of one table.
const FILES: usize = 10_000;

/// Adds what is wrong with the queries of the catalog's segments.
pub fn check(catalog: &mut Catalog) {
    let found = Check::over(catalog).run();
    catalog.diagnostics.extend(found);
    catalog.diagnostics.sort_by(|a, b| (&a.file, a.at, &a.message).cmp(&(&b.file, b.at, &b.message)));
}

struct Check<'a> {
    root: Option<std::path::PathBuf>,
    rows: BTreeMap<&'a str, &'a Rows>,
    needed: BTreeMap<String, BTreeSet<String>>,
    limits: ReadLimits,
}

impl<'a> Check<'a> {
    fn over(catalog: &'a Catalog) -> Self {
        let rows = catalog.segments.values().flat_map(|segment| segment.rows());
        let rows = rows.filter(|rows| matches!(rows.source.kind, SourceKind::Files(_) | SourceKind::Folder(_)));
        Self {
            root: catalog.root.canonicalize().ok(),
            rows: rows.map(|rows| (rows.segment.as_str(), rows)).collect(),
            needed: needed(catalog),
            limits: catalog.settings.read_limits,
        }
    }

    fn run(&self) -> Vec<Diagnostic> {
        let (access, began) = (self.access(CHECK), Instant::now());
        let mut found = Vec::new();
        for rows in self.rows.values() {
            match self.query(rows, &access) {
                Err(error) => found.push(wrong(rows, &error)),
                Ok(true) if began.elapsed() < ALL => found.extend(self.cells(rows)),
                Ok(_) => {}
            }
        }
        found
    }

    /// `true`: its files are there, and give what is needed of them.
    fn query(&self, rows: &Rows, access: &Access) -> Result<bool, SourceError> {
        if self.is_here(rows) {
            match source::open(rows, access).and_then(|mut reader| reader.columns_with(&self.needed_of(rows), &rows.segment)) {
                Ok(_) => return Ok(true),
                Err(error) if error.query.is_some() => return Err(error),
                // A file that is not there, or is broken, says nothing of the query.
                Err(_) => {}
            }
        }
        match source::open(rows, &self.access(CHECK)).and_then(|mut reader| reader.check()) {
            Err(error) if error.query.is_some() => Err(error),
            _ => Ok(false),
        }
    }

    /// What a reading would say of the cells; a longer one says nothing.
    fn cells(&self, rows: &Rows) -> Vec<Diagnostic> {
        let access = self.access(ONE);
        let read = source::open(rows, &access).and_then(|mut reader| reader.read(&self.needed_of(rows), &mut |_| Ok(())));
        read.map_or_else(|_| Vec::new(), |report| report.notices.iter().map(|notice| odd(rows, notice)).collect())
    }

    fn needed_of(&self, rows: &Rows) -> Vec<&str> {
        self.needed.get(rows.segment.as_str()).into_iter().flatten().map(String::as_str).collect()
    }

    fn access(&self, time: Duration) -> Access {
        let limits = ReadLimits { time: time.min(self.limits.time), ..self.limits };
        Access::local(SqlLimits { time, ..SqlLimits::default() }, std::sync::Arc::default()).isolated(
            Isolation::Child,
            limits,
            &std::env::temp_dir(),
        )
    }

    /// All its tables are files below the directory, or would be.
    fn is_here(&self, rows: &Rows) -> bool {
        let (Some(root), Some(files)) = (&self.root, rows.source.files()) else { return false };
        files.tables.values().all(|table| match &table.location {
            Location::Local(pattern) => is_below(root, pattern),
            Location::Object(_) => false,
        })
    }
}

fn is_below(root: &Path, pattern: &Path) -> bool {
    let Some(found) = pattern.to_str().and_then(|pattern| glob::glob(pattern).ok()) else { return false };
    let open = |path: &Path| {
        let below = path.canonicalize().ok().and_then(|path| path.strip_prefix(root).map(Path::to_path_buf).ok());
        below.is_some_and(|path| path.components().all(|part| !part.as_os_str().as_encoded_bytes().starts_with(b".")))
    };
    found.take(FILES).all(|path| path.is_ok_and(|path| open(&path)))
}

fn wrong(rows: &Rows, error: &SourceError) -> Diagnostic {
    let file = rows.file.display().to_string();
    let message = error.message.replace(&format!("{file}, segment {}: ", rows.segment), "");
    let message = message.split(" (query line ").next().unwrap_or_default();
    let about = if message.starts_with("segment ") { String::new() } else { format!("segment {}: ", rows.segment) };
    diagnostic(rows, Severity::Error, error.query, format!("{about}{message}"), error.hint.clone())
}

fn odd(rows: &Rows, notice: &Notice) -> Diagnostic {
    diagnostic(rows, Severity::Warning, None, notice.text(&notice.count.to_string()), None)
}

fn diagnostic(rows: &Rows, severity: Severity, place: Option<QueryPlace>, message: String, hint: Option<String>) -> Diagnostic {
    let at = rows.written.as_ref().map(|written| match (place, &rows.select) {
        (Some(QueryPlace::At(line, column)), Selection::Query(query)) => written.place(query, line, column),
        _ => written.at,
    });
    let text = rows.written.as_ref().and_then(|written| written.text.clone());
    Diagnostic { severity, file: rows.file.clone(), at, message, hint, text }
}
