//! One SQL table over files of one schema.

use super::super::{SourceError, columns::did_you_mean};
use super::{
    Format,
    csv::{self, Known},
    local::stays_below,
    ndjson,
    object::{Buckets, shown},
    parquet,
    pass::{Chain, Column, Kind, Pass, Used},
    place::{Place, places, same_places},
    text::Text,
};
use crate::definition::{ColumnType, Location, Table};
use encoding_rs::Encoding;
use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::Arc,
    time::SystemTime,
};

/// How a table's files are written, where it is known beforehand.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// `None`: by the first file's name.
    pub format: Option<Format>,
    /// CSV's; `None`: found out.
    pub delimiter: Option<u8>,
    /// `None`: by the byte order mark, else UTF-8.
    pub encoding: Option<String>,
    /// CSV's columns, known without a header; a first row that repeats them is one, even so.
    pub columns: Option<Known>,
    /// When its rows were made; `None`: when its newest file was written.
    pub made: Option<SystemTime>,
}

/// A table of a source, looked at: its files, its columns.
#[derive(Debug)]
pub struct FileTable {
    /// The name in SQL.
    pub name: String,
    pub columns: Vec<Column>,
    /// What columns are declared to hold, by their names in the files.
    pub declared: BTreeMap<String, ColumnType>,
    locations: Vec<Location>,
    shape: Shape,
    format: Format,
    encoding: Option<&'static Encoding>,
    places: Vec<Place>,
    buckets: Arc<Buckets>,
}

impl FileTable {
    /// The files that a definition lists.
    pub fn open(name: &str, table: &Table, buckets: &Arc<Buckets>) -> Result<Self, SourceError> {
        if let Location::Local(path) = &table.location {
            stays_below(Path::new(&table.pattern), path)?;
        }
        let shape = Shape { format: table.format, delimiter: table.delimiter, encoding: table.encoding.clone(), ..Shape::default() };
        let mut opened = Self::over(name, vec![table.location.clone()], shape, buckets)?;
        opened.declared = declared(&table.columns, &opened)?;
        Ok(opened)
    }

    /// Finds the table's files and reads their schemas, which must be equal; NDJSON, in which every line has its own,
    /// gets the columns of all its files.
    pub fn over(name: &str, locations: Vec<Location>, shape: Shape, buckets: &Arc<Buckets>) -> Result<Self, SourceError> {
        let encoding = shape.encoding.as_deref().map(encoding).transpose()?;
        let mut places = places(&locations, buckets)?;
        if let [only] = places.as_mut_slice() {
            only.hold()?;
        }
        let first = places.first().ok_or_else(|| SourceError::new(format!("the table {name} has no files")))?;
        let format = match shape.format {
            Some(format) => format,
            None => format_of(&first.name())?,
        };
        let (name, buckets) = (name.to_owned(), Arc::clone(buckets));
        let mut table = Self { name, columns: Vec::new(), declared: BTreeMap::new(), locations, shape, format, encoding, places, buckets };
        table.columns = table.schema(&table.places[0])?;
        for place in &table.places[1..] {
            let others = table.schema(place)?;
            match format {
                Format::Ndjson => union(&mut table.columns, others),
                _ => one_schema(&table.places[0], &table.columns, place, &others)?,
            }
        }
        Ok(table)
    }

    fn schema(&self, place: &Place) -> Result<Vec<Column>, SourceError> {
        match self.format {
            Format::Csv => Ok(self.csv(place)?.1),
            Format::Ndjson => ndjson::columns(Text::open(place, self.encoding)?),
            Format::Parquet => parquet::columns(place),
        }
    }

    fn csv(&self, place: &Place) -> Result<(csv::Rows, Vec<Column>), SourceError> {
        csv::Rows::open(Text::open(place, self.encoding)?, self.shape.delimiter, self.shape.columns.as_ref())
    }

    /// Reads all rows of all files, these columns only.
    pub fn rows(self: &Arc<Self>, used: Used) -> Chain {
        let table = Arc::clone(self);
        Chain::new(self.places.clone(), move |place| table.file_rows(place, used))
    }

    fn file_rows(&self, place: &Place, used: Used) -> Result<Box<dyn Pass>, SourceError> {
        Ok(match self.format {
            Format::Csv => {
                let (rows, columns) = self.csv(place)?;
                one_schema(&self.places[0], &self.columns, place, &columns)?;
                Box::new(rows.using(used))
            }
            Format::Ndjson => Box::new(ndjson::Rows::open(Text::open(place, self.encoding)?, &self.columns, used)),
            Format::Parquet => Box::new(parquet::Rows::open(place, &self.columns, used)?),
        })
    }

