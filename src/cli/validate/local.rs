//! Queries over files, tried without a network: their syntax, their functions, and what the files say where they are there.
//!
//! A directory may be a stranger's pull request: queries and files are read where a run reads them, in a child process, and only
//! files below the directory, none of them hidden. What else is on the machine is no business of a check.

use super::online::needed;
use crate::{
    definition::{Catalog, Diagnostic, Location, ReadLimits, Rows, Selection, Severity, SourceKind, Written},
    source::{self, Access, Isolation, Notice, QueryPlace, SourceError, SqlLimits},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
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

/// What was looked at for a query.
enum Looked {
    /// Its files give what is needed of them.
    Read,
    /// They are below the directory, or would be, and cannot be read.
    Unread(SourceError),
    /// They are not to be looked at.
    Elsewhere,
}

struct Check<'a> {
    root: Option<PathBuf>,
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
                Ok(Looked::Read) if began.elapsed() < ALL => found.extend(self.cells(rows)),
                Ok(Looked::Unread(error)) => found.push(self.unread(rows, &error)),
                Ok(_) => {}
            }
        }
        // Several queries over one table say the same.
        let mut seen = BTreeSet::new();
        found.retain(|one| seen.insert((one.file.clone(), one.at, one.message.clone())));
        found
    }

    fn query(&self, rows: &Rows, access: &Access) -> Result<Looked, SourceError> {
        let mut looked = Looked::Elsewhere;
        if self.is_here(rows) {
            match source::open(rows, access).and_then(|mut reader| reader.columns_with(&self.needed_of(rows), &rows.segment)) {
                Ok(_) => return Ok(Looked::Read),
                Err(error) if error.query.is_some() => return Err(error),
                // A file that is not there, or is broken, says nothing of the query.
                Err(error) => looked = Looked::Unread(error),
            }
        }
        match source::open(rows, &self.access(CHECK)).and_then(|mut reader| reader.check()) {
            Err(error) if error.query.is_some() => Err(error),
            _ => Ok(looked),
        }
    }

    /// What a reading would say of the cells; a longer one says nothing.
    fn cells(&self, rows: &Rows) -> Vec<Diagnostic> {
        let (access, began) = (self.access(ONE), Instant::now());
        let read = source::open(rows, &access).and_then(|mut reader| reader.read(&self.needed_of(rows), &mut |_| Ok(())));
        match read {
            Ok(report) => report.notices.iter().map(|notice| odd(rows, notice)).collect(),
            Err(error) if error.query.is_none() && began.elapsed() < ONE * 9 / 10 => vec![self.unread(rows, &error)],
            Err(_) => Vec::new(),
        }
    }

    /// That a query was not checked, at the table that could not be read, where it can be told which.
    fn unread(&self, rows: &Rows, error: &SourceError) -> Diagnostic {
        let (message, hint) = (message(rows, error), error.hint.clone());
        let Some((name, (file, written))) = self.broken(rows) else {
            return diagnostic(
                rows,
                Severity::Warning,
                None,
                format!("segment {}: its query was not checked: {message}", rows.segment),
                hint,
            );
        };
        let message = format!("queries over the table {name} were not checked: {message}");
        Diagnostic { severity: Severity::Warning, file, at: Some(written.at), message, hint, text: written.text }
    }

    /// The only table that the query may mean, or the first of them that cannot be opened.
    fn broken<'r>(&self, rows: &'r Rows) -> Option<(&'r str, (PathBuf, Written))> {
        let query = match &rows.select {
            Selection::Query(query) => query.to_lowercase(),
            Selection::Table(name) => name.to_lowercase(),
        };
        let tables = rows.source.files()?.tables.iter().filter(|(name, _)| query.contains(&name.to_lowercase())).collect::<Vec<_>>();
        let fails = |name: &str| {
            let alone = Rows { select: Selection::Table(name.to_owned()), ..rows.clone() };
            source::open(&alone, &self.access(CHECK)).and_then(|mut reader| reader.columns()).is_err()
        };
        let found = tables.iter().find(|(name, _)| tables.len() == 1 || fails(name));
        found.and_then(|(name, table)| Some((name.as_str(), table.written.clone()?)))
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
    let mut found = found.take(FILES).peekable();
    if found.peek().is_none() {
        // Where it would be.
        let there = pattern.ancestors().find(|path| path.exists());
        let beyond = there.and_then(|there| pattern.strip_prefix(there).ok()).is_none_or(|rest| {
            rest.components().any(|part| !matches!(part, Component::Normal(name) if !name.as_encoded_bytes().starts_with(b".")))
        });
        return !beyond && there.is_some_and(open);
    }
    found.all(|path| path.is_ok_and(|path| open(&path)))
}

/// What is wrong, without where the segment is.
fn message(rows: &Rows, error: &SourceError) -> String {
    let message = error.message.replace(&format!("{}, segment {}: ", rows.file.display(), rows.segment), "");
    message.split(" (query line ").next().unwrap_or_default().to_owned()
}

fn wrong(rows: &Rows, error: &SourceError) -> Diagnostic {
    let message = message(rows, error);
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
