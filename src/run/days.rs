//! A day's quota that outlives the process (C7): counted in the state, per account and UTC day.

use super::Recorder;
use crate::{
    http::DayCounter,
    state::{StateDir, View},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

/// Counts every request of accounts that have a day's limit.
pub struct DurableDays {
    recorder: Recorder,
    state: StateDir,
    used: Mutex<BTreeMap<String, (NaiveDate, u64)>>,
}

impl DurableDays {
    pub fn new(recorder: Recorder, state: StateDir) -> Self {
        Self { recorder, state, used: Mutex::default() }
    }

    /// What earlier processes used that day.
    fn recorded(&self, key: &str, now: DateTime<Utc>) -> u64 {
        let spent = View::open(&self.state, now).map(|view| view.map_or(Ok(0), |view| view.spent(key, now.date_naive())));
        spent.and_then(|spent| spent).unwrap_or_else(|error| {
            tracing::error!(%error, "the day's use of the account is not known; counting from 0");
            0
        })
    }

    fn spend_at(&self, key: &str, limit: u32, now: DateTime<Utc>) -> Result<(), SystemTime> {
        let today = now.date_naive();
        let mut all = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let (day, used) = all.entry(key.to_owned()).or_insert_with(|| (today, self.recorded(key, now)));
        if *day != today {
            (*day, *used) = (today, 0);
        }
        if *used >= u64::from(limit) {
            return Err(midnight_after(today));
        }
        *used += 1;
        let key = key.to_owned();
        // If the writer is gone, the run ends with that; the request itself is counted here.
        if let Err(failure) = self.recorder.note(move |store| store.spend(&key, today, 1).map(drop)) {
            tracing::error!(%failure, "a request of the day's quota is not on record");
        }
        Ok(())
    }
}

fn midnight_after(day: NaiveDate) -> SystemTime {
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    next.and_hms_opt(0, 0, 0).map_or(SystemTime::UNIX_EPOCH, |midnight| midnight.and_utc().into())
}

impl DayCounter for DurableDays {
    fn spend(&self, key: &str, limit: u32) -> Result<(), SystemTime> {
        self.spend_at(key, limit, Utc::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Store;
    use chrono::TimeZone;

    #[test]
    fn a_new_process_goes_on_counting_until_midnight() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::resolve(Some(dir.path())).unwrap();
        let now = Utc.with_ymd_and_hms(2026, 11, 22, 23, 0, 0).unwrap();
        let spend = |times: usize| {
            let (recorder, writer) = Recorder::start(Store::open(&state, now).unwrap());
            let days = DurableDays::new(recorder, state.clone());
            let results: Vec<_> = (0..times).map(|_| days.spend_at("mailchimp/1", 3, now)).collect();
            drop(days);
            writer.join().unwrap();
            results
        };
        assert!(spend(2).iter().all(Result::is_ok));
        let midnight = SystemTime::from(Utc.with_ymd_and_hms(2026, 11, 23, 0, 0, 0).unwrap());
        assert_eq!(spend(2), [Ok(()), Err(midnight)]);
        let (recorder, _writer) = Recorder::start(Store::open(&state, now).unwrap());
        let days = DurableDays::new(recorder, state.clone());
        assert_eq!(days.spend_at("mailchimp/1", 3, now + chrono::TimeDelta::hours(2)), Ok(()));
    }
}
