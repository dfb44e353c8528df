//! The YAML files below a directory, within limits; unreadable is never the same as absent.

use super::{Position, documents::KINDS, report::Report, yaml::mask_secrets};
use rustix::fs::{Mode, OFlags};
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

mod links;
mod walk;

pub use links::leads_out;
use links::{Found, once};
pub use walk::is_yaml;
use walk::{below, walk};

/// Limits: far above what people write, far below what costs a second or the memory.
pub const FILES: usize = 10_000;
pub const FILE_BYTES: u64 = 1 << 20;
pub const DEPTH: usize = 32;

/// One YAML file.
#[derive(Debug)]
pub struct File {
    /// Relative to the root.
    pub path: PathBuf,
    /// Its folder relative to the root, `/` between parts; empty for the root.
    pub folder: String,
    /// Its folder, absolute: where relative paths in it begin.
    pub dir: PathBuf,
    /// The folder that it is really in, where its path goes by a link to another one.
    pub really: Option<String>,
    /// The revision's folder that it is in, where its path goes by a link that is swapped with every revision.
    pub revision: Option<String>,
    /// Whether its path says whose it is. Not where a stranger says the path.
    pub believed: bool,
    /// Whether it may be quoted: it seems to hold definitions, not something else that nobody should see.
    pub shows: bool,
    pub text: String,
    /// The text with secrets masked, for snippets.
    pub masked: Arc<str>,
}

impl File {
    /// The text at a place, if nothing of it is masked.
    pub fn shown(&self, at: Position) -> Option<&str> {
        let range = at.offset..at.offset + at.len;
        self.text.get(range.clone()).filter(|text| self.shows && self.masked.get(range) == Some(text))
    }
}

impl File {
    /// Whether a text that is not YAML may be meant for us: it has the look of it, or says our name.
    pub fn seems_ours(&self) -> bool {
        self.shows || self.text.to_ascii_lowercase().contains("listkeeper")
    }

    /// `path` is relative to the root, `absolute` where it is.
    pub fn new(path: PathBuf, absolute: &Path, text: String) -> Self {
        let folder = folder(&path);
        let dir = absolute.parent().unwrap_or(absolute).to_path_buf();
        let masked = mask_secrets(&text).into();
        let shows = is_ours(&text);
        Self { path, folder, dir, really: None, revision: None, believed: true, shows, text, masked }
    }
}

/// Whether a text seems to hold definitions of ours, right or wrong. Of anything else nothing is quoted.
fn is_ours(text: &str) -> bool {
    let about = |line: &str| {
        let line = line.trim_start_matches(['-', ' ', '{', '"']);
        let value = |key: &str| line.strip_prefix(key).map(|rest| rest.trim_start_matches(['"', '\'', ':', ' ']));
        let version = value("apiVersion").is_some_and(|value| value.to_ascii_lowercase().starts_with("listk"));
        let kind = value("kind").is_some_and(|value| KINDS.iter().any(|kind| value.starts_with(kind)));
        version || kind
    };
    text.lines().any(about)
}

/// The folder of a file, `/` between parts; empty for the root.
pub fn folder(file: &Path) -> String {
    let parts = file.parent().into_iter().flat_map(Path::components).map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

/// What is below a directory.
pub struct Loaded {
    /// In order of path.
    pub files: Vec<Arc<File>>,
    /// Over paths and contents, and over what cannot be read.
    pub digest: String,
    /// Links to folders that were followed, relative to the root, and where they lead.
    pub links: Vec<(PathBuf, PathBuf)>,
}

/// Reads them all.
pub fn load(root: &Path, report: &mut Report) -> Loaded {
    let (mut files, mut digest) = (Vec::new(), Digest::default());
    let walk = walk(root, report);
    walk.unreadable.iter().for_each(|path| digest.unreadable(path, ""));
    for Found { path, real, really, revision } in once(root, walk.found) {
        let relative = below(root, &path);
        match content(&real) {
            Ok(text) => {
                digest.file(&relative, text.as_bytes());
                files.push(Arc::new(File { really, revision, ..File::new(relative, &path, text) }));
            }
            Err(problem) => {
                digest.unreadable(&relative, if problem.may_pass { "" } else { &problem.message });
                report.whole(&relative, problem.message, problem.hint);
            }
        }
    }
    Loaded { files, digest: digest.finish(), links: walk.links }
}

/// Over files by path and content; over what cannot be read by path, for the reasons of systems vary without anything having changed.
#[derive(Default)]
pub struct Digest(blake3::Hasher);

impl Digest {
    pub fn file(&mut self, path: &Path, content: &[u8]) {
        self.parts(&[b"file", path.as_os_str().as_encoded_bytes(), content]);
    }

    pub fn unreadable(&mut self, path: &Path, why: &str) {
        self.parts(&[b"unreadable", path.as_os_str().as_encoded_bytes(), why.as_bytes()]);
    }

    fn parts(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.0.update(&(part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
    }

    pub fn finish(self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

/// Why a file's text is not to be had.
pub struct Problem {
    pub message: String,
    pub hint: &'static str,
    /// The system said so, and may say otherwise next time.
    pub may_pass: bool,
}

fn problem(message: impl Into<String>, hint: &'static str) -> Problem {
    Problem { message: message.into(), hint, may_pass: false }
}

/// At most a byte more than the limit is read, whatever the file's size.
fn content(path: &Path) -> Result<String, Problem> {
    let failed = |error: std::io::Error| Problem {
        may_pass: true,
        ..problem(format!("the file cannot be read: {error}"), "check that you may read it")
    };
    let not_regular = || problem("this is not a regular file", "definitions are ordinary files");
    // A pipe or device would block or never end; opening some devices does something.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(not_regular());
    }
    // Nor may one that takes its place just now, or a link.
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = fs::File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(|error| failed(error.into()))?);
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(not_regular());
    }
    if metadata.len() > FILE_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(too_large());
    }
    text(bytes)
}

pub fn too_large() -> Problem {
    problem("the file is larger than 1 MiB", "definitions are small; is this another sort of file?")
}

/// A file's bytes as the text of definitions.
pub fn text(bytes: Vec<u8>) -> Result<String, Problem> {
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
