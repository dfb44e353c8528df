//! Where the state lives.

use super::{Result, StateError, StateErrorKind};
use std::{
    ffi::OsString,
    fs::{Metadata, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
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

    /// Creates what is missing of it, for the user alone. A directory that exists must be safe.
    pub(super) fn create(&self) -> Result<()> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path);
        made.map_err(|error| StateError::io("cannot create the state directory", &self.path, &error))?;
        self.protect()
    }

    /// Whoever owns a directory, or may write to it, decides what is in it: tokens, what was approved, who is a member. So it
    /// belongs to the user who runs this, or to root (as a mounted volume may), and others get nothing of it: a wider mode is
    /// narrowed, with a word in the log. Nothing is changed in a state that is another user's.
    pub(super) fn protect(&self) -> Result<()> {
        self.check_owners()?;
        self.folders().into_iter().try_for_each(narrow_folder)
    }

    /// The same for who only looks. Root leaves modes as they are: a volume may be root's, and open to the group of the user
    /// who runs a container.
    pub(super) fn protect_for_reading(&self) -> Result<()> {
        if rustix::process::geteuid().is_root() { self.check_owners() } else { self.protect() }
    }

    /// The database and its log files, for this user alone. The folder is safe already.
    pub(super) fn narrow_files(&self) -> Result<()> {
        let narrow = |file: PathBuf| match std::fs::metadata(&file) {
            Ok(there) if there.mode() & 0o177 != 0 => std::fs::set_permissions(&file, Permissions::from_mode(0o600))
                .map_err(|error| StateError::io("cannot protect", &file, &error)),
            _ => Ok(()),
        };
        self.files().into_iter().try_for_each(narrow)
    }

    fn check_owners(&self) -> Result<()> {
        for folder in self.folders() {
            let failed = |error: io::Error| StateError::io("cannot look at the state directory", folder, &error);
            check_owner(folder, &std::fs::symlink_metadata(folder).map_err(failed)?)?;
            check_owner(folder, &std::fs::metadata(folder).map_err(failed)?)?;
        }
        self.files().iter().try_for_each(|file| check_file(file))
    }

    /// From the outermost on: who owns the one decides what is the other.
    fn folders(&self) -> Vec<&Path> {
        let outer = if self.sandbox { self.path.parent() } else { None };
        outer.into_iter().chain([self.path.as_path()]).collect()
    }

    fn files(&self) -> [PathBuf; 3] {
        ["state.db", "state.db-wal", "state.db-shm"].map(|name| self.path.join(name))
    }
}

fn check_owner(path: &Path, there: &Metadata) -> Result<()> {
    let (me, owner) = (rustix::process::geteuid().as_raw(), there.uid());
    if owner == me || owner == 0 {
        return Ok(());
    }
    Err(unsafe_because(path, &format!("it belongs to another user (uid {owner}), and this is uid {me}")))
}

/// A link that another user put there would have us read, or write, elsewhere. What is not there is nobody's.
fn check_file(file: &Path) -> Result<()> {
    match std::fs::symlink_metadata(file) {
        Ok(there) if there.is_symlink() => Err(unsafe_because(file, "it is a link")),
        Ok(there) => check_owner(file, &there),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StateError::io("cannot look at", file, &error)),
    }
}

fn narrow_folder(folder: &Path) -> Result<()> {
    let there = std::fs::metadata(folder).map_err(|error| StateError::io("cannot look at the state directory", folder, &error))?;
    let mode = there.mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    match std::fs::set_permissions(folder, Permissions::from_mode(mode & 0o700)) {
        Ok(()) => {
            tracing::warn!("the state directory {} was open to other users (mode {mode:o}): it is 0700 now", folder.display());
            Ok(())
        }
        // Root's, and only that user may change it: others may not put files there; ours in it are 0600.
        Err(_) if mode & 0o002 == 0 => Ok(()),
        Err(_) => Err(unsafe_because(folder, &format!("every user may write to it (mode {mode:o})"))),
    }
}

fn unsafe_because(path: &Path, why: &str) -> StateError {
    StateError::new(StateErrorKind::Io, format!("the state is not safe: {}: {why}", path.display())).hint(
        "a state holds tokens and members: run this as the user whose it is, `chown` it to the user who runs Listkeeper and `chmod 0700` its \
         directory, or name another with --state",
    )
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

    mod files {
        use super::*;

        /// A wide mode is narrowed, also of what a link leads to; what is missing is made so.
        #[rstest]
        #[case::made(None)]
        #[case::readable(Some(0o755))]
        #[case::writable(Some(0o777))]
        #[case::group(Some(0o770))]
        fn attack_others_have_the_state(#[case] wide: Option<u32>) {
            let base = tempfile::tempdir().unwrap();
            let path = base.path().join("a/state");
            if let Some(mode) = wide {
                std::fs::create_dir_all(&path).unwrap();
                std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            }
            StateDir::from(path.clone()).create().unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        }

        /// Another user's directory, or a link of another user.
        #[test]
        fn attack_the_state_is_anothers() {
            let base = tempfile::tempdir().unwrap();
            let (mine, theirs, link) = (base.path().join("mine"), base.path().join("theirs"), base.path().join("link"));
            [&mine, &theirs].into_iter().for_each(|dir| std::fs::create_dir(dir).unwrap());
            std::os::unix::fs::symlink(&mine, &link).unwrap();
            // Only root can give a directory away.
            let given =
                std::os::unix::fs::chown(&theirs, Some(12_345), None).and_then(|()| std::os::unix::fs::lchown(&link, Some(12_345), None));
            if given.is_ok() {
                for dir in [theirs, link] {
                    let dirs = [StateDir::from(dir.clone()), StateDir::from(dir).sandbox()];
                    for error in dirs.iter().map(|dir| dir.create().unwrap_err()) {
                        assert!(error.message.contains("it belongs to another user (uid 12345)"), "{error}");
                    }
                }
            }
        }

        /// A sandbox's state is only as safe as the directory that it is in.
        #[test]
        fn attack_others_have_the_directory_around_a_sandboxs_state() {
            let base = tempfile::tempdir().unwrap();
            std::fs::set_permissions(base.path(), Permissions::from_mode(0o777)).unwrap();
            StateDir::from(base.path().to_owned()).sandbox().create().unwrap();
            assert_eq!(std::fs::metadata(base.path()).unwrap().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn nowhere_to_go_says_what_to_do() {
        let error = StateDir::resolve_with(None, |_| None).unwrap_err();
        assert!(error.hint.unwrap().contains("--state DIR"));
    }
}
