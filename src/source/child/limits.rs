//! The limits of a child: set by itself before it looks at anything, and what is said where one is passed.
//!
//! | limit | kept by |
//! |---|---|
//! | `memory` | `RLIMIT_DATA`: what the process allocates; libraries and files that are only read do not count |
//! | `cpu` | `RLIMIT_CPU`, of all its threads |
//! | `disk` | `RLIMIT_FSIZE` for one file, `disk` for all of them, and the parent for what is given |
//! | `rows` | the child counts, the parent all segments together |
//! | `time` | the reading's own clock, and the parent's, which kills |

use super::super::SourceError;
use crate::definition::ReadLimits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;

/// Processor time after the first warning, which a driver may not hear.
const CPU_GRACE: u64 = 5;

/// Binds this process. It cannot lift them again.
pub fn bind(limits: &ReadLimits) -> Result<(), SourceError> {
    let cpu = limits.cpu.as_secs().max(1);
    let all = [
        // Memory goes last: nothing before it may need much.
        (Resource::Core, 0, 0),
        (Resource::Cpu, cpu, cpu + CPU_GRACE),
        (Resource::Fsize, limits.disk_bytes, limits.disk_bytes),
        (Resource::Data, limits.memory_bytes, limits.memory_bytes),
    ];
    all.into_iter().try_for_each(|(resource, soft, hard)| {
        let most = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let (current, maximum) = (Some(soft.min(most)), Some(hard.min(most)));
        let set = setrlimit(resource, Rlimit { current, maximum });
        set.map_err(|error| SourceError::new(format!("the limits of a reading cannot be set: {error}")))
    })
}

/// More memory was wanted than there may be.
pub fn memory(limits: &ReadLimits) -> SourceError {
    passed(format!("needed more than {} of memory", size(limits.memory_bytes)), "memory", "make the query simpler")
}

pub fn cpu(limits: &ReadLimits) -> SourceError {
    passed(format!("took more than {} of processor time", seconds(limits.cpu)), "cpu", "make the query simpler, or read less")
}

pub fn disk(limits: &ReadLimits) -> SourceError {
    passed(format!("needed more than {} for temporary files", size(limits.disk_bytes)), "disk", "join on equal columns, sort less")
}

/// What was given, rather than what was written on the way.
pub fn given(limits: &ReadLimits) -> SourceError {
    passed(format!("gave more than {} of data", size(limits.disk_bytes)), "disk", "let the query give fewer rows and columns")
}

pub fn time(limits: &ReadLimits) -> SourceError {
    passed(format!("took longer than {}", seconds(limits.time)), "time", "make the query simpler, or read less")
}

pub fn rows(limits: &ReadLimits) -> SourceError {
    passed(format!("gave more than {} rows", limits.rows), "rows", "let the query give each person once")
}

pub fn all_rows(limits: &ReadLimits) -> SourceError {
    let what =
        format!("gave, with the export's other segments, more than {} rows ({} times the limit)", limits.all_rows(), ReadLimits::SEGMENTS);
    passed(what, "rows", "let the queries give each person once, or split the export")
}

fn passed(what: String, limit: &str, advice: &str) -> SourceError {
    SourceError::new(format!("the reading {what} and was stopped (limit: readLimits.{limit})"))
        .hint(format!("{advice}; an administrator can raise `readLimits: {{{limit}: …}}` in Settings"))
}

fn size(bytes: u64) -> String {
    match bytes {
        whole if whole >= 1 << 30 && whole.is_multiple_of(1 << 30) => format!("{} GiB", whole >> 30),
        bytes => format!("{} MiB", bytes >> 20),
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs())
}
