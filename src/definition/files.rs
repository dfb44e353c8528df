//! The YAML files below a directory, within limits; unreadable is never the same as absent.

use super::{Position, report::Report, yaml::mask_secrets};
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};
use walkdir::{DirEntry, WalkDir};

/// Limits: far above what people write, far below what costs a second or the memory.
const FILES: usize = 10_000;
const ENTRIES: usize = 200_000;
const FILE_BYTES: u64 = 1 << 20;
const DEPTH: usize = 32;

/// One YAML file.
#[derive(Debug)]
pub struct File {
    /// Relative to the root.
    pub path: PathBuf,
    /// Its folder relative to the root, `/` between parts; empty for the root.
    pub folder: String,
    /// Its folder, absolute: where relative paths in it begin.
    pub dir: PathBuf,
    pub text: String,
    /// The text with secrets masked, for snippets.
    pub masked: Arc<str>,
}

impl File {
    /// The text at a place, if nothing of it is masked.
    pub fn shown(&self, at: Position) -> Option<&str> {
        let range = at.offset..at.offset + at.len;
        self.text.get(range.clone()).filter(|text| self.masked.get(range) == Some(text))
    }
}

/// All of them in order of path, and the digest over their paths and contents.
pub fn load(root: &Path, report: &mut Report) -> (Vec<Arc<File>>, String) {
    let mut files = Vec::new();
    let mut hasher = blake3::Hasher::new();
    for path in paths(root, report) {
        let relative = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
        match content(&path) {
            Ok(text) => {
                for part in [relative.as_os_str().as_encoded_bytes(), text.as_bytes()] {
                    hasher.update(&(part.len() as u64).to_le_bytes());
                    hasher.update(part);
                }
                files.push(Arc::new(file(relative, &path, text)));
            }
            Err(problem) => report.whole(&relative, problem.message, problem.hint),
        }
    }
    (files, hasher.finalize().to_hex().to_string())
}

fn file(path: PathBuf, absolute: &Path, text: String) -> File {
    let parts = path.parent().into_iter().flat_map(Path::components).map(|part| part.as_os_str().to_string_lossy());
    let folder = parts.collect::<Vec<_>>().join("/");
    let dir = absolute.parent().unwrap_or(absolute).to_path_buf();
    let masked = mask_secrets(&text).into();
    File { path, folder, dir, text, masked }
}

/// Follows links, stops at cycles, skips dot-files and dot-folders.
fn paths(root: &Path, report: &mut Report) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let walk = WalkDir::new(root).follow_links(true).max_depth(DEPTH).sort_by_file_name();
    for (count, entry) in walk.into_iter().filter_entry(|entry| entry.depth() == 0 || !hidden(entry)).enumerate() {
        if count >= ENTRIES || found.len() > FILES {
            let message = format!("more than {FILES} YAML files, or {ENTRIES} files of any kind");
            report.whole(Path::new(""), message, "is this the right directory? Keep definitions in a folder of their own");
            return Vec::new();
        }
        match entry {
            Ok(entry) if entry.depth() == DEPTH && entry.file_type().is_dir() => {
                report.whole(&below(root, entry.path()), format!("folders are nested deeper than {DEPTH}"), "move the definitions up");
            }
            Ok(entry) if is_yaml(entry.path()) && !entry.file_type().is_dir() => found.push(entry.into_path()),
            Ok(_) => {}
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => unreadable(root, &error, report),
        }
    }
    found
}

fn unreadable(root: &Path, error: &walkdir::Error, report: &mut Report) {
    let path = error.path().map(|path| below(root, path)).unwrap_or_default();
    if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
        return;
    }
    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    report.whole(&path, format!("this cannot be read: {why}"), "check that it exists and that you may read it");
}

fn below(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_path_buf()
}

fn hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Why a file's text is not to be had.
struct Problem {
    message: String,
    hint: &'static str,
}

fn problem(message: impl Into<String>, hint: &'static str) -> Problem {
    Problem { message: message.into(), hint }
}

/// At most a byte more than the limit is read, whatever the file's size.
fn content(path: &Path) -> Result<String, Problem> {
    let failed = |error: std::io::Error| problem(format!("the file cannot be read: {error}"), "check that you may read it");
    // A pipe or device would block or never end.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(problem("this is not a regular file", "definitions are ordinary files"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path).and_then(|file| file.take(FILE_BYTES + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(problem("the file is larger than 1 MiB", "definitions are small; is this another sort of file?"));
    }
    text(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, Problem> {
    if bytes.is_empty() {
        return Err(problem("the file is empty", "delete it, or write a definition; `listkeeper init` shows how"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(problem("the file is UTF-16", "save it as UTF-8"));
    }
    if let Some(at) = memchr::memchr(0, &bytes) {
        let wide = bytes.len() >= 4 && (bytes[0] == 0) != (bytes[1] == 0);
        return Err(if wide {
            problem("the file looks like UTF-16", "save it as UTF-8")
        } else {
            problem(format!("the file is binary: a zero byte at offset {at}"), "definitions are text in UTF-8")
        });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|b| **b == b'\n').count() + 1;
        problem(format!("line {line} is not UTF-8 (byte {good} of the file)"), "save the file as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests;
