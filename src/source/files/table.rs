//! One SQL table over files, whose columns meet by name.

use super::super::{End, Ends, Examples, Notice, Notices, Oddity, SourceError, columns::did_you_mean};
use super::{
    Format,
    csv::{self, Known, Written},
    doubles::Doubles,
    encoding::{Choice, label},
    lack::{Had, Lack},
    local::stays_below,
    ndjson,
    object::{Buckets, shown},
    parquet,
    pass::{Chain, Column, Ending, Kind, Pass, Used},
    place::{Place, places, same_places},
    text::{Text, detected},
    union::{self, Found, Moved, union},
};
use crate::definition::{ColumnType, Location, Table};
use encoding_rs::Encoding;
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// What databases write for NULL, and nobody for a text.
const POSTGRES_NULL: &str = "\\N";

/// How a table's files are written, where it is known beforehand.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// `None`: by the first file's name.
    pub format: Option<Format>,
    /// CSV's; `None`: found out.
    pub delimiter: Option<u8>,
    /// `None`: by the byte order mark, else UTF-8.
    pub encoding: Option<String>,
    /// CSV's lines before the header.
    pub skip: u64,
    /// CSV's words for NULL.
    pub nulls: Vec<String>,
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
    choice: Choice,
    /// With `encoding: detect`: what each file without a byte order mark is encoded in.
    detected: Vec<(Place, &'static Encoding)>,
    doubles: Doubles,
    /// The columns of each file, in the order of `places`.
    found: Vec<Vec<Found>>,
    places: Vec<Place>,
    /// Text files that were read to their end.
    ends: Mutex<Vec<(Place, Ending)>>,
    buckets: Arc<Buckets>,
}

impl FileTable {
    /// The files that a definition lists.
    pub fn open(name: &str, table: &Table, buckets: &Arc<Buckets>) -> Result<Self, SourceError> {
        if let Location::Local(path) = &table.location {
            stays_below(Path::new(&table.pattern), path)?;
        }
        let nulls = table.nulls.clone().unwrap_or_else(|| vec![POSTGRES_NULL.to_owned()]);
        let (delimiter, encoding, skip) = (table.delimiter, table.encoding.clone(), table.skip_rows);
        let shape = Shape { format: table.format, delimiter, encoding, skip, nulls, ..Shape::default() };
        let mut opened = Self::over(name, vec![table.location.clone()], shape, buckets)?;
        opened.declared = declared(&table.columns, &opened)?;
        Ok(opened)
    }

    /// Finds the table's files and reads their schemas. Its columns are those of all its files.
    pub fn over(name: &str, locations: Vec<Location>, shape: Shape, buckets: &Arc<Buckets>) -> Result<Self, SourceError> {
        let choice = Choice::of(shape.encoding.as_deref())?;
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
        let mut table = Self {
            name,
            columns: Vec::new(),
            declared: BTreeMap::new(),
            locations,
            shape,
            format,
            choice,
            detected: Vec::new(),
            doubles: Doubles::default(),
            found: Vec::new(),
            places,
            ends: Mutex::default(),
            buckets,
        };
        table.detect()?;
        table.look()?;
        table.columns = union(table.found.iter().map(Vec::as_slice));
        Ok(table)
    }

    /// Reads what columns its files have.
    fn look(&mut self) -> Result<(), SourceError> {
        for place in &self.places {
            let (found, at) = self.schema(place)?;
            self.doubles.add(&at, found.iter().map(|found| found.name.as_str()));
            self.found.push(found);
        }
        for found in &mut self.found {
            let names = self.doubles.named(found.iter().map(|found| found.name.as_str()));
            found.iter_mut().zip(names).for_each(|(found, name)| found.name = name);
        }
        Ok(())
    }

    fn detect(&mut self) -> Result<(), SourceError> {
        if self.choice == Choice::Detect && self.format != Format::Parquet {
            for place in &self.places {
                self.detected.extend(detected(place)?.map(|encoding| (place.clone(), encoding)));
            }
        }
        Ok(())
    }

    /// What is odd in its files as a whole.
    fn notices(&self, used: Used) -> Notices {
        let mut files: BTreeMap<String, (u64, Examples)> = BTreeMap::new();
        for (place, encoding) in &self.detected {
            let (count, examples) = files.entry(label(encoding)).or_default();
            *count += 1;
            examples.add(&place.short_name());
        }
        let mut notices = Notices::default();
        for (encoding, (count, examples)) in files {
            let (subject, what) = (self.name.clone(), Oddity::ReadAs(encoding));
            notices.add(Notice { segment: None, subject, what, count, examples: examples.into_inner() });
        }
        if self.format != Format::Ndjson && self.is_uneven() {
            // Of later columns it is not known which of them are used.
            let columns = self.columns.iter().enumerate().take(63).filter(|(at, _)| used.has(*at));
            columns.filter_map(|(_, column)| self.had().notice(&column.name)).for_each(|notice| notices.add(notice));
        }
        notices
    }

