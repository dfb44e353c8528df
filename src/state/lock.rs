//! One writer at a time: a lock that the system gives back when its holder dies.

use super::{Result, StateDir, StateError, StateErrorKind};
use chrono::{DateTime, SecondsFormat, Utc};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
};

/// Held as long as it lives. The file says by whom; it is never deleted, since deleting would let two hold two files.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(dir: &StateDir, now: DateTime<Utc>) -> Result<Self> {
        let path = dir.lock();
        let failed = |error: &std::io::Error| StateError::io("cannot lock the state with", &path, error);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = opened.map_err(|e| failed(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(dir, &mut file)),
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
        let since = now.to_rfc3339_opts(SecondsFormat::Secs, true);
        let holder = format!("process {} on {} since {since}\n", std::process::id(), host());
        file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(|e| failed(&e))?;
        Ok(Self { _file: file })
    }
}

fn in_use(dir: &StateDir, file: &mut File) -> StateError {
    let mut holder = String::new();
    // The holder may be just about to write its line: then we do not know who it is, and say only that.
    let known = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
    let holder = if known { holder.trim() } else { "another process" };
    StateError::new(StateErrorKind::InUse, format!("the state in {} is in use by {holder}", dir.path().display()))
        .hint("wait until it has finished, or stop it; `status`, `history` and `rejected` work meanwhile; --state names another state")
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
