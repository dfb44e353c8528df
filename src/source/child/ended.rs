//! Why a child ended before it answered, in words: the limit that it passed, or the crash.

use super::{super::SourceError, limits};
use crate::definition::ReadLimits;
use rustix::process::Signal;
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::ExitStatus,
};

/// Where a child's stderr goes, in its folder. Nobody is shown it: a driver may print anything.
pub const STDERR: &str = "stderr";
/// What a child writes there before it ends itself for what it keeps on disk.
pub const DISK: &str = "listkeeper: too much on disk";
/// What is looked at of it, at its end.
const TAIL_BYTES: i64 = 4096;

/// What allocators print when there is no memory: Rust's, C++'s, Go's, the C library's.
const NO_MEMORY: [&str; 6] =
    ["memory allocation of", "bad_alloc", "out of memory", "cannot allocate memory", "cannot map pages", "failed to reserve page summary"];

/// What is known of a child that ended.
pub struct Ended<'a> {
    pub status: Option<ExitStatus>,
    pub stderr: &'a str,
    pub limits: &'a ReadLimits,
    /// It may have a driver in it.
    pub driver: bool,
}

impl Ended<'_> {
    pub fn error(&self) -> SourceError {
        if self.stderr.contains(DISK) {
            return limits::disk(self.limits);
        }
        let Some(status) = self.status else { return SourceError::new("the reading process ended, and nobody can say why") };
        match status.signal().and_then(Signal::from_named_raw) {
            Some(Signal::XCPU) => limits::cpu(self.limits),
            Some(Signal::XFSZ) => limits::disk(self.limits),
            _ if says_no_memory(self.stderr) => limits::memory(self.limits),
            Some(Signal::KILL) => self.killed(),
            _ => self.crashed(status),
        }
    }

    /// By the second limit of processor time, which a driver cannot overhear, or by someone else.
    fn killed(&self) -> SourceError {
        let cpu = self.limits.cpu.as_secs();
        SourceError::new(format!("the reading was killed: by the system for want of memory, or for more than {cpu} s of processor time"))
            .hint("the system's log tells which; an administrator can change `readLimits: {memory: …, cpu: …}` in Settings")
    }

    fn crashed(&self, status: ExitStatus) -> SourceError {
        let who = if self.driver { "the driver" } else { "the reading" };
        let what = match (status.signal(), status.code()) {
            (Some(signal), _) => format!("{who} crashed (signal {signal})"),
            (None, Some(code)) => format!("{who} ended unexpectedly (exit code {code})"),
            (None, None) => format!("{who} ended unexpectedly"),
        };
        let hint = if self.driver {
            "see whether the driver is made for this machine, and whether there is a newer one"
        } else {
            "a file may be damaged, or made to do this; other readings are not touched"
        };
        SourceError::new(what).hint(hint)
    }
}

/// Whether a text is of an allocator that had nothing left.
pub fn says_no_memory(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    NO_MEMORY.iter().any(|words| text.contains(words))
}

/// The end of what a child printed.
pub fn tail(home: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(home.join(STDERR)) {
        file.seek(SeekFrom::End(-TAIL_BYTES)).ok();
        file.take(TAIL_BYTES as u64).read_to_end(&mut bytes).ok();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
