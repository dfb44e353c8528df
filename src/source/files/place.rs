//! Which files a table is, on this machine or in object storage, and whether they are still what they were.

use super::super::{SourceError, SourceErrorKind};
use super::{
    local::{Local, is_pattern, no_match},
    object::{Address, Buckets, Object, Reading},
};
use crate::definition::Location;
use bytes::Bytes;
use std::{
    borrow::Cow,
    fs::File,
    io::{BufReader, Read},
    os::unix::fs::FileExt,
    sync::Arc,
    time::SystemTime,
};

/// One file of a table and what it looked like when the reading began.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Local(Local),
    Object(Object),
}

impl Place {
    /// Its path or address, for messages.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Local(file) => file.path.to_string_lossy(),
            Self::Object(object) => object.name().into(),
        }
    }

    /// Its name without its folder.
    pub fn short_name(&self) -> String {
        let name = self.name();
        name.rsplit('/').next().unwrap_or(&name).to_owned()
    }

    pub fn bytes(&self) -> u64 {
        match self {
            Self::Local(file) => file.bytes(),
            Self::Object(object) => object.bytes(),
        }
    }

    pub fn modified(&self) -> Option<SystemTime> {
        match self {
            Self::Local(file) => file.modified(),
            Self::Object(object) => object.modified(),
        }
    }

    /// Opens the file, as it was when the reading began.
    pub fn open(&self) -> Result<Opened, SourceError> {
        Ok(match self {
            Self::Local(file) => Opened::Local(file.clone(), file.open()?),
            Self::Object(object) => Opened::Object(object.open()),
        })
    }

    /// Sees to it that what is read is the file as it is now, whatever comes to its path.
    pub fn hold(&mut self) -> Result<(), SourceError> {
        match self {
            Self::Local(file) => file.hold(),
            // Each range is asked for by the version.
            Self::Object(_) => Ok(()),
        }
    }

    fn was_replaced(&self) -> bool {
        matches!(self, Self::Local(file) if file.was_replaced())
    }

    fn changed(&self) -> SourceError {
        changed(&self.name())
    }

    fn is_at(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Local(one), Self::Local(other)) => one.path == other.path,
            (Self::Object(one), Self::Object(other)) => one.name() == other.name(),
            _ => false,
        }
    }
}

/// A file being read.
#[derive(Clone)]
pub enum Opened {
    Local(Local, Arc<File>),
    Object(Arc<Reading>),
}

impl Opened {
    /// Its bytes in order.
    pub fn stream(&self) -> std::io::Result<Box<dyn Read>> {
        Ok(match self {
            Self::Local(_, file) => Box::new(From { file: Arc::clone(file), at: 0 }),
            Self::Object(reading) => Box::new(reading.stream()),
        })
    }

    pub fn len(&self) -> u64 {
        match self {
            Self::Local(file, _) => file.bytes(),
            Self::Object(reading) => reading.bytes(),
        }
    }

    /// Its bytes from `start` on.
    pub fn from(&self, start: u64) -> std::io::Result<Box<dyn Read>> {
        Ok(match self {
            Self::Local(_, file) => Box::new(BufReader::new(From { file: Arc::clone(file), at: start })),
            Self::Object(reading) => Box::new(reading.from(start)),
        })
    }

    pub fn range(&self, start: u64, length: usize) -> std::io::Result<Bytes> {
        let mut bytes = vec![0; length];
        self.from(start)?.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }

    /// To be asked when all is read.
    pub fn finished(&self) -> Result<(), SourceError> {
        match self {
            Self::Local(file, open) => file.unchanged(open),
            Self::Object(reading) => reading.failure().map_or(Ok(()), Err),
        }
    }

    /// What went wrong, or the likelier cause: that the file is being written, or did not come through.
    pub fn or_changed(&self, error: SourceError) -> SourceError {
        let cause = match self {
            Self::Local(file, open) => file.unchanged(open).err(),
            Self::Object(reading) => reading.failure().or_else(|| reading.unchanged().err()),
        };
        cause.unwrap_or(error)
    }
}

/// An open file's bytes from some place on. Several read one file, each at its own place.
struct From {
    file: Arc<File>,
    at: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// The files at these locations, each location's sorted by path. No file is an error: a missing source is never an empty one.
pub fn places(locations: &[Location], buckets: &Buckets) -> Result<Vec<Place>, SourceError> {
    let mut places = Vec::new();
    for location in locations {
        match location {
            Location::Local(path) => places.extend(Local::find(path)?.into_iter().map(Place::Local)),
            Location::Object(address) => places.extend(objects(address, buckets)?),
        }
    }
    Ok(places)
}

fn objects(address: &str, buckets: &Buckets) -> Result<Vec<Place>, SourceError> {
    let found = buckets.find(address)?;
    if found.is_empty() {
        let shown = Address::of(address).shown();
        return Err(if is_pattern(&shown) {
            no_match(&shown)
        } else {
            SourceError::new(format!("{shown} is not there")).hint("are the bucket and the name right?")
        });
    }
    Ok(found.into_iter().map(Place::Object).collect())
}

/// Fails when files came or went, or one changed, since `before`: half of a delivery is not a source. One that is `alone`, all that
/// is read of its source, may be replaced: it is a delivery by itself, and it is read as it was.
pub fn same_places(what: &str, locations: &[Location], before: &[Place], buckets: &Buckets, alone: bool) -> Result<(), SourceError> {
    let mut now = Vec::new();
    for location in locations {
        // What is not there is told below, as the file that went.
        match location {
            Location::Local(path) => now.extend(Local::find(path).unwrap_or_default().into_iter().map(Place::Local)),
            Location::Object(address) => now.extend(buckets.find(address)?.into_iter().map(Place::Object)),
        }
    }
    if let Some(new) = now.iter().find(|new| !before.iter().any(|place| place.is_at(new))) {
        return Err(SourceError::new(format!("{} appeared while {what} was read", new.name()))
            .hint("the next run reads all of them")
            .kind(SourceErrorKind::UnderWay { after: None }));
    }
    match before.iter().find(|place| !(now.contains(place) || alone && place.was_replaced())) {
        Some(place) => Err(place.changed()),
        None => Ok(()),
    }
}

pub fn changed(name: &str) -> SourceError {
    SourceError::new(format!("{name} changed while it was read"))
        .hint("write a new file under another name and rename it into place; the next run reads it whole")
        .kind(SourceErrorKind::UnderWay { after: None })
}

/// A file that cannot be opened or read.
pub fn unreadable(name: &str, error: &std::io::Error) -> SourceError {
    SourceError::new(format!("{name} cannot be read: {error}"))
}
