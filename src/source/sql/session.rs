//! One reading: the tables a query names, its columns, its rows.

use super::{
    super::{Access, Cell, Ends, Notice, Notices, Oddity, Read, Reader, Report, RowBatch, SourceError, columns::find},
    connection::connect,
    failure::{explain, explain_at_row},
    guard::{self, VIEW},
    load::settle,
    numbers::{self, Rewritten, Site, Wants, rewritten},
    pinned::Pinned,
    shared::Shared,
    shown::{Shown, has_word},
    vital,
    vtab::quoted,
    watch::Watch,
};
use crate::definition::{Rows, Selection};
use rusqlite::{Connection, Row, types::ValueRef};
use std::{collections::BTreeMap, sync::Arc};

/// A segment's query over file tables. Nothing is read before [`Reader::columns`] or [`Reader::read`]; setting
/// `access.cancel` ends a reading with an error, from any thread, within milliseconds.
pub struct Sql {
    pub rows: Rows,
    pub tables: Arc<Pinned>,
    pub access: Access,
}

impl Sql {
    fn query(&self) -> String {
        match &self.rows.select {
            Selection::Query(query) => query.clone(),
            Selection::Table(table) => format!("SELECT * FROM {}", quoted(table)),
        }
    }
}

impl Reader for Sql {
    fn columns(&mut self) -> Result<Vec<String>, SourceError> {
        self.columns_for(&[])
    }

    fn columns_for(&mut self, wanted: &[&str]) -> Result<Vec<String>, SourceError> {
        let session = Session::open(self, wanted)?;
        let columns = session.columns()?;
        session.rewritten().map(|_| columns)
    }

    /// Syntax and functions; no table is looked at.
    fn check(&mut self) -> Result<(), SourceError> {
        let query = self.query();
        let fail = |error: SourceError| SourceError {
            message: format!("{}, segment {}: {}", self.rows.file.display(), self.rows.segment, error.message),
            ..error
        };
        let session = Session::over(self, query.clone(), Vec::new(), Vec::new())?;
        match session.columns() {
            // It has no tables here.
            Err(error) if !session.is_missing_name(&error) => return Err(error),
            _ => {}
        }
        numbers::functions(&query).map_err(fail)?.iter().try_for_each(|name| guard::function(name).map_or(Ok(()), |error| Err(fail(error))))
    }

    fn read(&mut self, columns: &[&str], sink: &mut dyn FnMut(RowBatch) -> Result<(), SourceError>) -> Result<Report, SourceError> {
        Session::open(self, columns)?.read(columns, sink)
    }
}

struct Session<'a> {
    of: &'a Rows,
    tables: &'a Pinned,
    vital: &'a [String],
    query: String,
    shared: Arc<Shared>,
    watch: Arc<Watch>,
    connection: Connection,
}

impl<'a> Session<'a> {
    /// `wanted`: columns that are asked of the query.
    fn open(sql: &'a Sql, wanted: &[&str]) -> Result<Self, SourceError> {
        let query = sql.query();
        let known = sql.tables.names()?;
        let tables = named(&sql.tables, &known, &query, wanted)?;
        tables.iter().find_map(|table| double(table, &query)).map_or(Ok(()), Err)?;
        Self::over(sql, query, tables, known)
    }

    /// `shown`: the tables that it may read.
    fn over(sql: &'a Sql, query: String, shown: Vec<Shown>, known: Vec<String>) -> Result<Self, SourceError> {
        let (tables, of) = (&*sql.tables, &sql.rows);
        let shared = Arc::new(Shared::new(shown, known));
        let fail = |error: rusqlite::Error| explain(&error, &shared, of);
        let mut connection = connect(&shared).map_err(fail)?;
        let watch = Watch::over(&mut connection, sql.access.limits, Arc::clone(&sql.access.cancel), &shared).map_err(fail)?;
        Ok(Self { of, tables, vital: &sql.access.vital, query, shared, watch, connection })
    }

    /// Before any row is read.
    fn fail(&self, error: &rusqlite::Error) -> SourceError {
        explain(error, &self.shared, self.of)
    }

    fn fail_at_row(&self, error: &rusqlite::Error) -> SourceError {
        explain_at_row(error, &self.shared, self.of)
    }

