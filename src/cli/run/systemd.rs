//! Telling systemd how the daemon is: ready, reloading, stopping, alive. Says nothing where there is no systemd.

use sd_notify::NotifyState;
use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// What systemd was told so far.
pub struct Systemd {
    ready: Cell<bool>,
    /// How often it wants a sign of life, and when it had the last.
    watchdog: Option<Duration>,
    told: Cell<Instant>,
}

impl Systemd {
    /// As the environment says.
    pub fn find() -> Self {
        Self { ready: Cell::new(false), watchdog: sd_notify::watchdog_enabled(), told: Cell::new(Instant::now()) }
    }

    /// A new reading is being taken. Before the first there is nothing to reload.
    pub fn reloading(&self) {
        if self.ready.get()
            && let Ok(now) = NotifyState::monotonic_usec_now()
        {
            tell(&[NotifyState::Reloading, now]);
        }
    }

    pub fn ready(&self, status: &str) {
        self.ready.set(true);
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    pub fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }

    /// A sign of life, four in the time that systemd waits.
    pub fn alive(&self) {
        if self.watchdog.is_some_and(|limit| self.told.get().elapsed() >= limit / 4) {
            self.told.set(Instant::now());
            tell(&[NotifyState::Watchdog]);
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd could not be told");
    }
}
