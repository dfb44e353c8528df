//! One process at a time in a sandbox's folder, and a second one learns who is in it.

use super::{Error, clock};
use rustix::fs::{FlockOperation, flock};
use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Seek as _, Write as _},
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// The folder, held until dropped. The kernel lets go when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Hold {
    file: File,
    dir: PathBuf,
}

impl Hold {
    /// Creates the folder (0700) where it is missing and takes it.
    pub(super) fn take(dir: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Folder { path: dir.to_owned(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        let path = dir.join("sandbox.lock");
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { file, dir: dir.to_owned() }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Held { path: dir.to_owned(), holder: holder(&mut file) }),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// Writes down who we are, for the one who finds the folder held.
    pub(super) fn sign(&mut self, address: SocketAddr) -> Result<(), Error> {
        let text = format!("process {} (http://{address}/)\n", std::process::id());
        let written = self.file.set_len(0).and_then(|()| self.file.rewind()).and_then(|()| self.file.write_all(text.as_bytes()));
        written.map_err(|source| Error::Folder { path: self.dir.clone(), source })
    }

    /// Where the sandbox that another process runs in the folder listens.
    pub(super) fn address(dir: &Path) -> Option<url::Url> {
        let text = fs::read_to_string(dir.join("sandbox.lock")).ok()?;
        let (_, address) = text.trim().strip_suffix(')')?.rsplit_once('(')?;
        url::Url::parse(address).ok()
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where a vendor keeps what it received.
    pub(super) fn database(&self, vendor: &str) -> PathBuf {
        self.dir.join(format!("{vendor}.db"))
    }

    /// Removes what these vendors received, and the clock that ran faster.
    pub(super) fn wipe<'a>(&self, vendors: impl Iterator<Item = &'a str>) -> Result<(), Error> {
        let files = vendors.flat_map(|vendor| ["", "-wal", "-shm"].map(|end| self.dir.join(format!("{vendor}.db{end}"))));
        files.chain([clock::path(&self.dir)]).try_for_each(|file| self.remove(&file))
    }

    fn remove(&self, file: &Path) -> Result<(), Error> {
        match fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::Folder { path: self.dir.clone(), source: error }),
            _ => Ok(()),
        }
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "another process".to_owned(),
    }
}
