//! The files of a directory at one moment, before anything in them is understood.

use super::{
    Diagnostic,
    files::{self, Digest, File},
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
    /// Links to folders that were followed, relative to the root, and where they lead.
    pub(super) links: Vec<(PathBuf, PathBuf)>,
    pub(super) files: Vec<Arc<File>>,
    pub(super) problems: Vec<Diagnostic>,
}

impl Snapshot {
    /// Of a directory that cannot be used as it is.
    pub fn lost(root: &Path, why: &str) -> Self {
        let digest = blake3::hash(b"").to_hex().to_string();
        Self { root: root.to_owned(), digest, unreadable: Some(why.to_owned()), links: Vec::new(), files: Vec::new(), problems: Vec::new() }
    }

    /// Reads a directory. Never fails: what cannot be read is a problem of it.
    pub fn take(root: &Path) -> Self {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
        let mut report = Report::default();
        if !root.is_dir() {
            return Self::of_nothing(root, report);
        }
        let loaded = files::load(&root, &mut report);
        Self { root, digest: loaded.digest, unreadable: None, links: loaded.links, files: loaded.files, problems: report.finish() }
    }

    fn of_nothing(root: PathBuf, mut report: Report) -> Self {
        let why = std::fs::metadata(&root).map_or_else(|error| error.to_string(), |_| "it is not a folder".into());
        let why = format!("this directory cannot be read: {why}");
        report.whole(&root, why.clone(), "give the directory that holds the definitions");
        let mut digest = Digest::default();
        digest.unreadable(Path::new(""), "");
        Self { root, digest: digest.finish(), unreadable: Some(why), links: Vec::new(), files: Vec::new(), problems: report.finish() }
    }

    /// Each file's path, relative to the root, and its text.
    pub fn texts(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.files.iter().map(|file| (file.path.as_path(), file.text.as_str()))
    }
}
