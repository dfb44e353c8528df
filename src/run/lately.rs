//! What was spent of the platforms' limits lately, for every process that uses the state (C7, G5): also one that only looks, beside
//! a daemon that holds the state. So it is a file of its own, `lately.db`, which may be deleted: then a minute is waited less.
//!
//! A call is in it before it is sent. Nothing waits for the disk: a killed process has written what it spent, and after a power cut
//! more than a window passes before anything is sent. Moments are those of the clock that runs since the machine was started,
//! which nobody sets; after a restart, or on another machine, the wall's clock says how long ago that was.

use crate::{
    http::{InMemoryLedger, Ledger, Purse, Window, spend},
    state::StateDir,
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const SCHEMA: &str = "
PRAGMA journal_mode=WAL;
PRAGMA synchronous=OFF;
CREATE TABLE IF NOT EXISTS spent(account TEXT NOT NULL, lane TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY(account, lane)) STRICT;
CREATE TABLE IF NOT EXISTS account(alias TEXT PRIMARY KEY, account TEXT NOT NULL) STRICT;
";

/// How long to wait for another process's transaction, which takes less than a millisecond.
const BUSY: Duration = Duration::from_secs(5);

/// One limit's calls, and by which clock.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    window: Window,
    /// Of the machine's run, and the two clocks when it was written, in microseconds.
    boot: String,
    at: u64,
    wall: u64,
}

/// The three of now.
#[derive(Clone)]
struct Now {
    boot: String,
    at: u64,
    wall: u64,
}

/// Counts in the file; in this process alone where there is none, or none that can be written.
pub struct SharedLedger {
    file: Option<Mutex<Connection>>,
    alone: InMemoryLedger,
    boot: String,
}

impl SharedLedger {
    /// The state's. Where there is no state yet, nobody shares anything.
    pub fn of(state: &StateDir) -> Self {
        let opened = state.path().is_dir().then(|| open(state));
        let file = opened.and_then(|opened| opened.inspect_err(not_kept).ok());
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self { file: file.map(Mutex::new), alone: InMemoryLedger::default(), boot: boot.trim().to_owned() }
    }

    fn now(&self) -> Now {
        #[cfg(target_os = "linux")]
        let clock = ClockId::Boottime;
        #[cfg(not(target_os = "linux"))]
        let clock = ClockId::Monotonic;
        let time = clock_gettime(clock);
        let at = u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000;
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |wall| u64::try_from(wall.as_micros()).unwrap_or(u64::MAX));
        Now { boot: self.boot.clone(), at, wall }
    }

    /// Looks at these purses' windows, and keeps what became of them where that is asked for; `None`: they are counted here alone.
    fn with<T>(&self, purses: &[Purse], keep: bool, act: impl FnOnce(&mut [Window], u64) -> T) -> Option<T> {
        let file = self.file.as_ref()?;
        let (mut db, now) = (file.lock().unwrap_or_else(PoisonError::into_inner), self.now());
        let done = transact(&mut db, purses, &now, keep, act);
        done.inspect_err(not_kept).ok()
    }
}

fn not_kept(error: &rusqlite::Error) {
    tracing::warn!(%error, "what was spent of the platforms' limits lately is not shared with other processes");
}

fn open(state: &StateDir) -> rusqlite::Result<Connection> {
    let path = state.path().join("lately.db");
    // The mode is set before anything is in it. That it cannot be made is said by the opening.
    let _ = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
    let db = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.busy_timeout(BUSY)?;
    db.execute_batch(SCHEMA)?;
    Ok(db)
}

fn transact<T>(
    db: &mut Connection,
    purses: &[Purse],
    now: &Now,
    keep: bool,
    act: impl FnOnce(&mut [Window], u64) -> T,
) -> rusqlite::Result<T> {
    let tx = db.transaction_with_behavior(if keep { TransactionBehavior::Immediate } else { TransactionBehavior::Deferred })?;
    let mut windows = purses.iter().map(|purse| read(&tx, purse.key(), now)).collect::<rusqlite::Result<Vec<_>>>()?;
    let done = act(&mut windows, now.at);
    if keep {
        purses.iter().zip(windows).try_for_each(|(purse, window)| write(&tx, purse.key(), window, now))?;
    }
    tx.commit()?;
    Ok(done)
}

