//! In which folders something must be heard: those that hold definitions, and every folder on the way to them, because a
//! link or a folder there can be swapped for another.

use crate::definition::{is_yaml, leads_out};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ffi::OsString,
    fs,
    path::{Component, Path, PathBuf},
};
use walkdir::{DirEntry, WalkDir};

/// As deep and as many as a reading goes.
const DEPTH: usize = 32;
const ENTRIES: usize = 200_000;
/// As the system follows.
const LINKS: usize = 40;

/// Folders by their real path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders(BTreeMap<PathBuf, Names>);

/// What matters in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Names {
    /// It is read: definitions, folders and links in it matter, whatever their names.
    read: bool,
    /// Links on the way to something, and what they lead to.
    these: BTreeSet<OsString>,
}

impl Folders {
    /// Those of a directory as it is now; it need not exist.
    pub fn of(root: &Path) -> Self {
        let mut folders = Self::default();
        folders.way_to(root);
        let home = fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
        let mut out = Vec::new();
        let mut inside = |entry: &DirEntry| {
            let leads = entry.depth() > 0 && entry.path_is_symlink() && leads_out(&home, entry.path());
            out.extend(leads.then(|| entry.path().to_path_buf()));
            !leads
        };
        let walk = WalkDir::new(root).follow_links(true).max_depth(DEPTH);
        for entry in walk.into_iter().filter_entry(|entry| entry.depth() == 0 || (!hidden(entry.path()) && inside(entry))).take(ENTRIES) {
            match entry {
                Ok(entry) => {
                    if entry.path_is_symlink() {
                        folders.way_to(entry.path());
                    }
                    if entry.file_type().is_dir() {
                        folders.whole(entry.path());
                    }
                }
                Err(error) => error.path().into_iter().for_each(|path| folders.way_to(path)),
            }
        }
        out.iter().for_each(|link| folders.entry(link));
        folders
    }

    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn has(&self, folder: &Path) -> bool {
        self.0.contains_key(folder)
    }

    /// Whether something that happened to `path` can change what is read.
    pub fn concerns(&self, path: &Path) -> bool {
        self.has(path)
            || path
                .parent()
                .and_then(|folder| self.0.get(folder))
                .is_some_and(|names| path.file_name().is_some_and(|name| names.these.contains(name)) || (names.read && may_be_read(path)))
    }

    /// A link's own name, not what it leads to.
    fn entry(&mut self, link: &Path) {
        if let (Some(Ok(folder)), Some(name)) = (link.parent().map(fs::canonicalize), link.file_name()) {
            self.name(&folder, name.to_owned());
        }
    }

    fn whole(&mut self, folder: &Path) {
        if let Ok(real) = fs::canonicalize(folder) {
            self.0.entry(real).or_default().read = true;
        }
    }

    fn name(&mut self, folder: &Path, name: OsString) {
        self.0.entry(folder.to_path_buf()).or_default().these.insert(name);
    }

    /// Every name on the way to `path`, links followed, as far as it exists.
    fn way_to(&mut self, path: &Path) {
        let mut at = PathBuf::new();
        let mut rest = parts(path);
        let mut links = 0;
        while let Some(part) = rest.pop_front() {
            let Part::Name(name) = part else {
                part.go(&mut at);
                continue;
            };
            let entry = at.join(&name);
            self.name(&at, name);
            if let Ok(target) = fs::read_link(&entry) {
                links += 1;
                parts(&target).into_iter().rev().for_each(|part| rest.push_front(part));
            } else {
                at = entry;
            }
            if links > LINKS || !at.exists() {
                return;
            }
        }
    }
}

enum Part {
    Root(PathBuf),
    Up,
    Name(OsString),
}

impl Part {
    fn go(self, at: &mut PathBuf) {
        match self {
            Self::Root(root) => at.push(root),
            Self::Up => drop(at.pop()),
            Self::Name(name) => at.push(name),
        }
    }
}

fn parts(path: &Path) -> VecDeque<Part> {
    let part = |component: Component<'_>| match component {
        Component::CurDir => None,
        Component::ParentDir => Some(Part::Up),
        Component::Normal(name) => Some(Part::Name(name.to_owned())),
        root => Some(Part::Root(PathBuf::from(root.as_os_str()))),
    };
    path.components().filter_map(part).collect()
}

/// Whether what is new, changed or gone at a path can be a definition or lead to some. A log file in the folder is neither:
/// reading because of it would write to it, and so on for ever.
fn may_be_read(path: &Path) -> bool {
    is_yaml(path) || (!hidden(path) && fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()))
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