    /// Prepares the query alone, as a stranger's: one statement, that reads.
    fn columns(&self) -> Result<Vec<String>, SourceError> {
        let statement = self.connection.prepare(&self.query).map_err(|error| self.fail(&error))?;
        let bad = |what: &str| {
            SourceError::new(format!("{}, segment {}: {what}", self.of.file.display(), self.of.segment))
                .hint("a segment is one SELECT")
                .of_query(None)
        };
        // SQLite reads to the first NUL: what follows would be unseen.
        if self.query.contains('\0') {
            return Err(bad("the query holds a NUL character"));
        }
        if statement.column_count() == 0 {
            return Err(bad("the query is empty"));
        }
        if statement.is_explain() != 0 || !statement.readonly() {
            return Err(bad("the query is not a SELECT"));
        }
        Ok(statement.column_names().map(str::to_owned).collect())
    }

    fn read(&self, columns: &[&str], sink: &mut dyn FnMut(RowBatch) -> Result<(), SourceError>) -> Result<Report, SourceError> {
        let given = self.columns()?;
        columns.iter().find_map(|column| self.double_of(column, &given)).map_or(Ok(()), Err)?;
        let wanted = columns.iter().map(|column| find(column, &given, &self.of.segment)).collect::<Result<Vec<_>, _>>()?;
        let Rewritten { sql, sites } = self.rewritten()?;
        let sql = self.view(&sql, given.len(), &wanted)?;
        let decisive = self.has_vital(columns, &wanted)?;
        let read = settle(&self.connection, &self.shared, &sql).map_err(|error| self.fail_at_row(&error))?;
        let rows = self.rows(&sql, columns, sink)?;
        let files = read.iter().map(|table| &self.shared.tables[*table].file).collect::<Vec<_>>();
        self.tables.read(&files)?;
        let newest = files.iter().filter_map(|table| table.newest()).max();
        let (mut notices, mut ends) = (self.notices(&sites), Ends::default());
        for (index, table) in read.iter().zip(files) {
            let decisive = decisive.get(index).map_or(&[][..], Vec::as_slice);
            ends.extend(table.ends(self.of.source.name.as_str(), decisive));
            decisive.iter().filter_map(|column| table.uneven(*column)).for_each(|notice| notices.add(notice));
        }
        Ok(Report { rows, newest, notices, ends })
    }

    /// A column that is asked of the query, which gives several of that name from one file. Another table's of that name would hide it.
    fn double_of(&self, column: &str, given: &[String]) -> Option<SourceError> {
        let mut doubles = self.shared.tables.iter().filter_map(|table| table.file.doubles().of(column));
        doubles.next().filter(|_| given.iter().any(|name| is_own(&name.to_lowercase(), &column.to_lowercase())))
    }

    /// Whether it says that a table or column is not there.
    fn is_missing_name(&self, error: &SourceError) -> bool {
        error.query.is_some()
            && ["no such table: ", "no such column: ", "no tables specified"].iter().any(|what| error.message.contains(what))
    }

    /// The query with numbers where it compares with numbers.
    fn rewritten(&self) -> Result<Rewritten, SourceError> {
        rewritten(&self.query, &self.shared.tables).map_err(|error| SourceError {
            message: format!("{}, segment {}: {}", self.of.file.display(), self.of.segment, error.message),
            ..error
        })
    }

    /// What was odd in the rows, and which cells were no numbers or dates where the query wants them. A column that several places
    /// look at is counted where it was met most.
    fn notices(&self, sites: &[Site]) -> Notices {
        let mut notices = self.shared.take_notices();
        for (site, (count, examples)) in self.shared.odd.take() {
            let Some(site) = usize::try_from(site).ok().and_then(|site| sites.get(site)) else { continue };
            let (segment, subject) = (Some(self.of.segment.clone()), site.subject.clone());
            notices.add(Notice { segment, subject, what: self.oddity(site, sites), count, examples: examples.into_inner() });
        }
        notices
    }

    /// What a value is not; wherever its column was read counts for what to declare.
    fn oddity(&self, of: &Site, sites: &[Site]) -> Oddity {
        let same = |site: &Site| site.subject.eq_ignore_ascii_case(&of.subject);
        let points = sites.iter().enumerate().any(|(at, site)| same(site) && self.shared.odd.has_points(at));
        let read = if of.is_column { Read::Column { points } } else { Read::Expression };
        match of.wants {
            Wants::Number => Oddity::NotANumber(read),
            Wants::Date => Oddity::NotADate(read),
        }
    }

