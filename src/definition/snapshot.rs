//! The files of a directory at one moment, before anything in them is understood.

use super::{
    Diagnostic,
    files::{self, File},
    report::Report,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Everything below a directory that counts, read whole.
#[derive(Debug)]
pub struct Snapshot {
    /// Absolute; links in it are as given.
    pub root: PathBuf,
    /// blake3 over every file's path and content, and over what cannot be read, hex: the same digest, the same catalog.
    pub digest: String,
    /// Why the directory itself cannot be read.
    pub unreadable: Option<String>,
    pub(super) files: Vec<Arc<File>>,
    pub(super) problems: Vec<Diagnostic>,
}

impl Snapshot {
    /// Reads a directory. Never fails: what cannot be read is a problem of it.
    pub fn take(root: &Path) -> Self {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
        let mut report = Report::default();
        if !root.is_dir() {
            let why = std::fs::metadata(&root).map_or_else(|error| error.to_string(), |_| "it is not a folder".into());
            let unreadable = Some(format!("this directory cannot be read: {why}"));
            return Self { root, digest: blake3::hash(b"").to_hex().to_string(), unreadable, files: Vec::new(), problems: Vec::new() };
        }
        let (files, digest) = files::load(&root, &mut report);
        Self { root, digest, unreadable: None, files, problems: report.finish() }
    }

    /// Each file's path, relative to the root, and its text.
    pub fn texts(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.files.iter().map(|file| (file.path.as_path(), file.text.as_str()))
    }
}
