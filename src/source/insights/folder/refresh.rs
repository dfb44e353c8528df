//! Which files are the refresh that `model.json` names, and whether all of them are there.

use super::{
    model::{Entity, Partition},
    under_way,
};
use crate::source::{SourceError, files::Folder};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use object_store::path::Path;
use std::{collections::BTreeMap, time::SystemTime};

/// One refresh of one table.
#[derive(Debug)]
pub struct Refresh {
    /// Relative to the export's folder, in order.
    pub files: Vec<String>,
    pub made: Option<SystemTime>,
}

impl Refresh {
    /// `folder`: the table's, which may be written in another case.
    pub fn of(entity: &Entity, folder: &str, export: &Folder) -> Result<Self, SourceError> {
        let (date, partitions) = newest(entity)?;
        let at = if date.is_empty() { folder.to_owned() } else { format!("{folder}/{date}") };
        let there = export.entries(&at)?.files;
        if let Some(file) = partitions.keys().find(|file| !there.contains(file)) {
            return Err(incomplete(entity, format!("{export}/{at}/{file} is not there, though model.json names it")));
        }
        let unnamed = |file: &&String| is_part(file, &entity.name) && !partitions.contains_key(*file);
        if let Some(file) = there.iter().find(unnamed) {
            return Err(incomplete(entity, format!("{export}/{at}/{file} is there, though model.json does not name it")));
        }
        let files = in_order(entity, partitions.keys())?;
        let files = files.into_iter().map(|file| format!("{at}/{file}")).collect();
        let made = partitions.values().filter_map(|partition| instant(partition.refresh_time.as_deref()?)).max();
        Ok(Self { files, made: made.or_else(|| of_date(&date)) })
    }
}

fn incomplete(entity: &Entity, what: String) -> SourceError {
    under_way(format!("the refresh of {} is not complete: {what}", entity.name))
        .hint("a refresh is being written, or was cut off: wait, or export again")
}

/// The newest dated folder that partitions are in, and those of it by their files' names.
fn newest(entity: &Entity) -> Result<(String, BTreeMap<String, &Partition>), SourceError> {
    let mut dates = BTreeMap::<String, BTreeMap<String, &Partition>>::new();
    for partition in &entity.partitions {
        let (date, file) = place(entity, partition)?;
        if dates.entry(date).or_default().insert(file.clone(), partition).is_some() {
            return Err(incomplete(entity, format!("model.json names {file} twice")));
        }
    }
    dates.pop_last().ok_or_else(|| {
        incomplete(entity, "model.json names no file of it".to_owned())
            .hint("nobody is taken out of anything for it; a table without rows is believed where model.json names its file")
    })
}

/// The end of a partition's address, after the table's name: its dated folder and its file. What comes before says where
/// the export was written to, which is not where it is read.
fn place(entity: &Entity, partition: &Partition) -> Result<(String, String), SourceError> {
    let odd = |what: &str| incomplete(entity, format!("the location of {} in model.json {what}", partition.name));
    let address = partition.location.as_deref().ok_or_else(|| odd("is missing"))?;
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let path = Path::from_url_path(path).map_err(|_| odd("is not a path"))?;
    let parts = path.parts().map(|part| part.as_ref().to_owned()).collect::<Vec<_>>();
    let (file, folders) = parts.split_last().ok_or_else(|| odd("is empty"))?;
    let table = folders.iter().rposition(|part| part.eq_ignore_ascii_case(&entity.name));
    let table = table.ok_or_else(|| odd(&format!("is not in a folder called {}", entity.name)))?;
    Ok((folders[table + 1..].join("/"), file.clone()))
}

/// `Table_1.csv`, and its like.
fn is_part(file: &str, table: &str) -> bool {
    let start = file.get(..table.len()).is_some_and(|start| start.eq_ignore_ascii_case(table));
    start && file[table.len()..].starts_with(['_', '.'])
}

fn number(file: &str) -> Option<u64> {
    file.split('.').next()?.rsplit_once('_')?.1.parse().ok()
}

/// By their numbers, which have no gap; one file needs none.
fn in_order<'a>(entity: &Entity, files: impl Iterator<Item = &'a String>) -> Result<Vec<&'a String>, SourceError> {
    let mut files = files.collect::<Vec<_>>();
    if let [only] = files.as_slice()
        && number(only).is_none()
    {
        return Ok(files);
    }
    files.sort_by_key(|file| number(file));
    let first = files.first().and_then(|file| number(file)).filter(|first| *first <= 1);
    let whole = first.is_some_and(|first| files.iter().zip(first..).all(|(file, expected)| number(file) == Some(expected)));
    if whole {
        return Ok(files);
    }
    let named = files.iter().map(|file| file.as_str()).collect::<Vec<_>>().join(", ");
    Err(incomplete(entity, format!("its files are not numbered without a gap: {named}")))
}

/// Where no zone is given, UTC is meant.
fn instant(text: &str) -> Option<SystemTime> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    let time = zoned.or_else(|_| text.parse::<NaiveDateTime>().map(|time| time.and_utc())).ok()?;
    Some(time.into())
}

/// `2020/08/24/1433`.
fn of_date(folder: &str) -> Option<SystemTime> {
    let (date, time) = folder.rsplit_once('/')?;
    let date = NaiveDate::parse_from_str(date, "%Y/%m/%d").ok()?;
    let time: DateTime<Utc> = date.and_time(NaiveTime::parse_from_str(time, "%H%M").ok()?).and_utc();
    Some(time.into())
}
