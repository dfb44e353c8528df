//! The sandbox's time: the wall's, another's, or one that runs faster. Delays, rate windows and daily quotas go by it.

use super::Error;
use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The file that keeps a clock which once ran faster from running backwards.
const FILE: &str = "sandbox.clock";

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// From Unix seconds.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self::from_ms(move || now() * 1000)
    }

    /// From Unix milliseconds.
    pub fn from_ms(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms))
    }

    pub(super) fn now(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    pub(super) fn now_ms(&self) -> i64 {
        (self.0)()
    }

    /// The same clock, so many times faster from now on. In a folder whose clock ran faster before, it goes on from there.
    pub(super) fn faster(self, speed: u32, dir: &Path) -> Result<Self, Error> {
        let path = dir.join(FILE);
        let (wall_ms, before) = (self.now_ms(), Anchor::read(&path));
        if before.is_none() && speed <= 1 {
            return Ok(self);
        }
        let own_ms = before.map_or(wall_ms, |anchor| anchor.at(wall_ms));
        let anchor = Anchor { wall_ms, own_ms, speed: speed.max(1) };
        anchor.write(&path).map_err(|source| Error::Folder { path, source })?;
        Ok(Self::from_ms(move || anchor.at(self.now_ms())))
    }
}

/// Forgets how fast the folder's clock once ran.
pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

impl Default for Clock {
    fn default() -> Self {
        Self::from_ms(|| chrono::Utc::now().timestamp_millis())
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// A moment on both clocks, and how fast ours runs from there.
#[derive(Clone, Copy)]
struct Anchor {
    wall_ms: i64,
    own_ms: i64,
    speed: u32,
}

impl Anchor {
    fn at(&self, wall_ms: i64) -> i64 {
        self.own_ms + (wall_ms - self.wall_ms).max(0) * i64::from(self.speed)
    }

    /// What cannot be read is as if it were not there: the clock then begins at the wall's time.
    fn read(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let mut numbers = text.split_whitespace().map(str::parse::<i64>);
        let mut next = || numbers.next()?.ok();
        Some(Self { wall_ms: next()?, own_ms: next()?, speed: u32::try_from(next()?).ok()? })
    }

    fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        writeln!(file, "{} {} {}", self.wall_ms, self.own_ms, self.speed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[test]
    fn a_faster_clock_never_runs_backwards() {
        let dir = tempfile::tempdir().unwrap();
        let wall = Arc::new(AtomicI64::new(1_000));
        let start = |speed| {
            let wall = Arc::clone(&wall);
            Clock::from_ms(move || wall.load(Ordering::SeqCst)).faster(speed, dir.path()).unwrap()
        };
        assert_eq!(start(1).now_ms(), 1_000);
        assert!(!path(dir.path()).exists(), "an ordinary clock leaves nothing behind");
        let fast = start(20);
        wall.store(1_500, Ordering::SeqCst);
        assert_eq!((fast.now_ms(), fast.now()), (11_000, 11));
        let slow = start(1);
        wall.store(1_600, Ordering::SeqCst);
        assert_eq!(slow.now_ms(), 11_100, "started again at the wall's speed, it goes on from where it was");
    }
}
