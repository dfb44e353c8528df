//! Which folders must be watched to hear of changes below a directory, links included.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Component, Path, PathBuf},
};

/// As many links in a row as systems follow.
const LINKS: usize = 40;

/// Notes the folder of every link on the way to an absolute path, and where the way ends: the folder itself, or the one
/// that holds the file. Where something is missing, the last folder that is there is noted: it hears when the rest comes.
pub fn note(path: &Path, folders: &mut BTreeSet<PathBuf>) {
    let (mut real, mut links) = (PathBuf::new(), 0);
    let mut rest = parts(path);
    while let Some(part) = rest.pop() {
        if part == ".." {
            real.pop();
            continue;
        }
        let next = real.join(&part);
        match fs::read_link(&next) {
            Ok(target) if links < LINKS => {
                links += 1;
                folders.insert(real.clone());
                rest.extend(parts(&target));
                if target.is_absolute() {
                    real = PathBuf::new();
                }
            }
            _ => real = next,
        }
    }
    while !real.is_dir() && real.pop() {}
    folders.insert(real);
}

/// The last one first.
fn parts(path: &Path) -> Vec<OsString> {
    let parts = path.components().filter(|part| !matches!(part, Component::CurDir));
    parts.rev().map(|part| part.as_os_str().to_owned()).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn noted(root: &Path, path: &str) -> Vec<String> {
        let mut folders = BTreeSet::new();
        note(&root.join(path), &mut folders);
        let real = root.canonicalize().unwrap();
        let below = |folder: PathBuf| folder.strip_prefix(&real).ok().map(|folder| folder.display().to_string());
        folders.into_iter().filter_map(below).collect()
    }

    /// As git-sync lays a work tree out: the root is a link that is swapped.
    #[rstest::rstest]
    #[case::plain("trees/1", &["trees/1"])]
    #[case::file("trees/1/a.yaml", &["trees/1"])]
    #[case::link("current", &["", "trees/1"])]
    #[case::below_a_link("current/deep", &["", "trees/1/deep"])]
    #[case::link_to_a_link("again", &["", "trees/1"])]
    #[case::link_to_a_file("linked/a.yaml", &["", "linked", "trees/1"])]
    #[case::dangling("linked/gone.yaml", &["linked", "trees"])]
    #[case::missing("trees/2/deep", &["trees"])]
    #[case::cycle("cycle", &[""])]
    fn every_folder_on_the_way_counts(#[case] path: &str, #[case] expected: &[&str]) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("trees/1/deep")).unwrap();
        fs::create_dir(root.join("linked")).unwrap();
        fs::write(root.join("trees/1/a.yaml"), "").unwrap();
        symlink("trees/1", root.join("current")).unwrap();
        symlink(root.join("current"), root.join("again")).unwrap();
        symlink("../current/a.yaml", root.join("linked/a.yaml")).unwrap();
        symlink("../trees/2/a.yaml", root.join("linked/gone.yaml")).unwrap();
        symlink("cycle", root.join("cycle")).unwrap();
        assert_eq!(noted(root, path), expected);
    }
}
