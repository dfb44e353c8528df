//! Which files a table is, and whether they are still what they were.

use super::super::{SourceError, SourceErrorKind};
use crate::definition::{Location, Table};
use std::{
    fs::{File, Metadata},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// One file of a table and what it looked like when the reading began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    stamp: Stamp,
}

/// What changes when someone writes, replaces or truncates a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino(), bytes: metadata.len(), modified: metadata.modified().ok() }
    }
}

impl Place {
    fn at(path: PathBuf) -> Result<Self, SourceError> {
        let metadata = std::fs::metadata(&path).map_err(|error| unreadable(&path, &error))?;
        if !metadata.is_file() {
            return Err(SourceError::new(format!("{} is not a file", path.display()))
                .hint("to read a folder's files write a pattern: folder/*.csv"));
        }
        Ok(Self { stamp: Stamp::of(&metadata), path })
    }

    pub fn bytes(&self) -> u64 {
        self.stamp.bytes
    }

    pub fn modified(&self) -> Option<SystemTime> {
        self.stamp.modified
    }

    /// Opens the file, as it was when the reading began.
    pub fn open(&self) -> Result<File, SourceError> {
        let fail = |error: std::io::Error| self.still_there().err().unwrap_or_else(|| unreadable(&self.path, &error));
        let file = File::open(&self.path).map_err(fail)?;
        self.unchanged(&file.metadata().map_err(fail)?)?;
        Ok(file)
    }

    /// Fails when the open file, or what is at its path now, is not what the reading began with.
    pub fn unchanged(&self, open: &Metadata) -> Result<(), SourceError> {
        if Stamp::of(open) == self.stamp { self.still_there() } else { Err(self.changed()) }
    }

    /// Fails when what is at the path now is not what the reading began with.
    pub fn still_there(&self) -> Result<(), SourceError> {
        match std::fs::metadata(&self.path) {
            Ok(now) if Stamp::of(&now) == self.stamp => Ok(()),
            _ => Err(self.changed()),
        }
    }

    fn changed(&self) -> SourceError {
        SourceError::new(format!("{} changed while it was read", self.path.display()))
            .hint("write a new file under another name and rename it into place; the next run reads it whole")
            .kind(SourceErrorKind::UnderWay { after: None })
    }
}

/// The files of `table`, sorted by path. No file is an error: a missing source is never an empty one.
pub fn places(table: &Table) -> Result<Vec<Place>, SourceError> {
    paths(table)?.into_iter().map(Place::at).collect()
}

/// Fails when files came or went, or one changed, since `before`: half of a delivery is not a source.
pub fn same_places(table: &Table, before: &[Place]) -> Result<(), SourceError> {
    let now = paths(table)?;
    if let Some(new) = now.iter().find(|path| !before.iter().any(|place| place.path == **path)) {
        return Err(SourceError::new(format!("{} appeared while {} was read", new.display(), table.pattern))
            .hint("the next run reads all of them")
            .kind(SourceErrorKind::UnderWay { after: None }));
    }
    before.iter().try_for_each(Place::still_there)
}

fn paths(table: &Table) -> Result<Vec<PathBuf>, SourceError> {
    let Location::Local(path) = &table.location else { return Err(SourceError::new("object storage is not read by this version")) };
    if path.exists() || !is_pattern(path) {
        return Ok(vec![path.clone()]);
    }
    let bad = |error: &dyn std::fmt::Display| SourceError::new(format!("the pattern {} cannot be used: {error}", table.pattern));
    let options = glob::MatchOptions { require_literal_leading_dot: true, require_literal_separator: true, case_sensitive: true };
    let found = glob::glob_with(&path.to_string_lossy(), options).map_err(|error| bad(&error))?;
    let mut paths = found.collect::<Result<Vec<_>, _>>().map_err(|error| bad(&error))?;
    paths.retain(|path| !path.is_dir());
    paths.sort();
    if paths.is_empty() {
        return Err(SourceError::new(format!("no file matches {}", table.pattern))
            .hint("a pattern that matches nothing is an error, never an empty source"));
    }
    Ok(paths)
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// A file that cannot be opened or read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> SourceError {
    SourceError::new(format!("{} cannot be read: {error}", path.display()))
}
