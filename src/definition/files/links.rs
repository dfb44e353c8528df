//! Links: where they lead, and that each real file is read once.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A file of definitions.
pub struct Found {
    /// As it was come by.
    pub path: PathBuf,
    /// Without links.
    pub real: PathBuf,
    /// The folder that it is really in, relative to the root, where another folder's link led to it.
    pub really: Option<String>,
    /// The revision's folder, where it was come by a link that is swapped with every revision.
    pub revision: Option<String>,
}

/// Whether a link leads out of a directory, given without links. One that leads nowhere does not.
pub fn leads_out(root: &Path, link: &Path) -> bool {
    fs::canonicalize(link).is_ok_and(|target| !target.starts_with(root))
}

/// Each real file once, in order of path: where it is, rather than where a link puts it too.
pub fn once(root: &Path, found: Vec<PathBuf>) -> Vec<Found> {
    let home = fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    let mut by_file: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for path in found {
        // What is gone by now is told when it is read.
        let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let better = by_file.get(&real).is_none_or(|other| Way::of(root, &home, &path, &real) < Way::of(root, &home, other, &real));
        if better {
            by_file.insert(real, path);
        }
    }
    let found = |(real, path): (PathBuf, PathBuf)| {
        let way = Way::of(root, &home, &path, &real);
        let really = (way == Way::Link).then(|| super::folder(&super::below(&home, &real)));
        let target = super::folder(&super::below(&home, &real));
        // Newer ones keep the revisions out of sight.
        let hidden = way == Way::Straight && super::below(root, &path) != super::below(&home, &real) && target.split('/').any(is_revision);
        let revision = (way == Way::Revision || hidden).then_some(target);
        Found { path, real, really, revision }
    };
    let mut files: Vec<_> = by_file.into_iter().map(found).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// How a path leads to its file; the best first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// A link beside a revision's folder, as git-sync swaps them: the folder's name means nothing.
    Revision,
    /// As it is, or by a link to what is hidden, as a ConfigMap is mounted.
    Straight,
    Link,
}

impl Way {
    fn of(root: &Path, home: &Path, path: &Path, real: &Path) -> Self {
        let (Ok(path), Ok(real)) = (path.strip_prefix(root), real.strip_prefix(home)) else { return Self::Straight };
        if path == real || real.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b".")) {
            return Self::Straight;
        }
        let mut differing = path.components().zip(real.components()).filter(|(path, real)| path != real);
        let one = differing.next().filter(|_| differing.next().is_none() && path.components().count() == real.components().count());
        let folder = one.filter(|(name, _)| Some(name.as_os_str()) != path.file_name());
        let revision = folder.is_some_and(|(_, target)| is_revision(&target.as_os_str().to_string_lossy()));
        if revision { Self::Revision } else { Self::Link }
    }
}

/// `rev-4f2c…`, or a commit's hash alone.
fn is_revision(name: &str) -> bool {
    let hash = name.strip_prefix("rev-").unwrap_or(name);
    (7..=64).contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_hexdigit())
}
