//! A walk over a directory: the YAML files in it, and what stands in the way.

use super::{DEPTH, FILES, leads_out};
use crate::definition::report::Report;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Files of any kind.
const ENTRIES: usize = 200_000;

/// What a walk met.
#[derive(Default)]
pub struct Walk {
    pub found: Vec<PathBuf>,
    /// Relative to the root.
    pub unreadable: Vec<PathBuf>,
    /// Links to folders that were followed, relative to the root, and where they lead.
    pub links: Vec<(PathBuf, PathBuf)>,
}

/// Follows links that end below the root, stops at cycles, skips dot-files and dot-folders.
pub fn walk(root: &Path, report: &mut Report) -> Walk {
    let mut met = Walk::default();
    let home = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    let mut out = Vec::new();
    // Where a link leads out, nothing is looked at: not how much is there, nor what.
    let mut inside = |entry: &DirEntry| {
        let leads = entry.depth() > 0 && entry.path_is_symlink() && leads_out(&home, entry.path());
        if leads && (entry.file_type().is_dir() || is_yaml(entry.path())) {
            out.push((below(root, entry.path()), entry.file_type().is_dir()));
        }
        !leads
    };
    let walk = WalkDir::new(root).follow_links(true).max_depth(DEPTH).sort_by_file_name();
    for (count, entry) in walk.into_iter().filter_entry(|entry| entry.depth() == 0 || (!hidden(entry) && inside(entry))).enumerate() {
        if count >= ENTRIES || met.found.len() > FILES {
            let message = format!("more than {FILES} YAML files, or {ENTRIES} files of any kind");
            report.whole(Path::new(""), message, "is this the right directory? Keep definitions in a folder of their own");
            return Walk { unreadable: vec![PathBuf::new()], ..Walk::default() };
        }
        match entry {
            Ok(entry) => {
                met.link(root, &home, &entry);
                met.entry(root, entry, report);
            }
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => met.unreadable(root, &error, report),
        }
    }
    out.into_iter().for_each(|(path, is_dir)| met.leads_out(path, is_dir, report));
    met
}

impl Walk {
    fn link(&mut self, root: &Path, home: &Path, entry: &DirEntry) {
        if entry.depth() > 0
            && entry.path_is_symlink()
            && entry.file_type().is_dir()
            && let Ok(target) = std::fs::canonicalize(entry.path())
        {
            self.links.push((below(root, entry.path()), below(home, &target)));
        }
    }

    fn entry(&mut self, root: &Path, entry: DirEntry, report: &mut Report) {
        let is_dir = entry.file_type().is_dir();
        if is_dir && entry.depth() == DEPTH {
            let relative = below(root, entry.path());
            report.whole(&relative, format!("folders are nested deeper than {DEPTH}"), "move the definitions up");
            self.unreadable.push(relative);
        } else if !is_dir && is_yaml(entry.path()) {
            self.found.push(entry.into_path());
        }
    }

    /// A folder may well be data that lies beside the definitions; a file is meant to be one of them.
    fn leads_out(&mut self, path: PathBuf, is_dir: bool, report: &mut Report) {
        if is_dir {
            let message = "this link leads out of the directory, and is not followed: nothing below it is a definition";
            report.whole_warning(&path, message, "definitions are below the root; put the folder there, not a link to it");
        } else {
            report.whole(&path, "this link leads out of the directory, and is not followed", "put the file itself below the root");
        }
        self.unreadable.push(path);
    }

    fn unreadable(&mut self, root: &Path, error: &walkdir::Error, report: &mut Report) {
        let path = error.path().map(|path| below(root, path)).unwrap_or_default();
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            return;
        }
        // A link that leads nowhere, and whose name is no definition's, is another's.
        let dangling = error.io_error().is_some_and(|why| why.kind() == std::io::ErrorKind::NotFound);
        if dangling && !is_yaml(&path) && error.path().is_some_and(Path::is_symlink) {
            let message = "this link leads nowhere, and is not followed: nothing below it is a definition";
            return report.whole_warning(&path, message, "if definitions were behind it, mend it; else delete it");
        }
        let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
        report.whole(&path, format!("this cannot be read: {why}"), "check that it exists and that you may read it");
        self.unreadable.push(path);
    }
}

/// A path relative to the root.
pub fn below(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_path_buf()
}

fn hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

pub fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
