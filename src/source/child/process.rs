//! Starting a child and ending it.

use super::{
    super::SourceError,
    COMMAND,
    ended::{Ended, STDERR, tail},
    frames::{Frames, tell},
    protocol::{Begin, Order},
};
use crate::definition::{ReadLimits, Source, SourceKind};
use std::{
    fs::{File, OpenOptions, Permissions},
    net::Shutdown,
    os::{
        fd::OwnedFd,
        unix::{
            fs::{OpenOptionsExt, PermissionsExt},
            net::UnixStream,
            process::CommandExt,
        },
    },
    path::{Path, PathBuf},
    process::{Child as Process, Command},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long a driver that was stopped may take to say so to its engine.
pub const GRACE: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(20);

/// What a child gets of the environment: where programs, libraries, drivers, certificates and zones are, how the network is
/// reached, and what clouds and databases know their callers by.
const ENVIRONMENT: [&str; 25] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_*",
    "TZ",
    "TZDIR",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "ADBC_*",
    "XDG_CONFIG_HOME",
    "CREDENTIALS_DIRECTORY",
    "SSL_CERT_*",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "AWS_*",
    "AZURE_*",
    "GOOGLE_*",
    "PG*",
];

/// A child that is alive.
pub struct Child {
    to: UnixStream,
    pub from: Frames,
    end: Option<End>,
    limits: ReadLimits,
    driver: bool,
    /// It is at an order, and a driver may be at its engine.
    pub busy: bool,
}

/// What has to be ended, and then removed.
struct End {
    process: Process,
    home: TempDir,
}

impl Child {
    /// A child of this binary, bound by `limits`, that knows its source.
    pub fn start(source: &Source, limits: ReadLimits, temp: &Path) -> Result<Self, SourceError> {
        let fail = |error: std::io::Error| SourceError::new(format!("no process for the reading: {error}"));
        let (home, stderr) = folder(temp).map_err(fail)?;
        let stdout = stderr.try_clone().map_err(fail)?;
        let (here, there) = UnixStream::pair().map_err(fail)?;
        let mut command = Command::new(program().map_err(fail)?);
        command.arg0("listkeeper").arg(COMMAND).env_clear().envs(environment(home.path()));
        // Both ways by one socket, so that what a driver prints is no answer.
        command.stdin(OwnedFd::from(there)).stdout(stdout).stderr(stderr);
        // Of its own group, so that Ctrl-C is this process's to understand.
        command.process_group(0);
        let process = command.spawn().map_err(fail)?;
        // It holds the other end, which is the child's alone from now on.
        drop(command);
        let mut to = here.try_clone().map_err(fail)?;
        let driver = matches!(source.kind, SourceKind::Adbc(_));
        let begin = Begin { source: source.clone(), limits, home: home.path().to_owned() };
        let told = tell(&mut to, &begin);
        let (end, from) = (Some(End { process, home }), Frames::new(here).map_err(fail)?);
        let child = Self { to, from, end, limits, driver, busy: false };
        told.map_err(fail).map(|()| child)
    }

    pub fn tell(&mut self, order: &Order) -> std::io::Result<()> {
        self.busy = true;
        tell(&mut self.to, order)
    }

    /// It ended before it answered: why.
    pub fn ended(&mut self) -> SourceError {
        let Some(End { mut process, home }) = self.end.take() else { return SourceError::new("the reading process has ended") };
        let status = wait(&mut process, GRACE);
        let stderr = tail(home.path());
        Ended { status, stderr: &stderr, limits: &self.limits, driver: self.driver }.error()
    }
}

impl Drop for Child {
    /// At once; where a driver is at work, its engine is asked to stop first, which nobody waits for.
    fn drop(&mut self) {
        self.to.shutdown(Shutdown::Both).ok();
        let Some(mut end) = self.end.take() else { return };
        if self.driver && self.busy {
            let end = move || _ = wait(&mut end.process, GRACE);
            thread::Builder::new().name("reading-end".to_owned()).spawn(end).ok();
        } else {
            wait(&mut end.process, Duration::ZERO);
        }
    }
}

/// A child's folder, and the file that it prints to: for this user alone, whatever the umask, since engines write rows there
/// and a driver may print anything.
fn folder(temp: &Path) -> std::io::Result<(TempDir, File)> {
    let alone = Permissions::from_mode(0o700);
    let home = tempfile::Builder::new().prefix("listkeeper-reading-").permissions(alone).tempdir_in(temp)?;
    let stderr = OpenOptions::new().write(true).create_new(true).mode(0o600).open(home.path().join(STDERR))?;
    Ok((home, stderr))
}

/// Waits so long, then kills. Its folder is to be removed after.
fn wait(process: &mut Process, patience: Duration) -> Option<std::process::ExitStatus> {
    let until = Instant::now() + patience;
    while Instant::now() < until {
        match process.try_wait() {
            Ok(None) => thread::sleep(LOOK),
            Ok(status) => return status,
            Err(_) => break,
        }
    }
    process.kill().ok();
    process.wait().ok()
}

/// This binary, even if another one is at its path by now.
fn program() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}

fn environment(home: &Path) -> Vec<(String, String)> {
    let named = |name: &str| {
        ENVIRONMENT.iter().any(|wanted| wanted.strip_suffix('*').map_or(name == *wanted, |beginning| name.starts_with(beginning)))
    };
    let passed = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let home = home.to_string_lossy().into_owned();
    let own = ["TMPDIR", "SQLITE_TMPDIR"].map(|name| (name.to_owned(), home.clone()));
    passed.filter(|(name, _)| named(name)).chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    mod files {
        use super::*;

        #[test]
        fn attack_another_user_looks_into_a_readings_folder() {
            let temp = tempfile::tempdir().unwrap();
            let (home, stderr) = folder(temp.path()).unwrap();
            assert_eq!(std::fs::metadata(home.path()).unwrap().permissions().mode() & 0o777, 0o700);
            assert_eq!(stderr.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
