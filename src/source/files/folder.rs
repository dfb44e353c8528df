//! A folder, on this machine or in a bucket.

use super::super::SourceError;
use super::{
    local::is_pattern,
    object::{Address, Buckets, shown},
    place::{places, unreadable},
};
use crate::definition::Location;
use std::{fmt, io::Read, path::Path, sync::Arc};

/// No file that is read whole may be larger.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Clone, Debug)]
pub struct Folder {
    location: Location,
    pub buckets: Arc<Buckets>,
}

/// What is right below a folder, sorted; nothing if it is not there, which a bucket cannot tell from empty.
#[derive(Debug, Default)]
pub struct Entries {
    pub folders: Vec<String>,
    pub files: Vec<String>,
}

impl Folder {
    pub fn new(location: Location, buckets: Buckets) -> Self {
        Self { location, buckets: Arc::new(buckets) }
    }

    /// `relative` has slashes between its parts; the file need not be there.
    pub fn file(&self, relative: &str) -> Location {
        let literal = |text: String| if is_pattern(&text) { glob::Pattern::escape(&text) } else { text };
        match &self.location {
            Location::Local(path) => Location::Local(literal(path.join(relative).to_string_lossy().into_owned()).into()),
            Location::Object(address) => {
                let Address { base, key, .. } = Address::of(address);
                Location::Object(format!("{base}{}", literal(joined(&key, relative))))
            }
        }
    }

    pub fn entries(&self, relative: &str) -> Result<Entries, SourceError> {
        let mut entries = match &self.location {
            Location::Local(path) => local(&path.join(relative))?,
            Location::Object(address) => {
                let Address { base, key, .. } = Address::of(address);
                self.buckets.entries(&format!("{base}{}", joined(&key, relative)))?
            }
        };
        entries.folders.retain(|name| !name.starts_with('.'));
        entries.folders.sort();
        entries.files.sort();
        Ok(entries)
    }

    /// All of a file, as text.
    pub fn read(&self, relative: &str) -> Result<String, SourceError> {
        let mut text = String::new();
        for place in places(&[self.file(relative)], &self.buckets)? {
            let open = place.open()?;
            let read = open.stream().and_then(|stream| stream.take(MAX_BYTES).read_to_string(&mut text));
            read.map_err(|error| open.or_changed(unreadable(&place.name(), &error)))?;
            open.finished()?;
        }
        Ok(text)
    }

    /// The folder that this one is in.
    pub fn parent(&self) -> Option<Self> {
        let location = match &self.location {
            Location::Local(path) => Location::Local(path.parent()?.to_owned()),
            Location::Object(address) => {
                let Address { base, key, .. } = Address::of(address);
                let key = key.trim_end_matches('/');
                let (above, _) = key.rsplit_once('/').or_else(|| Some(("", key)).filter(|(_, key)| !key.is_empty()))?;
                Location::Object(format!("{base}{above}"))
            }
        };
        Some(Self { location, buckets: Arc::clone(&self.buckets) })
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(shown(&self.location).trim_end_matches('/'))
    }
}

fn joined(folder: &str, relative: &str) -> String {
    [folder.trim_matches('/'), relative].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

fn local(path: &Path) -> Result<Entries, SourceError> {
    let fail = |error: std::io::Error| unreadable(&path.to_string_lossy(), &error);
    let mut entries = Entries::default();
    let found = match std::fs::read_dir(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(entries),
        Err(error) => return Err(fail(error)),
    };
    for entry in found {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() { entries.folders.push(name) } else { entries.files.push(name) }
    }
    Ok(entries)
}
