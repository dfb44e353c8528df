//! One writer at a time: a lock that the system gives back when its holder dies.

use super::{Result, StateDir, StateError, StateErrorKind, store::NO_LINK};
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
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(NO_LINK).open(&path);
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

impl StateDir {
    /// Whether the process that last took the lock is still there, by its number: asking the lock itself could get in
    /// the way of one that is just taking it. On another host it is taken to be.
    pub fn is_written(&self) -> bool {
        let Ok(holder) = std::fs::read_to_string(self.lock()) else { return false };
        let mut words = holder.split(' ');
        let pid = words.nth(1).and_then(|pid| pid.parse().ok()).and_then(rustix::process::Pid::from_raw);
        let elsewhere = words.nth(1).is_some_and(|on| on != host());
        let gone = |pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH);
        elsewhere || pid.is_some_and(|pid| !gone(pid))
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
