//! What an export left in a folder, as the data behind the stand-ins: `{Table}/{yyyy}/…/{Table}_{n}.csv` and `model.json`, the
//! newest refresh of each table. `Customer` is everyone; any other table is a segment.

use super::{
    api::CUSTOMER,
    store::{BETWEEN, Column, Kind, Store, Table, Walk, broken},
};
use crate::Error;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

const KEY: &str = "CustomerId";

#[derive(Debug, Default, Deserialize)]
struct Model {
    #[serde(default)]
    entities: Vec<Entity>,
}

#[derive(Debug, Deserialize)]
struct Entity {
    name: String,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

#[derive(Debug, Deserialize)]
struct Attribute {
    name: String,
    #[serde(rename = "dataType", default)]
    kind: String,
}

/// A table of the export.
#[derive(Debug)]
struct Exported {
    name: String,
    columns: Vec<Column>,
    files: Vec<PathBuf>,
}

/// Why a file cannot be loaded.
struct Failed(Error);

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self(broken(error))
    }
}

/// Everyone and every segment of the export, instead of what was there.
pub(super) fn load(store: &mut Store, folder: &Path) -> Result<(), Error> {
    let tables = tables(folder)?;
    if tables.is_empty() {
        return Err(refused(folder, "it holds no table: a table is a folder with CSV files below it, as Customer Insights exports them"));
    }
    store.within(|store| fill(store, &tables)).map_err(|Failed(error)| error)
}

fn refused(path: &Path, why: &str) -> Error {
    Error::Refused(format!("cannot take people and segments from {}: {why}", path.display()))
}

fn tables(folder: &Path) -> Result<Vec<Exported>, Error> {
    let model = model(folder)?;
    let mut newest: BTreeMap<String, BTreeMap<PathBuf, Vec<PathBuf>>> = BTreeMap::new();
    for entry in WalkDir::new(folder).min_depth(2).sort_by_file_name() {
        let path = entry.map_err(|error| refused(folder, &error.to_string()))?.into_path();
        let table = path.strip_prefix(folder).ok().and_then(|below| below.iter().next()).map(|name| name.to_string_lossy().into_owned());
        if let (Some(table), Some(parent), Some("csv")) = (table, path.parent(), path.extension().and_then(|end| end.to_str())) {
            newest.entry(table).or_default().entry(parent.to_owned()).or_default().push(path);
        }
    }
    let last = |(name, mut refreshes): (String, BTreeMap<PathBuf, Vec<PathBuf>>)| Some((name, refreshes.pop_last()?.1));
    newest.into_iter().filter_map(last).map(|(name, files)| exported(name, files, &model)).collect()
}

fn model(folder: &Path) -> Result<Model, Error> {
    let path = folder.join("model.json");
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| refused(&path, &error.to_string())),
        Err(_) => Ok(Model::default()),
    }
}

/// With its columns: the model's, else the first row's.
fn exported(name: String, files: Vec<PathBuf>, model: &Model) -> Result<Exported, Error> {
    let column = |name: &str, kind: Kind| Column { name: name.to_owned(), kind };
    if let Some(entity) = model.entities.iter().find(|entity| entity.name == name) {
        let columns = entity.attributes.iter().map(|a| column(&a.name, Kind::of(&a.kind))).collect();
        return Ok(Exported { name, columns, files });
    }
    let mut first = None;
    if let Some(file) = files.first() {
        first = reader(file)?.records().next().transpose().map_err(|error| refused(file, &error.to_string()))?;
    }
    let names = first.filter(|row| row.iter().any(|name| name == KEY));
    let names =
        names.ok_or_else(|| Error::Refused(format!("the table {name} has neither a row of column names nor a place in model.json")))?;
    let columns = names.iter().map(|name| column(name, Kind::Text)).collect();
    Ok(Exported { name, columns, files })
}

fn reader(file: &Path) -> Result<csv::Reader<fs::File>, Error> {
    let plain = csv::ReaderBuilder::new().has_headers(false).from_path(file);
    plain.map_err(|error| refused(file, &error.to_string()))
}

fn fill(store: &mut Store, tables: &[Exported]) -> Result<(), Failed> {
    let (everyone, segments): (Vec<&Exported>, Vec<&Exported>) = tables.iter().partition(|table| table.name == CUSTOMER);
    let mut columns: Vec<Column> = Vec::new();
    for column in everyone.iter().chain(&segments).flat_map(|table| &table.columns) {
        if columns.iter().all(|known| known.name != column.name) {
            columns.push(column.clone());
        }
    }
    store.begin(columns)?;
    let version = store.version()?;
    for table in everyone {
        each(store, table, |store, customer, cells| store.add_person(customer, cells, version).map(drop))?;
    }
    let mut marks: Vec<Vec<u64>> = Vec::new();
    for table in &segments {
        store.add_segment(&table.name, &table.name)?;
        marks.push(marked(store, table, version)?);
    }
    store.change(Walk::all(Table::People), version, |person| {
        let is_in = |bits: &Vec<u64>| bits.get((person.id / 64) as usize).is_some_and(|word| word & (1 << (person.id % 64)) != 0);
        person.segments = segments.iter().zip(&marks).filter(|(_, bits)| is_in(bits)).map(|(table, _)| table.name.clone()).collect();
    })?;
    store.recount()?;
    Ok(())
}

/// A bit for each person of a segment. Whom the export does not otherwise have is added.
fn marked(store: &mut Store, table: &Exported, version: i64) -> Result<Vec<u64>, Failed> {
    let mut bits: Vec<u64> = Vec::new();
    each(store, table, |store, customer, cells| {
        let id = match store.person(customer)? {
            Some(id) => Some(id),
            None => store.add_person(customer, cells, version)?,
        };
        let (word, bit) = id.map_or((0, 0), |id| ((id / 64) as usize, 1 << (id % 64)));
        bits.resize(bits.len().max(word + 1), 0);
        bits[word] |= bit;
        Ok(())
    })?;
    Ok(bits)
}

/// Every row of a table: the customer, and the cells in the store's order.
fn each(store: &mut Store, table: &Exported, mut show: impl FnMut(&Store, &str, &str) -> rusqlite::Result<()>) -> Result<(), Failed> {
    let key = table.columns.iter().position(|column| column.name == KEY);
    let key = key.ok_or_else(|| Failed(Error::Refused(format!("the table {} has no column {KEY}", table.name))))?;
    let place = |column: &Column| table.columns.iter().position(|own| own.name == column.name);
    let places: Vec<Option<usize>> = store.columns().iter().map(place).collect();
    for file in &table.files {
        let (mut rows, mut row) = (reader(file).map_err(Failed)?, csv::StringRecord::new());
        while rows.read_record(&mut row).map_err(|error| Failed(refused(file, &error.to_string())))? {
            let cell = |place: &Option<usize>| place.and_then(|place| row.get(place)).unwrap_or_default().replace(BETWEEN, " ");
            match row.get(key) {
                // The names of the columns.
                Some(KEY) | None => {}
                Some(customer) => show(store, customer, &places.iter().map(cell).collect::<Vec<_>>().join(&BETWEEN.to_string()))?,
            }
        }
    }
    Ok(())
}
