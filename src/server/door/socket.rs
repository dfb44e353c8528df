//! The socket in the state directory: for the user who runs the daemon, and for nobody else. Its folder proves the daemon to
//! a caller, and the kernel proves the caller to the daemon: no token is needed.

use crate::state::StateDir;
use std::{
    fs::{self, File, Permissions},
    io,
    os::{
        fd::AsRawFd,
        unix::{
            ffi::OsStrExt,
            fs::{FileTypeExt, MetadataExt, PermissionsExt},
        },
    },
    path::{Path, PathBuf},
};
use tokio::net::UnixListener;

const NAME: &str = "daemon.sock";
/// Under this name until it is protected.
const NEW: &str = "daemon.sock.new";
/// Bytes of a socket's path, as the kernel takes them (`sun_path`, less the end).
const LONGEST: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// Where the socket of a state directory is.
#[derive(Debug)]
pub struct SocketPath {
    folder: PathBuf,
    /// Keeps a short name of a folder whose own name is too long.
    _held: Option<File>,
}

impl SocketPath {
    /// Fails where no name of it is short enough.
    pub fn of(state: &StateDir) -> io::Result<Self> {
        let folder = state.path().to_owned();
        if folder.join(NEW).as_os_str().as_bytes().len() <= LONGEST {
            return Ok(Self { folder, _held: None });
        }
        let held = File::open(&folder)?;
        let short = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()));
        if !short.exists() {
            let message = format!("{} is longer than a socket's path may be ({LONGEST} bytes)", folder.join(NEW).display());
            return Err(io::Error::new(io::ErrorKind::InvalidFilename, message));
        }
        Ok(Self { folder: short, _held: Some(held) })
    }

    /// What a client connects to, as long as this lives.
    pub fn path(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    /// A socket that this user, or root, made: nobody else's is asked anything.
    pub fn is_trusted(&self) -> bool {
        let ours = rustix::process::geteuid().as_raw();
        fs::symlink_metadata(self.path()).is_ok_and(|meta| meta.file_type().is_socket() && (ours == 0 || [ours, 0].contains(&meta.uid())))
    }

    /// Listens. What a daemon that was killed left is replaced: whoever calls holds the state's lock.
    pub(in crate::server) fn listen(&self) -> io::Result<UnixListener> {
        let new = self.folder.join(NEW);
        gone(&new)?;
        let listener = UnixListener::bind(&new)?;
        fs::set_permissions(&new, Permissions::from_mode(0o600))?;
        fs::rename(&new, self.path())?;
        Ok(listener)
    }

    pub(in crate::server) fn remove(&self) {
        // What is left is seen to be stale.
        let _ = fs::remove_file(self.path());
    }
}

fn gone(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use tokio::net::UnixStream;

    #[rstest]
    #[case::short("state")]
    #[case::too_long_for_a_socket(&"long-".repeat(40))]
    #[tokio::test]
    async fn it_is_the_users_alone_and_replaces_a_stale_one(#[case] name: &str) {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::from(dir.path().join(name));
        fs::create_dir(state.path()).unwrap();
        let socket = SocketPath::of(&state).unwrap();
        assert!(!socket.is_trusted(), "there is none");
        drop(socket.listen().unwrap());
        assert!(UnixStream::connect(socket.path()).await.is_err(), "stale");
        let _listener = socket.listen().unwrap();
        assert!(UnixStream::connect(socket.path()).await.is_ok() && socket.is_trusted());
        assert_eq!(fs::metadata(state.path().join(NAME)).unwrap().permissions().mode() & 0o777, 0o600);
        socket.remove();
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
    }

    mod server {
        use super::*;

        #[test]
        fn attack_what_is_no_socket_or_a_link_to_one_is_not_asked() {
            let dir = tempfile::tempdir().unwrap();
            let state = StateDir::from(dir.path().join("state"));
            fs::create_dir(state.path()).unwrap();
            let socket = SocketPath::of(&state).unwrap();
            fs::write(socket.path(), "").unwrap();
            assert!(!socket.is_trusted());
            fs::remove_file(socket.path()).unwrap();
            let elsewhere = dir.path().join("elsewhere");
            let _theirs = std::os::unix::net::UnixListener::bind(&elsewhere).unwrap();
            std::os::unix::fs::symlink(&elsewhere, socket.path()).unwrap();
            assert!(!socket.is_trusted());
        }
    }
}