fn read(db: &Connection, (account, lane): (&str, &str), now: &Now) -> rusqlite::Result<Window> {
    let mut query = db.prepare_cached("SELECT json FROM spent WHERE account = ? AND lane = ?")?;
    let text: Option<String> = query.query_row([account, lane], |row| row.get(0)).optional()?;
    // What another version wrote is as good as nothing.
    Ok(text.and_then(|text| serde_json::from_str::<Kept>(&text).ok()).map(|kept| kept.window_at(now)).unwrap_or_default())
}

fn write(db: &Connection, (account, lane): (&str, &str), window: Window, now: &Now) -> rusqlite::Result<()> {
    let kept = Kept { window, boot: now.boot.clone(), at: now.at, wall: now.wall };
    let json = serde_json::to_string(&kept).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    db.prepare_cached("INSERT OR REPLACE INTO spent VALUES (?, ?, ?)")?.execute(params![account, lane, json])?;
    Ok(())
}

impl Kept {
    /// By the clock of now. A wall's clock that went back in between says nothing: then it was just now.
    fn window_at(mut self, now: &Now) -> Window {
        let same_run = !now.boot.is_empty() && self.boot == now.boot && self.at <= now.at;
        if !same_run {
            let since = now.wall.saturating_sub(self.wall);
            self.window.moved(self.at.saturating_add(since), now.at);
        }
        self.window
    }
}

impl Ledger for SharedLedger {
    fn spend(&self, purses: &[Purse], speed: u32) -> Result<(), Duration> {
        let done = self.with(purses, true, |windows, now| spend(purses, windows, speed, now));
        done.unwrap_or_else(|| self.alone.spend(purses, speed))
    }

    fn wait(&self, purses: &[Purse], speed: u32) -> Duration {
        let longest = |windows: &mut [Window], now| {
            let wait = purses.iter().zip(windows.iter()).map(|(purse, window)| window.wait(&purse.rates, speed, now)).max();
            Duration::from_micros(wait.unwrap_or(0))
        };
        self.with(purses, false, longest).unwrap_or_else(|| self.alone.wait(purses, speed))
    }

    fn refused(&self, purses: &[Purse], speed: u32) {
        let all = |windows: &mut [Window], now| {
            purses.iter().zip(windows).for_each(|(purse, window)| window.refused(&purse.rates, speed, now));
        };
        if self.with(purses, true, all).is_none() {
            self.alone.refused(purses, speed);
        }
    }

    fn belongs(&self, alias: &str, was: &str, account: &str) {
        self.alone.belongs(alias, was, account);
        let Some(file) = &self.file else { return };
        let (mut db, now) = (file.lock().unwrap_or_else(PoisonError::into_inner), self.now());
        if let Err(error) = merge(&mut db, (alias, was, account), &now) {
            not_kept(&error);
        }
    }

    fn account_of(&self, alias: &str) -> Option<String> {
        let Some(file) = &self.file else { return self.alone.account_of(alias) };
        let db = file.lock().unwrap_or_else(PoisonError::into_inner);
        let known = db.query_row("SELECT account FROM account WHERE alias = ?", [alias], |row| row.get(0)).optional();
        known.inspect_err(not_kept).ok().flatten()
    }
}