    fn had(&self) -> Had<'_> {
        Had { places: &self.places, found: &self.found }
    }

    /// What is told of a column that some files do not have.
    pub fn uneven(&self, column: usize) -> Option<Notice> {
        self.had().notice(&self.columns.get(column)?.name)
    }

    /// A file that does not have a column, where there is one.
    pub fn lacks(&self, column: usize) -> Option<Lack> {
        self.had().lack(&self.columns[column].name)
    }

    /// Some file lacks a column that another has.
    pub fn is_uneven(&self) -> bool {
        self.found.iter().any(|found| found.len() < self.columns.len())
    }

    /// Each line has columns of its own.
    pub fn is_ndjson(&self) -> bool {
        self.format == Format::Ndjson
    }

    fn encoding(&self, place: &Place) -> Choice {
        let found = self.detected.iter().find(|(of, _)| of == place);
        found.map_or(self.choice, |(_, encoding)| Choice::Named(encoding))
    }

    /// The columns of a file, and where their names are.
    fn schema(&self, place: &Place) -> Result<(Vec<Found>, String), SourceError> {
        let found = |columns: Vec<Column>| columns.iter().map(Found::text).collect::<Vec<_>>();
        let name = place.name().into_owned();
        match self.format {
            Format::Csv => self.csv(place).map(|(rows, columns)| (found(columns), format!("{name} line {}", rows.line()))),
            Format::Ndjson => Ok((found(ndjson::columns(Text::open(place, self.encoding(place))?)?), name)),
            Format::Parquet => Ok((parquet::columns(place)?, name)),
        }
    }

    /// Columns of its files that have one name.
    pub fn doubles(&self) -> &Doubles {
        &self.doubles
    }

    fn csv(&self, place: &Place) -> Result<(csv::Rows, Vec<Column>), SourceError> {
        let Shape { delimiter, skip, nulls, columns, .. } = &self.shape;
        let written = Written { delimiter: *delimiter, skip: *skip, nulls, known: columns.as_ref() };
        csv::Rows::open(Text::open(place, self.encoding(place))?, written)
    }

    /// Reads all rows of all files, these columns only.
    pub fn rows(self: &Arc<Self>, used: Used) -> Chain {
        let table = Arc::clone(self);
        let ending = Arc::clone(self);
        let chain = Chain::new(self.places.clone(), move |place| table.file_rows(place, used)).noting(self.notices(used));
        chain.telling(move |place, end| ending.ended(place, end))
    }

    fn ended(&self, place: &Place, ending: Ending) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if !ends.iter().any(|(known, _)| known == place) {
            ends.push((place.clone(), ending));
        }
    }

    /// How its files end, as far as they were read to their end, and which of them have the columns that `decisive` places name;
    /// `source`: whose table it is.
    pub fn ends(&self, source: &str, decisive: &[usize]) -> Ends {
        let told = self.told();
        let mut end = End::at(self.locations.iter().map(shown));
        for (place, Ending { line_end, digest }) in self.ends.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            // Transfers that break off at a block's end all leave files of one length.
            let file = format!("{}, {} bytes, digest {digest:016x}", told(place), place.bytes());
            end.add(&place.name(), &file, *line_end);
        }
        for column in decisive.iter().filter_map(|at| self.columns.get(*at)) {
            end.column(&column.name, self.had().each(&column.name).map(|(place, has)| (told(place), has)));
        }
        Ends::of(format!("{source}.{}", self.name), end)
    }

    /// A file's name, with its folder where others of the table have that name too.
    fn told(&self) -> impl Fn(&Place) -> String {
        let mut of: HashMap<String, usize> = HashMap::new();
        self.places.iter().for_each(|place| *of.entry(place.short_name()).or_default() += 1);
        move |place| {
            let short = place.short_name();
            if of.get(&short).is_some_and(|number| *number > 1) { place.name().into_owned() } else { short }
        }
    }

    fn file_rows(&self, place: &Place, used: Used) -> Result<Box<dyn Pass>, SourceError> {
        Ok(match self.format {
            Format::Csv => {
                let (rows, columns) = self.csv(place)?;
                let names = self.doubles.named(columns.iter().map(|column| column.name.as_str()));
                let places = union::places(&self.columns, names.iter().map(String::as_str));
                if union::is_same(&places) {
                    return Ok(Box::new(rows.using(used)));
                }
                let rows = rows.using(union::used(&places, used));
                Box::new(Moved { rows, places })
            }
            Format::Ndjson => {
                let keys = self.places.iter().zip(&self.found).find(|(of, _)| *of == place).map_or(&[][..], |(_, keys)| keys);
                Box::new(ndjson::Rows::open(Text::open(place, self.encoding(place))?, &self.columns, keys, used))
            }
            Format::Parquet => Box::new(parquet::Rows::open(place, &self.columns, &self.doubles, used)?),
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
            if let Some(error) = table.doubles.of(name) {
                return Err(error);
            }
            let names = table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>();
            let hint = format!("{}correct the name under `columns`, or take it out", did_you_mean(name, &names));
            return Err(SourceError::new(format!("the table {} has no column {name:?}, which its definition declares", table.name))
                .hint(hint)
                .of_query(None));
        };
        if column.kind != Kind::Text && matches!(kind, ColumnType::Date { .. } | ColumnType::Datetime { .. }) {
            let what =
                format!("the column {name:?} of {} is {} in its files, and is declared to hold dates", table.name, column.kind.word());
            return Err(SourceError::new(what).hint("take the declaration out: the files say what it is"));
        }
        Ok((column.name.clone(), kind.clone()))
    });
    named.collect()
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