    /// How many files it is.
    pub fn files(&self) -> usize {
        self.places.len()
    }

    /// Fails when a file changed, came or went since [`FileTable::open`]. `alone`: nothing else is read of its source.
    pub fn unchanged(&self, alone: bool) -> Result<(), SourceError> {
        let what = if let [only] = self.locations.as_slice() { shown(only) } else { format!("the table {}", self.name) };
        same_places(&what, &self.locations, &self.places, &self.buckets, alone)
    }

    pub fn bytes(&self) -> u64 {
        self.places.iter().map(Place::bytes).sum()
    }

    /// A guess for SQLite's planner; what matters is which table is larger.
    pub fn likely_rows(&self) -> u64 {
        self.bytes() / 100 + 1
    }

    pub fn newest(&self) -> Option<SystemTime> {
        self.shape.made.or_else(|| self.places.iter().filter_map(Place::modified).max())
    }

    /// What else to say when a column is not found.
    pub fn late_keys(&self) -> bool {
        self.format == Format::Ndjson
    }
}

/// The declarations by the files' own names.
fn declared(columns: &BTreeMap<String, ColumnType>, table: &FileTable) -> Result<BTreeMap<String, ColumnType>, SourceError> {
    let named = columns.iter().map(|(name, kind)| {
        let same = |column: &&Column| column.name.eq_ignore_ascii_case(name);
        let Some(column) = table.columns.iter().find(|column| column.name == *name).or_else(|| table.columns.iter().find(same)) else {
            let names = table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>();
            let hint = format!("{}correct the name under `columns`, or take it out", did_you_mean(name, &names));
            return Err(SourceError::new(format!("the table {} has no column {name:?}, which its definition declares", table.name))
                .hint(hint)
                .of_query(None));
        };
        if column.kind != Kind::Text && matches!(kind, ColumnType::Date { .. } | ColumnType::Datetime { .. }) {
            let what =
                format!("the column {name:?} of {} is {} in its files, and is declared to hold dates", table.name, word(column.kind));
            return Err(SourceError::new(what).hint("take the declaration out: the files say what it is"));
        }
        Ok((column.name.clone(), kind.clone()))
    });
    named.collect()
}

fn encoding(label: &str) -> Result<&'static Encoding, SourceError> {
    Encoding::for_label_no_replacement(label.as_bytes())
        .ok_or_else(|| SourceError::new(format!("the encoding {label:?} is unknown")).hint("for example utf-8, windows-1252, utf-16le"))
}

fn format_of(path: &str) -> Result<Format, SourceError> {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("csv" | "tsv" | "txt" | "tab") => Ok(Format::Csv),
        Some("ndjson" | "jsonl") => Ok(Format::Ndjson),
        Some("parquet") => Ok(Format::Parquet),
        _ => Err(SourceError::new(format!("the format of {path} is not clear from its name")).hint("give format: csv, ndjson or parquet")),
    }
}

fn union(columns: &mut Vec<Column>, others: Vec<Column>) {
    let known = columns.iter().map(|column| column.name.clone()).collect::<HashSet<_>>();
    columns.extend(others.into_iter().filter(|other| !known.contains(&other.name)));
}

fn one_schema(first: &Place, columns: &[Column], place: &Place, others: &[Column]) -> Result<(), SourceError> {
    match difference(columns, others) {
        None => Ok(()),
        Some(what) => Err(SourceError::new(format!("{} has another schema than {}: {what}", place.name(), first.name()))
            .hint("files of one table must have the same columns in the same order")),
    }
}

fn difference(columns: &[Column], others: &[Column]) -> Option<String> {
    let differing = columns.iter().zip(others).enumerate().find(|(_, (one, other))| one != other);
    match differing {
        Some((_, (one, other))) if one.name == other.name => {
            Some(format!("the column {:?} is {} here and {} there", one.name, word(other.kind), word(one.kind)))
        }
        Some((at, (one, other))) => Some(format!("column {} is {:?} here and {:?} there", at + 1, other.name, one.name)),
        None if columns.len() == others.len() => None,
        None => Some(format!("{} columns here and {} there", others.len(), columns.len())),
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Integer => "an integer",
        Kind::Real => "a real number",
        Kind::Refused => "binary or nested",
    }
}
