//! Where the state lives.

use super::{Result, StateError, StateErrorKind};
use std::{
    ffi::OsString,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// A state directory, which may not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDir {
    path: PathBuf,
    sandbox: bool,
}

impl StateDir {
    /// The directory given (`--state`, `LISTKEEPER_STATE`), else the first of systemd's `STATE_DIRECTORY`, else
    /// `listkeeper` in the XDG state home (`~/.local/state`).
    pub fn resolve(given: Option<&Path>) -> Result<Self> {
        Self::resolve_with(given, |name| std::env::var_os(name))
    }

    fn resolve_with(given: Option<&Path>, env: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        if let Some(path) = given {
            return Ok(path.to_owned().into());
        }
        // systemd gives several, colon-separated, when StateDirectory= names several.
        let systemd = env("STATE_DIRECTORY").and_then(|dirs| std::env::split_paths(&dirs).next());
        let absolute = |path: &PathBuf| path.is_absolute();
        let xdg = || env("XDG_STATE_HOME").map(PathBuf::from).filter(absolute);
        let home = || env("HOME").map(PathBuf::from).filter(absolute).map(|home| home.join(".local/state"));
        systemd.filter(absolute).or_else(|| xdg().or_else(home).map(|base| base.join("listkeeper"))).map(Self::from).ok_or_else(|| {
            StateError::new(StateErrorKind::Io, "there is no place for the state: neither STATE_DIRECTORY, XDG_STATE_HOME nor HOME is set")
                .hint("name a directory with --state DIR or LISTKEEPER_STATE")
        })
    }

    /// The sandbox's own state: inside the same directory, never the same file.
    pub fn sandbox(&self) -> Self {
        Self { path: self.path.join("sandbox"), sandbox: true }
    }

    /// Of a rehearsal: nothing in it is about real accounts.
    pub fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join("state.db")
    }

    /// A new database is built here and renamed, so that a file named `state.db` is always a whole one.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.path.join("state.db.new")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.path.join("state.lock")
    }

    /// Creates what is missing of it, for the user alone. A directory that exists keeps its mode: the files in it are
    /// 0600 in any case, and it may be someone's to decide (systemd's `StateDirectoryMode=`).
    pub(super) fn create(&self) -> Result<()> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path);
        made.map_err(|error| StateError::io("cannot create the state directory", &self.path, &error))
    }
}

impl From<PathBuf> for StateDir {
    fn from(path: PathBuf) -> Self {
        Self { path, sandbox: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::given(Some("/given"), &[("STATE_DIRECTORY", "/var/lib/x")], "/given")]
    #[case::systemd(None, &[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"), ("HOME", "/h")], "/var/lib/a")]
    #[case::xdg(None, &[("XDG_STATE_HOME", "/xdg"), ("HOME", "/h")], "/xdg/listkeeper")]
    #[case::relative_xdg_is_not_one(None, &[("XDG_STATE_HOME", "xdg"), ("HOME", "/h")], "/h/.local/state/listkeeper")]
    #[case::home(None, &[("HOME", "/h")], "/h/.local/state/listkeeper")]
    fn resolves(#[case] given: Option<&str>, #[case] env: &[(&str, &str)], #[case] expected: &str) {
        let lookup = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        let dir = StateDir::resolve_with(given.map(Path::new), lookup).unwrap();
        assert_eq!(dir.path(), Path::new(expected));
        assert_eq!(dir.sandbox().path(), Path::new(expected).join("sandbox"));
    }

    #[test]
    fn nowhere_to_go_says_what_to_do() {
        let error = StateDir::resolve_with(None, |_| None).unwrap_err();
        assert!(error.hint.unwrap().contains("--state DIR"));
    }
}
