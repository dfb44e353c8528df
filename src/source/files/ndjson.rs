//! One JSON object a line.
//!
//! The columns are the keys of the first [`SAMPLE_LINES`] lines, in the order they first appear. A key that first
//! appears later is not a column: no query can have named it, so nothing is lost silently (a query that does name it
//! fails and is told so). Strings are text; numbers are text exactly as written; `true` and `false` are 1 and 0; null
//! and an absent key are NULL; an object or array is its JSON text, for SQLite's JSON functions. A half character is U+FFFD, and
//! counted.

use super::super::{Notice, Notices, Oddity, SourceError};
use super::halves;
use super::pass::{Column, Ending, Pass, Used};
use super::text::Text;
use super::union::{self, Found};
use rusqlite::types::ValueRef;
use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::HashMap, fmt, ops::Range};

/// Lines whose keys become columns.
pub const SAMPLE_LINES: usize = 1000;

/// The lines of one file.
struct Lines(Text);

impl Lines {
    /// The next line that is not blank: where it is in the text's window, and its number.
    fn next(&mut self) -> Result<Option<(Range<usize>, u64)>, SourceError> {
        let mut searched = 0;
        loop {
            let rest = self.0.rest();
            let (length, ended) = match memchr::memchr(b'\n', &rest[searched..]) {
                Some(at) => (searched + at, 1),
                None if !self.0.ended() => {
                    searched = rest.len();
                    self.0.more()?;
                    continue;
                }
                None if rest.is_empty() => return Ok(None),
                None => (rest.len(), 0),
            };
            searched = 0;
            let blank = rest[..length].trim_ascii().is_empty();
            let line = self.0.line();
            let start = self.0.take(length + ended, ended as u64);
            if !blank {
                return Ok(Some((start..start + length, line)));
            }
        }
    }

    fn bad(&self, line: u64, error: &serde_json::Error) -> SourceError {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        self.0.or_changed(self.0.fault(line, format!("column {}: {what}", error.column()))).hint("every line must be one whole JSON object")
    }
}

/// The columns of a file, from its first lines.
pub fn columns(text: Text) -> Result<Vec<Column>, SourceError> {
    let mut lines = Lines(text);
    let mut keys = Keys::default();
    for _ in 0..SAMPLE_LINES {
        let Some((range, line)) = lines.next()? else { break };
        object(&lines.0.taken()[range], &mut keys).map_err(|error| lines.bad(line, &error))?;
    }
    if keys.names.is_empty() {
        return Err(lines.0.fault(1, "no JSON object in the file").hint("an empty delivery is an error, never an empty source"));
    }
    if let Some((first, second)) = keys.alike() {
        return Err(lines.0.fault(1, format!("two keys, {first:?} and {second:?}, differ only in case, which SQL does not tell apart")));
    }
    Ok(keys.names.into_iter().map(Column::text).collect())
}

/// What is made of the object of a line.
trait Object {
    fn read(&mut self, json: &[u8]) -> serde_json::Result<()>;
}

/// Reads a line; one that cannot be read because of half characters is read without them. How many there were.
fn object(line: &[u8], to: &mut impl Object) -> serde_json::Result<u64> {
    let Err(error) = to.read(line) else { return Ok(0) };
    let Some((whole, halves)) = halves::replaced(line) else { return Err(error) };
    to.read(&whole).map(|()| halves)
}

#[derive(Default)]
struct Keys {
    names: Vec<String>,
    known: HashMap<String, usize>,
}

impl Keys {
    fn alike(&self) -> Option<(&str, &str)> {
        let mut seen = HashMap::new();
        self.names.iter().find_map(|name| seen.insert(name.to_ascii_lowercase(), name.as_str()).map(|first| (first, name.as_str())))
    }
}

impl Object for Keys {
    fn read(&mut self, json: &[u8]) -> serde_json::Result<()> {
        de::Deserializer::deserialize_map(&mut serde_json::Deserializer::from_slice(json), self)
    }
}

impl<'de> Visitor<'de> for &mut Keys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<IgnoredAny>()?;
            if !self.known.contains_key(&key) {
                self.known.insert(key.clone(), self.names.len());
                self.names.push(key);
            }
        }
        Ok(())
    }
}

