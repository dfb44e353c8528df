//! A process run to its end, its peak memory watched (Linux).

#![allow(dead_code, reason = "each benchmark uses its part")]

use std::{
    error::Error,
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

pub struct Ran {
    pub took: Duration,
    /// Resident, in millions of bytes.
    pub peak_mb: f64,
    /// Everything on standard error.
    pub err: String,
}

/// Runs it once; that it fails is an error, with what it said.
pub fn run(command: &mut Command) -> Result<Ran, Box<dyn Error>> {
    let err = tempfile::NamedTempFile::new()?;
    let began = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(err.reopen()?).spawn()?;
    let mut peak_mb = 0.0_f64;
    let status = loop {
        peak_mb = peak_mb.max(peak(child.id()).unwrap_or(0.0));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let took = began.elapsed();
    let err = fs::read_to_string(err.path())?;
    if status.success() { Ok(Ran { took, peak_mb, err }) } else { Err(format!("{status}: {err}").into()) }
}

/// The most that a process had resident so far.
pub fn peak(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1000.0)
}
