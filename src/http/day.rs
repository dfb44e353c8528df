//! Requests per day.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Counts the requests of a day (UTC) by budget key. What must survive a restart implements it over the state.
pub trait DayCounter: Send + Sync {
    /// Spends one request of `limit`; fails with the time of the reset when there is none left.
    fn spend(&self, key: &str, limit: u32) -> Result<(), SystemTime>;
}

/// Counts for as long as the process lives.
#[derive(Debug, Default)]
pub struct InMemoryDays(Mutex<HashMap<String, (u64, u32)>>);

const DAY_SECONDS: u64 = 86_400;

impl DayCounter for InMemoryDays {
    fn spend(&self, key: &str, limit: u32) -> Result<(), SystemTime> {
        let today = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / DAY_SECONDS);
        let mut days = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (day, spent) = days.entry(key.to_owned()).or_default();
        if *day != today {
            (*day, *spent) = (today, 0);
        }
        if *spent >= limit {
            return Err(UNIX_EPOCH + Duration::from_secs((today + 1) * DAY_SECONDS));
        }
        *spent += 1;
        Ok(())
    }
}
