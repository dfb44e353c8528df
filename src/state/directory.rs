//! The directory of definitions that a state belongs to.
//!
//! Two directories may have an export of one name: with one state, each would take the other's members out. So a state
//! belongs to the directory that first used it. A directory is its path as configured, made absolute, links in it left as
//! they are: what a link leads to changes with every `git pull` of git-sync. Another spelling of the path that leads to the
//! same folder now is the same directory.

use super::{Result, StateError, StateErrorKind, Store, View};
use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

impl View {
    /// The directory it belongs to, absolute; `None`: nobody used it yet.
    pub fn directory(&self) -> Result<Option<PathBuf>> {
        let bytes: Option<Vec<u8>> = self.conn.query_row("SELECT directory FROM meta", [], |row| row.get(0))?;
        Ok(bytes.map(|bytes| PathBuf::from(OsString::from_vec(bytes))))
    }

    /// Refuses a directory that the state does not belong to. A state that nobody used yet belongs to any.
    pub fn check_directory(&self, directory: &Path) -> Result<()> {
        let here = absolute(directory);
        match self.directory()? {
            Some(known) if !same(&known, &here) => Err(foreign(&known, &here)),
            _ => Ok(()),
        }
    }
}

impl Store {
    /// The state belongs to this directory from now on, whatever it belonged to before.
    pub fn adopt_directory(&mut self, directory: &Path) -> Result<()> {
        let here = absolute(directory);
        self.note(|conn| {
            conn.execute("UPDATE meta SET directory = ?1", [here.as_os_str().as_bytes()])?;
            Ok(())
        })
    }

    /// As [`View::check_directory`]; the first directory that asks gets the state.
    pub fn claim_directory(&mut self, directory: &Path) -> Result<()> {
        self.check_directory(directory)?;
        if self.directory()?.is_none() { self.adopt_directory(directory) } else { Ok(()) }
    }
}

/// Without a slash at its end, or `.` in it; links and `..` stay.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.components().collect())
}

fn same(known: &Path, here: &Path) -> bool {
    known == here || matches!((known.canonicalize(), here.canonicalize()), (Ok(known), Ok(here)) if known == here)
}

fn foreign(known: &Path, here: &Path) -> StateError {
    let message = format!("the state belongs to the directory {}; this is {}", known.display(), here.display());
    StateError::new(StateErrorKind::Claimed, message).hint(format!(
        "give this directory a state of its own with --state DIR; if it is the same directory, moved, hand the state over: \
         listkeeper apply --adopt-state {}",
        here.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::StateDir;
    use chrono::Utc;
    use std::{fs, os::unix::fs::symlink};

    fn store(temp: &tempfile::TempDir) -> Store {
        Store::open(&StateDir::from(temp.path().join("state")), Utc::now()).unwrap()
    }

    #[test]
    fn a_state_belongs_to_the_first_directory_until_it_is_handed_over() {
        let temp = tempfile::tempdir().unwrap();
        let mut store = store(&temp);
        let (first, second) = (temp.path().join("a"), temp.path().join("b"));
        store.check_directory(&second).unwrap();
        store.claim_directory(&first).unwrap();
        store.claim_directory(&first.join(".")).unwrap();
        let refused = store.claim_directory(&second).unwrap_err();
        assert_eq!(refused.message, format!("the state belongs to the directory {}; this is {}", first.display(), second.display()));
        assert!(refused.hint.unwrap().contains("--adopt-state"));
        store.adopt_directory(&second).unwrap();
        store.check_directory(&second).unwrap();
        store.check_directory(&first).unwrap_err();
    }

    /// As git-sync does: `current` leads to another folder with every revision.
    #[test]
    fn a_link_is_the_same_directory_wherever_it_leads() {
        let temp = tempfile::tempdir().unwrap();
        let (one, two, current) = (temp.path().join("rev-1"), temp.path().join("rev-2"), temp.path().join("current"));
        fs::create_dir(&one).unwrap();
        fs::create_dir(&two).unwrap();
        symlink(&one, &current).unwrap();
        let mut store = store(&temp);
        store.claim_directory(&current).unwrap();
        store.check_directory(&one).unwrap();
        fs::remove_file(&current).unwrap();
        symlink(&two, &current).unwrap();
        store.check_directory(&current).unwrap();
        store.check_directory(&two).unwrap();
        store.check_directory(&one).unwrap_err();
    }
}
