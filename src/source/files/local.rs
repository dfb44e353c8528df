//! Files of this machine.

use super::super::SourceError;
use super::place::{changed, unreadable};
use std::{
    fs::{File, Metadata},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

/// One file and what it looked like when the reading began.
#[derive(Clone, Debug)]
pub struct Local {
    pub path: PathBuf,
    stamp: Stamp,
    /// Open since then: another file at its path changes nothing of what is read.
    held: Option<Arc<File>>,
}

impl PartialEq for Local {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.stamp == other.stamp
    }
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

impl Local {
    /// The file at `path`, or the files that it matches as a pattern.
    pub fn find(path: &Path) -> Result<Vec<Self>, SourceError> {
        paths(path)?.into_iter().map(Self::at).collect()
    }

    fn at(path: PathBuf) -> Result<Self, SourceError> {
        let metadata = std::fs::metadata(&path).map_err(|error| unreadable(&path.to_string_lossy(), &error))?;
        if !metadata.is_file() {
            return Err(SourceError::new(format!("{} is not a file", path.display()))
                .hint("to read a folder's files write a pattern: folder/*.csv"));
        }
        Ok(Self { stamp: Stamp::of(&metadata), path, held: None })
    }

    /// Keeps the file open for as long as this is known.
    pub fn hold(&mut self) -> Result<(), SourceError> {
        self.held = Some(self.open()?);
        Ok(())
    }

    pub fn bytes(&self) -> u64 {
        self.stamp.bytes
    }

    pub fn modified(&self) -> Option<SystemTime> {
        self.stamp.modified
    }

    /// Opens the file, as it was when the reading began.
    pub fn open(&self) -> Result<Arc<File>, SourceError> {
        if let Some(held) = &self.held {
            self.as_it_was(held)?;
            return Ok(Arc::clone(held));
        }
        let fail = |error: std::io::Error| self.still_there().err().unwrap_or_else(|| unreadable(&self.path.to_string_lossy(), &error));
        let file = File::open(&self.path).map_err(fail)?;
        self.unchanged(&file)?;
        Ok(Arc::new(file))
    }

    /// Fails when the open file is not what the reading began with; nor may what is at its path now be, unless it is held.
    pub fn unchanged(&self, open: &File) -> Result<(), SourceError> {
        self.as_it_was(open)?;
        if self.held.is_some() { Ok(()) } else { self.still_there() }
    }

    /// Another file was renamed to its path, and the one held is what it was.
    pub fn was_replaced(&self) -> bool {
        let now = std::fs::metadata(&self.path).is_ok_and(|now| now.is_file() && Stamp::of(&now).inode != self.stamp.inode);
        now && self.held.as_ref().is_some_and(|held| self.as_it_was(held).is_ok())
    }

    fn as_it_was(&self, open: &File) -> Result<(), SourceError> {
        let metadata = open.metadata().map_err(|error| unreadable(&self.path.to_string_lossy(), &error))?;
        if Stamp::of(&metadata) == self.stamp { Ok(()) } else { Err(self.changed()) }
    }

    fn still_there(&self) -> Result<(), SourceError> {
        match std::fs::metadata(&self.path) {
            Ok(now) if Stamp::of(&now) == self.stamp => Ok(()),
            _ => Err(self.changed()),
        }
    }

    fn changed(&self) -> SourceError {
        changed(&self.path.to_string_lossy())
    }
}

/// How patterns match, here and in object storage: `*` within a folder, `**` across folders, hidden files only by name.
pub const MATCHING: glob::MatchOptions =
    glob::MatchOptions { require_literal_leading_dot: true, require_literal_separator: true, case_sensitive: true };

fn paths(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    if path.exists() || !is_pattern(&path.to_string_lossy()) {
        return Ok(vec![path.to_owned()]);
    }
    let bad = |error: &dyn std::fmt::Display| SourceError::new(format!("the pattern {} cannot be used: {error}", path.display()));
    let found = glob::glob_with(&path.to_string_lossy(), MATCHING).map_err(|error| bad(&error))?;
    let mut paths = found.collect::<Result<Vec<_>, _>>().map_err(|error| bad(&error))?;
    paths.retain(|path| !path.is_dir());
    paths.sort();
    within(path, &paths)?;
    if paths.is_empty() { Err(no_match(&path.to_string_lossy())) } else { Ok(paths) }
}

/// Whoever may put files into a folder decides what a pattern matches, but not what else of this machine is read: a match
/// must be below the folder that the pattern names. A path without a pattern says itself where it leads.
fn within(pattern: &Path, paths: &[PathBuf]) -> Result<(), SourceError> {
    let plain = |part: &std::path::Component<'_>| !is_pattern(&part.as_os_str().to_string_lossy());
    let base: PathBuf = pattern.components().take_while(plain).collect();
    let Ok(base) = std::fs::canonicalize(base) else { return Ok(()) };
    let out = paths.iter().find(|path| std::fs::canonicalize(path).is_ok_and(|real| !real.starts_with(&base)));
    out.map_or(Ok(()), |path| {
        let what = format!("{} is a link that leads out of {}, and the pattern is about files in it", path.display(), base.display());
        Err(SourceError::new(what).hint("put the file there, or name its path in `tables` without a pattern"))
    })
}

/// A file whose path is written relative to its definition is below that definition's folder, or where the path says: whoever may
/// put a link there does not decide what else of this machine is read. An absolute path leads where it leads.
pub fn stays_below(written: &Path, path: &Path) -> Result<(), SourceError> {
    let climbs = written.components().any(|part| matches!(part, std::path::Component::ParentDir));
    let Some(base) = path.ancestors().nth(written.components().filter(|part| *part != std::path::Component::CurDir).count()) else {
        return Ok(());
    };
    if written.is_absolute() || climbs || is_pattern(&written.to_string_lossy()) {
        return Ok(());
    }
    match (std::fs::canonicalize(base), std::fs::canonicalize(path)) {
        (Ok(base), Ok(real)) if !real.starts_with(&base) => {
            let what = format!("{} is a link that leads out of {}, and is not followed", path.display(), base.display());
            Err(SourceError::new(what).hint("put the file there, or write the absolute path of the file that is meant"))
        }
        // What is not there is told by whoever reads it.
        _ => Ok(()),
    }
}

pub fn no_match(pattern: &str) -> SourceError {
    SourceError::new(format!("no file matches {pattern}")).hint("a pattern that matches nothing is an error, never an empty source")
}

pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}
