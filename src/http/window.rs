//! What was spent of one limit lately, and when the next call may be made. Pure: no clock, no lock, no disk.

use super::rate::Rate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// The calls of a limit that its windows still hold. Moments are microseconds of a clock that never goes back.
///
/// Two rules hold together. In no window are more calls than the limit, whatever was asked when: that is what the platform
/// counts. And no more than the burst goes at once: what is left of a window is spaced evenly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// When each was made, oldest first.
    log: VecDeque<u64>,
    /// By the length of the window: when the whole burst may be made again.
    rested: BTreeMap<u64, u64>,
}

impl Window {
    /// Microseconds from `now` until a call may be made; 0: it may.
    pub fn wait(&self, rates: &[Rate], speed: u32, now: u64) -> u64 {
        rates.iter().map(|rate| self.earliest(*rate, speed).saturating_sub(now)).max().unwrap_or(0)
    }

    /// Notes a call. Whether it may be made was asked before.
    pub fn spend(&mut self, rates: &[Rate], speed: u32, now: u64) {
        let longest = rates.iter().map(|rate| micros(*rate, speed)).max().unwrap_or(0);
        while self.log.front().is_some_and(|at| at + longest <= now) {
            self.log.pop_front();
        }
        let now = self.log.back().map_or(now, |last| now.max(*last));
        self.log.push_back(now);
        for rate in rates {
            let rested = self.rested.entry(key(*rate)).or_default();
            *rested = (*rested).max(now) + spacing(*rate, speed);
        }
    }

    /// The platform refused a call for the rate, so somebody else spends too: nothing goes at once until there was a rest.
    pub fn refused(&mut self, rates: &[Rate], speed: u32, now: u64) {
        for rate in rates {
            let tired = now + spacing(*rate, speed) * u64::from(rate.burst());
            let rested = self.rested.entry(key(*rate)).or_default();
            *rested = (*rested).max(tired);
        }
    }

    /// Counts what another window holds as well: both turned out to be of one account.
    pub fn add(&mut self, other: &Self) {
        let mut all: Vec<u64> = self.log.iter().chain(&other.log).copied().collect();
        all.sort_unstable();
        self.log = all.into();
        for (per, rested) in &other.rested {
            let mine = self.rested.entry(*per).or_default();
            *mine = (*mine).max(*rested);
        }
    }

    /// The same in a clock of which `then` is what was `was` in the old one. What had not come by then is taken to be of just
    /// then.
    pub fn moved(&mut self, was: u64, then: u64) {
        let moved = |at: u64| then.saturating_sub(was.saturating_sub(at));
        self.log.iter_mut().for_each(|at| *at = moved(*at));
        let ahead = |at: u64| then.saturating_add(at.saturating_sub(was));
        self.rested.values_mut().for_each(|at| *at = if *at > was { ahead(*at) } else { moved(*at) });
    }

    /// Whether anything in it is later than that.
    pub fn is_ahead_of(&self, now: u64) -> bool {
        self.log.back().is_some_and(|last| *last > now)
    }

    /// The moment of the last call.
    pub fn last(&self) -> Option<u64> {
        self.log.back().copied()
    }

    fn earliest(&self, rate: Rate, speed: u32) -> u64 {
        let limit = rate.calls.max(1) as usize;
        // As many must have left the window as are too many for one more.
        let room = self.log.len().checked_sub(limit).and_then(|first| self.log.get(first)).map_or(0, |at| at + micros(rate, speed));
        let ahead = spacing(rate, speed) * u64::from(rate.burst() - 1);
        let rested = self.rested.get(&key(rate)).copied().unwrap_or(0);
        room.max(rested.saturating_sub(ahead))
    }
}

fn key(rate: Rate) -> u64 {
    rate.per.as_secs()
}

fn micros(rate: Rate, speed: u32) -> u64 {
    u64::try_from(rate.window(speed).as_micros()).unwrap_or(u64::MAX)
}

