//! Attributes in bulk: what is on record of an audience, and what a plan says of it. Pure.
//!
//! The bulk call changes attributes of many known contacts without a word about their status. Nothing proves that a platform
//! leaves the status alone but its own answers, so one contact of each status goes first, alone, and every answer is compared.
//!
//! | on record of the audience | then |
//! |---|---|
//! | nothing, or a trial of over a month ago | one contact of the status is tried |
//! | a trial of the status went well within a month | bulk updates of that status |
//! | an answer that was not as it had to be, within a month | one call a contact, and every plan says why |
//! | … over a month ago, or a person asked for another try | as if nothing were on record |

use crate::platform::SubscriptionStatus;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// How long a trial holds, and how long an audience is left alone after an answer that was not as it had to be.
const HOLDS: TimeDelta = TimeDelta::days(30);

/// What is on record of an audience.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// When a trial of a status went well.
    pub passed: BTreeMap<SubscriptionStatus, DateTime<Utc>>,
    pub stopped: Option<Stopped>,
}

/// Bulk updates of an audience ended with an answer that was not as it had to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub at: DateTime<Utc>,
    /// In words, without an address.
    pub why: String,
}

impl Stopped {
    /// When the audience is asked again.
    pub fn again(&self) -> DateTime<Utc> {
        self.at + HOLDS
    }

    /// As it is said of an export in plans and of its state.
    pub fn words(&self, export: &str) -> String {
        let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
        format!(
            "bulk updates of this audience are off since {}: {}. Changed attributes take one call a contact until {}; to try again before: \
             listkeeper retry {export} --bulk-updates",
            day(self.at),
            self.why,
            day(self.again())
        )
    }
}

impl Memory {
    /// Why nothing goes in bulk now.
    pub fn stopped(&self, now: DateTime<Utc>) -> Option<&Stopped> {
        self.stopped.as_ref().filter(|stopped| now < stopped.again())
    }

    /// Whether a trial of this status still holds.
    pub fn passed(&self, standing: SubscriptionStatus, now: DateTime<Utc>) -> bool {
        let since = self.stopped.as_ref().map(|stopped| stopped.at);
        self.passed.get(&standing).is_some_and(|at| now < *at + HOLDS && since.is_none_or(|stopped| *at > stopped))
    }
}

/// What a plan says of updates in bulk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkPlan {
    /// Contacts whose attributes go in bulk.
    pub contacts: u64,
    /// Calls of that, trials included.
    pub calls: u64,
    /// Statuses of which one contact goes first, alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<&'static str>,
    /// Calls if the platform does not allow it.
    pub calls_one_by_one: u64,
    /// Why nothing goes in bulk, and when the audience is asked again (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<StoppedPlan>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoppedPlan {
    pub since: String,
    pub why: String,
    pub again: String,
}

impl From<&Stopped> for StoppedPlan {
    fn from(stopped: &Stopped) -> Self {
        let at = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        Self { since: at(stopped.at), why: stopped.why.clone(), again: at(stopped.again()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    /// The table above; days of the trial and of the bad answer, and then today's.
    #[rstest]
    #[case::never_tried(None, None, 0, false, false)]
    #[case::tried(Some(1), None, 30, true, false)]
    #[case::a_month_ago(Some(1), None, 31, false, false)]
    #[case::stopped_after(Some(1), Some(2), 3, false, true)]
    #[case::stopped_a_month_ago(Some(1), Some(2), 32, false, false)]
    #[case::tried_again_since(Some(33), Some(2), 34, true, false)]
    fn what_is_on_record(#[case] tried: Option<i64>, #[case] bad: Option<i64>, #[case] now: i64, #[case] passed: bool, #[case] off: bool) {
        let memory = Memory {
            passed: tried.map(|at| (SubscriptionStatus::Subscribed, day(at))).into_iter().collect(),
            stopped: bad.map(|at| Stopped { at: day(at), why: "no".into() }),
        };
        assert_eq!((memory.passed(SubscriptionStatus::Subscribed, day(now)), memory.stopped(day(now)).is_some()), (passed, off));
        assert!(!memory.passed(SubscriptionStatus::Unsubscribed, day(now)), "a trial of one status says nothing of another");
    }
}
