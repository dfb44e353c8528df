//! Who wrote down what was spent lately: in this process, or for all that share the state.

use super::{rate::Rate, window::Window};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// What calls are counted against: an account's limits, or those of one lane of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purse {
    pub account: String,
    /// Empty: the account's own.
    pub lane: &'static str,
    pub rates: Vec<Rate>,
}

impl Purse {
    /// By what it is known.
    pub fn key(&self) -> (&str, &str) {
        (&self.account, self.lane)
    }
}

/// Counts calls by the second and by the minute. What must hold across processes implements it over the state.
pub trait Ledger: Send + Sync {
    /// Spends a call of every purse, or of none: then how long to wait before asking again. What is spent is on record before
    /// this returns, so that whoever dies after it has spent too much rather than too little.
    fn spend(&self, purses: &[Purse], speed: u32) -> Result<(), Duration>;

    /// How long until a call may be made; nothing is spent.
    fn wait(&self, purses: &[Purse], speed: u32) -> Duration;

    /// The platform refused a call for the rate: nothing goes at once until there was a rest.
    fn refused(&self, purses: &[Purse], speed: u32);

    /// What `alias` spent under the name `was` counts for `account` too, and `alias` is known to be that account from now on.
    fn belongs(&self, alias: &str, was: &str, account: &str);

    /// The account that `alias` was last known to be, by whichever process.
    fn account_of(&self, alias: &str) -> Option<String>;
}

/// Counts for as long as the process lives.
#[derive(Debug)]
pub struct InMemoryLedger {
    start: Instant,
    windows: Mutex<BTreeMap<(String, &'static str), Window>>,
    accounts: Mutex<HashMap<String, String>>,
}

impl Default for InMemoryLedger {
    fn default() -> Self {
        Self { start: Instant::now(), windows: Mutex::default(), accounts: Mutex::default() }
    }
}

impl InMemoryLedger {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn windows(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, &'static str), Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for InMemoryLedger {
    fn spend(&self, purses: &[Purse], speed: u32) -> Result<(), Duration> {
        let (mut windows, now) = (self.windows(), self.now());
        let mut of = |purse: &Purse| windows.remove(&(purse.account.clone(), purse.lane)).unwrap_or_default();
        let mut taken: Vec<Window> = purses.iter().map(&mut of).collect();
        let spent = spend(purses, &mut taken, speed, now);
        windows.extend(purses.iter().map(|purse| (purse.account.clone(), purse.lane)).zip(taken));
        spent
    }

    fn wait(&self, purses: &[Purse], speed: u32) -> Duration {
        let (windows, now) = (self.windows(), self.now());
        let wait = |purse: &Purse| windows.get(&(purse.account.clone(), purse.lane)).map_or(0, |w| w.wait(&purse.rates, speed, now));
        Duration::from_micros(purses.iter().map(wait).max().unwrap_or(0))
    }

    fn refused(&self, purses: &[Purse], speed: u32) {
        let (mut windows, now) = (self.windows(), self.now());
        for purse in purses {
            windows.entry((purse.account.clone(), purse.lane)).or_default().refused(&purse.rates, speed, now);
        }
    }

    fn belongs(&self, alias: &str, was: &str, account: &str) {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).insert(alias.to_owned(), account.to_owned());
        let mut windows = self.windows();
        let spent: Vec<_> =
            windows.iter().filter(|((name, _), _)| name == was && was != account).map(|((_, l), w)| (*l, w.clone())).collect();
        for (lane, window) in spent {
            windows.entry((account.to_owned(), lane)).or_default().add(&window);
        }
    }

    fn account_of(&self, alias: &str) -> Option<String> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).get(alias).cloned()
    }
}

/// Spends a call of each purse, whose windows these are, or of none.
pub fn spend(purses: &[Purse], windows: &mut [Window], speed: u32, now: u64) -> Result<(), Duration> {
    let wait = purses.iter().zip(windows.iter()).map(|(purse, window)| window.wait(&purse.rates, speed, now)).max().unwrap_or(0);
    if wait > 0 {
        return Err(Duration::from_micros(wait));
    }
    purses.iter().zip(windows).for_each(|(purse, window)| window.spend(&purse.rates, speed, now));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purse(account: &str, lane: &'static str, rate: Rate) -> Purse {
        Purse { account: account.to_owned(), lane, rates: vec![rate] }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_spent_of_all_its_purses_or_of_none() {
        let ledger = InMemoryLedger::default();
        let (account, lane) = (purse("a", "", Rate::a_second(100)), purse("a", "reading", Rate::a_minute(1)));
        let both = [account.clone(), lane];
        assert_eq!(ledger.spend(&both, 1), Ok(()));
        assert!(ledger.spend(&both, 1).unwrap_err() > Duration::from_secs(60));
        assert!(ledger.wait(&[account], 1) < Duration::from_secs(1), "the account has room");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_spent_under_another_name_counts() {
        let ledger = InMemoryLedger::default();
        assert_eq!(ledger.spend(&[purse("key", "", Rate::a_minute(1))], 1), Ok(()));
        ledger.belongs("key", "key", "brand");
        assert_eq!(ledger.account_of("key").as_deref(), Some("brand"));
        assert!(ledger.spend(&[purse("brand", "", Rate::a_minute(1))], 1).is_err());
    }
}
