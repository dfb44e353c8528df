//! What a reading of strangers' queries and files may cost: `Settings.readLimits`.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Ceilings of the process that reads one source for one run. Only administrators set them, so that nobody else can lift them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadLimits {
    pub memory_bytes: u64,
    /// Of all its readings together.
    pub cpu: Duration,
    /// Of temporary files, and of what it gives.
    pub disk_bytes: u64,
    /// That one segment gives; all segments of a run together give at most [`ReadLimits::SEGMENTS`] times as many.
    pub rows: u64,
    /// Of one reading.
    pub time: Duration,
}

impl ReadLimits {
    /// An export's segments overlap, but not without end.
    pub const SEGMENTS: u64 = 5;

    /// Rows of all segments of a run.
    pub fn all_rows(&self) -> u64 {
        self.rows.saturating_mul(Self::SEGMENTS)
    }
}

impl Default for ReadLimits {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self { memory_bytes: 1 << 30, cpu: minutes(10), disk_bytes: 4 << 30, rows: 2_000_000, time: minutes(30) }
    }
}