fn spacing(rate: Rate, speed: u32) -> u64 {
    micros(rate, speed).div_ceil(u64::from(rate.calls.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    /// When calls that are wanted at these moments are made, one after the other.
    fn made(rates: &[Rate], speed: u32, wanted: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let (mut window, mut now) = (Window::default(), 0);
        let mut made = Vec::new();
        for at in wanted {
            now = now.max(at);
            now += window.wait(rates, speed, now);
            assert_eq!(window.wait(rates, speed, now), 0, "what was waited for is there");
            window.spend(rates, speed, now);
            made.push(now);
        }
        made
    }

    /// The most calls in any window of that length.
    fn most(made: &[u64], micros: u64) -> usize {
        let mut first = 0;
        let count = |(last, at): (usize, &u64)| {
            while made[first] + micros <= *at {
                first += 1;
            }
            last - first + 1
        };
        made.iter().enumerate().map(count).max().unwrap_or(0)
    }

    const SECOND: u64 = 1_000_000;

    proptest! {
        /// However calls come, no window ever holds more than the limit; and as many go as it allows.
        #[test]
        fn no_window_ever_holds_more(
            pauses in prop::collection::vec(prop_oneof![8 => Just(0u64), 1 => 0..3 * SECOND, 1 => 0..90 * SECOND], 1..900),
            a_second in prop::option::of(1u32..40),
            a_minute in 1u32..300,
            speed in prop_oneof![Just(1u32), Just(20)],
            refused in 0usize..900,
        ) {
            let rates: Vec<_> = a_second.map(Rate::a_second).into_iter().chain([Rate::a_minute(a_minute)]).collect();
            let (mut window, mut now, mut made) = (Window::default(), 0, Vec::new());
            for (n, pause) in pauses.iter().enumerate() {
                now += pause / u64::from(speed);
                now += window.wait(&rates, speed, now);
                window.spend(&rates, speed, now);
                made.push(now);
                if n == refused {
                    window.refused(&rates, speed, now);
                }
            }
            for rate in rates {
                let of = u64::try_from(rate.per.as_micros()).unwrap() / u64::from(speed);
                prop_assert!(most(&made, of) <= rate.calls as usize);
            }
        }

        /// Calls that are all wanted at once take as long as plans say, and a window's margin more.
        #[test]
        fn plans_say_how_long_it_takes(calls in 1u64..2_000, a_minute in 1u32..500) {
            let rate = Rate::a_minute(a_minute);
            let last = *made(&[rate], 1, std::iter::repeat_n(0, usize::try_from(calls).unwrap())).last().unwrap();
            let (took, said) = (Duration::from_micros(last).as_secs_f64(), rate.seconds(calls));
            prop_assert!(took >= said && took <= said * 1.01 + 0.01, "{took} s where plans say {said} s");
        }
    }

    #[test]
    fn an_unused_window_is_spent_at_once_up_to_two_thirds() {
        let made = made(&[Rate::a_minute(400)], 1, std::iter::repeat_n(0, 600));
        assert_eq!(made.iter().filter(|at| **at == 0).count(), 266);
        assert!(made[266] > 0 && made[399] < 21 * SECOND, "the rest of the window is spaced");
        assert!(made[599] < 61 * SECOND, "{:?}", made[599]);
    }

    #[test]
    fn a_second_is_spaced_evenly() {
        let made = made(&[Rate::a_second(4)], 1, std::iter::repeat_n(0, 9));
        assert!(made.windows(2).all(|pair| pair[1] - pair[0] == 262_500), "{made:?}");
    }

    #[test]
    fn nothing_goes_at_once_after_a_refusal() {
        let (rates, mut window) = ([Rate::a_minute(60)], Window::default());
        window.spend(&rates, 1, 0);
        window.refused(&rates, 1, 0);
        assert_eq!(window.wait(&rates, 1, 0), 1_010_000, "as far as two calls are apart");
        window.spend(&rates, 1, 1_010_000);
        assert_eq!(window.wait(&rates, 1, 1_010_000), 1_010_000);
        assert_eq!(window.wait(&rates, 1, 120 * SECOND), 0);
    }

    #[test]
    fn it_is_carried_to_another_clock() {
        let (rates, mut window) = ([Rate::a_minute(2)], Window::default());
        window.spend(&rates, 1, 500 * SECOND);
        window.spend(&rates, 1, 540 * SECOND);
        // Ten seconds later by the wall's clock, in a machine that was started five seconds ago.
        let mut moved = window.clone();
        moved.moved(550 * SECOND, 5 * SECOND);
        assert!(!moved.is_ahead_of(5 * SECOND));
        assert!(moved.wait(&rates, 1, 5 * SECOND) >= 15 * SECOND, "{moved:?}");
        // And of nobody knows when: as if it were now.
        window.moved(0, 5 * SECOND);
        assert_eq!(window.last(), Some(5 * SECOND));
        assert!(window.wait(&rates, 1, 5 * SECOND) >= 60 * SECOND);
    }
}