fn merge(db: &mut Connection, (alias, was, account): (&str, &str, &str), now: &Now) -> rusqlite::Result<()> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute("INSERT OR REPLACE INTO account VALUES (?, ?)", [alias, account])?;
    if was != account {
        let lanes: Vec<String> =
            tx.prepare("SELECT lane FROM spent WHERE account = ?")?.query_map([was], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        for lane in lanes {
            let mut all = read(&tx, (account, &lane), now)?;
            all.add(&read(&tx, (was, &lane), now)?);
            write(&tx, (account, &lane), all, now)?;
        }
        tx.execute("DELETE FROM spent WHERE account = ?", [was])?;
    }
    tx.commit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Rate;

    fn purse(calls: u32) -> [Purse; 1] {
        [Purse { account: "brand".into(), lane: "", rates: vec![Rate::a_minute(calls)] }]
    }

    fn state(dir: &tempfile::TempDir) -> StateDir {
        StateDir::resolve(Some(dir.path())).unwrap()
    }

    /// Spends until it has to wait.
    fn spent(ledger: &SharedLedger, purses: &[Purse]) -> usize {
        std::iter::from_fn(|| ledger.spend(purses, 1).ok()).count()
    }

    #[test]
    fn four_processes_in_a_row_and_two_at_once_spend_like_one() {
        let dir = tempfile::tempdir().unwrap();
        let all: usize = (0..4).map(|_| spent(&SharedLedger::of(&state(&dir)), &purse(60))).sum();
        assert_eq!(all, 40, "what may go at once of a minute");
        let (one, two) = (SharedLedger::of(&state(&dir)), SharedLedger::of(&state(&dir)));
        assert_eq!((one.spend(&purse(60), 1).is_ok(), two.spend(&purse(60), 1).is_ok()), (false, false));
        assert!(two.wait(&purse(60), 1) > Duration::ZERO);
    }

    #[test]
    fn an_account_is_known_from_the_first_call_of_the_next_process() {
        let dir = tempfile::tempdir().unwrap();
        let first = SharedLedger::of(&state(&dir));
        let by_key = [Purse { account: "key".into(), ..purse(60)[0].clone() }];
        assert_eq!(spent(&first, &by_key), 40);
        first.belongs("key", "key", "brand");
        let second = SharedLedger::of(&state(&dir));
        assert_eq!(second.account_of("key").as_deref(), Some("brand"));
        assert_eq!(spent(&second, &purse(60)), 0);
    }

    #[test]
    fn what_a_refusal_taught_is_known_to_the_next_process() {
        let dir = tempfile::tempdir().unwrap();
        SharedLedger::of(&state(&dir)).refused(&purse(60), 1);
        let next = SharedLedger::of(&state(&dir));
        assert_eq!(spent(&next, &purse(60)), 0, "they are spaced from then on");
        assert!(next.wait(&purse(60), 1) < Duration::from_secs(2));
    }

    #[test]
    fn without_a_state_a_process_counts_for_itself() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = SharedLedger::of(&StateDir::resolve(Some(&dir.path().join("none"))).unwrap());
        assert_eq!(spent(&ledger, &purse(60)), 40);
        assert!(!dir.path().join("none").exists());
    }

    #[test]
    fn nobody_else_reads_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        SharedLedger::of(&state(&dir)).refused(&purse(60), 1);
        let mode = std::fs::metadata(dir.path().join("lately.db")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    const SECOND: u64 = 1_000_000;

    /// How long a full window of a minute makes the next process wait.
    fn waits(then: &Now, now: &Now) -> u64 {
        let (rates, mut window) = ([Rate::a_minute(1)], Window::default());
        window.spend(&rates, 1, then.at);
        let kept = Kept { window, boot: then.boot.clone(), at: then.at, wall: then.wall };
        kept.window_at(now).wait(&rates, 1, now.at) / SECOND
    }

    #[test]
    fn clocks_that_jump_let_nobody_spend_twice_or_wait_for_hours() {
        let at = |boot: &str, at: u64, wall: u64| Now { boot: boot.into(), at: at * SECOND, wall: wall * SECOND };
        let then = at("a", 1_000, 500_000);
        assert_eq!(waits(&then, &at("a", 1_010, 500_010)), 50);
        assert_eq!(waits(&then, &at("a", 1_010, 100)), 50, "the wall's clock was set back");
        assert_eq!(waits(&then, &at("a", 1_010, 900_000)), 50, "and ahead");
        assert_eq!(waits(&then, &at("b", 100, 500_020)), 40, "the machine was started again");
        assert_eq!(waits(&then, &at("b", 100, 100)), 60, "and its clock is wrong: as if it were just now");
        assert_eq!(waits(&then, &at("b", 100, 500_200)), 0);
        assert_eq!(waits(&then, &at("b", 5, 500_020)), 55, "nothing was spent before the clock began: rather too late");
    }
}
