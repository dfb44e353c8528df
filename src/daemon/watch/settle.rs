//! When to look, and when to believe what is seen. Pure: time is an argument.

use std::time::{Duration, Instant};

/// How patient to be.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// A look waits until nothing has happened for that long …
    pub quiet: Duration,
    /// … but no longer than that: a folder in which something always happens is looked at too.
    pub at_most: Duration,
    /// Between two readings of one look.
    pub apart: Duration,
    /// A look whose readings never agree ends after that long.
    pub patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self { quiet: ms(300), at_most: ms(3_000), apart: ms(150), patience: ms(10_000) }
    }
}

/// What to do after a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Read again then.
    Again(Instant),
    /// Two readings in a row were alike.
    Settled,
    /// They never were; the folder keeps changing.
    Unsettled,
}

#[derive(Debug)]
pub struct Settle {
    pace: Pace,
    poll: Duration,
    next_poll: Instant,
    /// Since the last reading began.
    hints: Option<Hints>,
    /// When the look under way began.
    began: Instant,
    /// The last look gave up: the next one is in no hurry.
    gave_up: bool,
}

#[derive(Clone, Copy, Debug)]
struct Hints {
    first: Instant,
    last: Instant,
}

impl Settle {
    pub fn new(pace: Pace, poll: Duration, now: Instant) -> Self {
        Self { pace, poll, next_poll: now + poll, hints: None, began: now, gave_up: false }
    }

    /// Something happened.
    pub fn hint(&mut self, now: Instant) {
        let first = self.hints.map_or(now, |hints| hints.first);
        self.hints = Some(Hints { first, last: now });
    }

    /// When to look next, and why.
    pub fn due(&self) -> (Instant, &'static str) {
        let longest = if self.gave_up { self.pace.patience } else { self.pace.at_most };
        let hinted = self.hints.map(|hints| (hints.last + self.pace.quiet).min(hints.first + longest));
        match hinted.filter(|at| *at <= self.next_poll) {
            Some(at) => (at, "event"),
            None => (self.next_poll, "poll"),
        }
    }

    /// A look begins.
    pub fn begin(&mut self, now: Instant) {
        self.began = now;
    }

    /// A reading begins: what happened before is in it.
    pub fn reading(&mut self) {
        self.hints = None;
    }

    /// A reading has ended; whether it is like the one before it in this look.
    pub fn read(&mut self, alike: bool, now: Instant) -> Verdict {
        let verdict = match alike {
            true => Verdict::Settled,
            false if now < self.began + self.pace.patience => return Verdict::Again(now + self.pace.apart),
            false => Verdict::Unsettled,
        };
        self.gave_up = verdict == Verdict::Unsettled;
        self.next_poll = now + if self.gave_up { self.poll.min(self.pace.patience) } else { self.poll };
        verdict
    }
}