/// Rows of one file.
pub struct Rows {
    lines: Lines,
    row: Row,
    /// Half characters so far.
    halves: u64,
}

/// The cells of the current line: places in `text`.
struct Row {
    known: HashMap<String, usize>,
    used: Used,
    cells: Vec<Option<Range<usize>>>,
    given: Vec<bool>,
    text: String,
    /// Half characters in nested values.
    halves: u64,
}

impl Rows {
    /// `keys`: the file's own spelling of the table's columns, where it has them.
    pub fn open(text: Text, columns: &[Column], keys: &[Found], used: Used) -> Self {
        let places = union::places(columns, keys.iter().map(|key| key.name.as_str()));
        let key = |(at, column): (usize, &Column)| (places[at].map_or(&column.name, |place| &keys[place].name).clone(), at);
        let known = columns.iter().enumerate().map(key).collect();
        let row = Row { known, used, cells: vec![None; columns.len()], given: vec![false; columns.len()], text: String::new(), halves: 0 };
        Self { lines: Lines(text), row, halves: 0 }
    }
}

impl Pass for Rows {
    fn next(&mut self) -> Result<bool, SourceError> {
        let Some((range, line)) = self.lines.next()? else {
            self.lines.0.unchanged()?;
            return Ok(false);
        };
        let halves = object(&self.lines.0.taken()[range], &mut self.row).map_err(|error| self.lines.bad(line, &error))?;
        self.halves += halves + self.row.halves;
        Ok(true)
    }

    fn cell(&self, column: usize) -> ValueRef<'_> {
        match self.row.cells.get(column) {
            Some(Some(range)) => ValueRef::Text(&self.row.text.as_bytes()[range.clone()]),
            _ => ValueRef::Null,
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.lines.0.ending()
    }

    fn notices(&self) -> Notices {
        let mut notices = Notices::default();
        if self.halves > 0 {
            let (subject, what) = (self.lines.0.short_name(), Oddity::HalfCharacter);
            notices.add(Notice { segment: None, subject, what, count: self.halves, examples: Vec::new() });
        }
        notices
    }
}

impl Object for Row {
    fn read(&mut self, json: &[u8]) -> serde_json::Result<()> {
        self.clear();
        let mut object = serde_json::Deserializer::from_slice(json);
        de::Deserializer::deserialize_map(&mut object, self)?;
        object.end()
    }
}

impl Row {
    fn clear(&mut self) {
        self.halves = 0;
        self.text.clear();
        self.cells.fill(None);
        self.given.fill(false);
    }

    fn put<E: de::Error>(&mut self, column: usize, raw: &str) -> Result<(), E> {
        let start = self.text.len();
        match raw.as_bytes().first() {
            Some(b'n') => return Ok(()),
            Some(b't') => self.text.push('1'),
            Some(b'f') => self.text.push('0'),
            Some(b'"') => self.text.push_str(&serde_json::from_str::<Str<'_>>(raw).map_err(E::custom)?.0),
            Some(b'{' | b'[') => self.nested(raw),
            _ => self.text.push_str(raw),
        }
        self.cells[column] = Some(start..self.text.len());
        Ok(())
    }

    /// Stays JSON, which SQLite's functions read: what is a half character in it has to go here.
    fn nested(&mut self, raw: &str) {
        match halves::replaced(raw.as_bytes()).and_then(|(whole, halves)| Some((String::from_utf8(whole).ok()?, halves))) {
            Some((whole, halves)) => {
                self.text.push_str(&whole);
                self.halves += halves;
            }
            None => self.text.push_str(raw),
        }
    }
}

#[derive(serde::Deserialize)]
struct Str<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for &mut Row {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Str(key)) = map.next_key::<Str<'_>>()? {
            let column = self.known.get(key.as_ref()).copied();
            if let Some(column) = column
                && std::mem::replace(&mut self.given[column], true)
            {
                return Err(de::Error::custom(format_args!("the key {key:?} comes twice")));
            }
            match column {
                Some(column) if self.used.has(column) => {
                    let raw = map.next_value::<&RawValue>()?;
                    self.put(column, raw.get())?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