    /// Fails where a file lacks what the address or the consent comes from; gives the columns, by table, that decide whom it holds.
    fn has_vital(&self, columns: &[&str], wanted: &[usize]) -> Result<BTreeMap<usize, Vec<usize>>, SourceError> {
        let place = |name: &str| columns.iter().position(|column| *column == name).map(|at| wanted[at]);
        let vital = self.vital.iter().filter_map(|name| Some((name.as_str(), place(name)?))).collect::<Vec<_>>();
        vital::lacking(&self.connection, &self.shared, &vital).map_err(|error| self.fail(&error))?.map_or(Ok(()), Err)?;
        vital::decisive(&self.connection, &self.shared, &vital, &self.query).map_err(|error| self.fail(&error))
    }

    /// Puts the query into a view, so that columns nobody wants are not computed and, where SQLite can tell, not read.
    fn view(&self, query: &str, width: usize, wanted: &[usize]) -> Result<String, SourceError> {
        let names = (0..width).map(|at| format!("c{at}")).collect::<Vec<_>>().join(", ");
        let view = format!("CREATE TEMP VIEW {}({names}) AS {}", quoted(VIEW), query);
        self.shared.vet();
        self.shared.trusting(|| self.connection.execute_batch(&view)).map_err(|error| self.fail(&error))?;
        let wanted = wanted.iter().map(|at| format!("c{at}")).collect::<Vec<_>>().join(", ");
        Ok(format!("SELECT {} FROM temp.{}", if wanted.is_empty() { "NULL" } else { &wanted }, quoted(VIEW)))
    }

    fn rows(&self, sql: &str, columns: &[&str], sink: &mut dyn FnMut(RowBatch) -> Result<(), SourceError>) -> Result<u64, SourceError> {
        let mut statement = self.connection.prepare(sql).map_err(|error| self.fail(&error))?;
        let mut rows = statement.query([]).map_err(|error| self.fail_at_row(&error))?;
        let mut batch = RowBatch::new(columns.len());
        let mut count = 0;
        while let Some(row) = rows.next().map_err(|error| self.fail_at_row(&error))? {
            self.watch.row();
            count += 1;
            push(&mut batch, row, columns)?;
            if batch.is_full() {
                sink(std::mem::replace(&mut batch, RowBatch::new(columns.len())))?;
            }
        }
        if !batch.is_empty() {
            sink(batch)?;
        }
        Ok(count)
    }
}

/// The tables that the query may mean: those whose names are anywhere in it. The rest of a source is not looked at, so
/// that a broken file only stops those who read it.
fn named(of: &Pinned, known: &[String], query: &str, wanted: &[&str]) -> Result<Vec<Shown>, SourceError> {
    let lower = query.to_lowercase();
    let named = known.iter().filter(|name| has_word(&lower, &name.to_lowercase()));
    named.map(|name| Shown::new(of.open(name)?, &lower, wanted)).collect()
}

/// A column that the query names and a file has twice; NATURAL may mean any. Left to SQLite the name could become another table's.
fn double(table: &Shown, query: &str) -> Option<SourceError> {
    let query = query.to_lowercase();
    let outside = query.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
    let natural = has_word(&outside, "natural");
    table.file.doubles().any(|name| {
        let own = |column: &&str| is_own(column, name);
        let columns = table.file.columns.iter().map(|column| column.name.to_lowercase()).collect::<Vec<_>>();
        let left = columns.iter().map(String::as_str).filter(own).fold(outside.clone(), |text, own| text.replace(own, " "));
        natural || has_word(&left, name)
    })
}

/// `note (3)` of `note`.
fn is_own(column: &str, name: &str) -> bool {
    column.strip_prefix(name).is_some_and(|rest| rest.starts_with(" ("))
}

fn push(batch: &mut RowBatch, row: &Row<'_>, columns: &[&str]) -> Result<(), SourceError> {
    for (at, column) in columns.iter().enumerate() {
        let not_text = || SourceError::new(format!("the column {column:?} holds binary data")).hint("CAST(column AS TEXT) makes it text");
        batch.push(match row.get_ref(at).map_err(|error| SourceError::new(error.to_string()))? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(value) => Cell::Integer(value),
            ValueRef::Real(value) => Cell::Real(value),
            ValueRef::Text(text) => Cell::Text(std::str::from_utf8(text).map_err(|_| not_text())?),
            ValueRef::Blob(_) => return Err(not_text()),
        });
    }
    Ok(())
}
