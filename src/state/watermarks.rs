//! Up to when changes of contacts are known, for each status: a reading that left some out says nothing of those.

use crate::platform::SubscriptionStatus;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// By the platform's clock. A status that is missing was never read as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watermarks(BTreeMap<SubscriptionStatus, DateTime<Utc>>);

impl Watermarks {
    pub const STANDINGS: [SubscriptionStatus; 6] = [
        SubscriptionStatus::Subscribed,
        SubscriptionStatus::Unsubscribed,
        SubscriptionStatus::Pending,
        SubscriptionStatus::NonSubscribed,
        SubscriptionStatus::Cleaned,
        SubscriptionStatus::Archived,
    ];

    /// Everyone was read.
    pub fn all(until: DateTime<Utc>) -> Self {
        Self(Self::STANDINGS.into_iter().map(|standing| (standing, until)).collect())
    }

    pub(super) fn of(known: impl IntoIterator<Item = (SubscriptionStatus, DateTime<Utc>)>) -> Self {
        Self(known.into_iter().collect())
    }

    /// From when on changes to this status have to be read; `None`: whoever has it has to be.
    pub fn since(&self, standing: SubscriptionStatus) -> Option<DateTime<Utc>> {
        self.0.get(&standing).copied()
    }

    /// From when on a reading of every status has to go on.
    pub fn earliest(&self) -> Option<DateTime<Utc>> {
        self.0.values().min().copied()
    }

    /// When the last reading was.
    pub fn latest(&self) -> Option<DateTime<Utc>> {
        self.0.values().max().copied()
    }

    /// Those who changed to this status since then were read, until then. What was not known before `since` is not known now.
    pub fn read(&mut self, standing: SubscriptionStatus, since: Option<DateTime<Utc>>, until: DateTime<Utc>) {
        let gapless = since.is_none_or(|since| self.since(standing).is_some_and(|known| since <= known));
        if gapless {
            self.0.insert(standing, until);
        }
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (SubscriptionStatus, DateTime<Utc>)> + '_ {
        self.0.iter().map(|(standing, at)| (*standing, *at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(hour: u32) -> DateTime<Utc> {
        format!("2026-11-22T{hour:02}:00:00Z").parse().unwrap()
    }

    #[rstest]
    #[case::goes_on(Some(4), Some(4), Some(9))]
    #[case::overlaps(Some(4), Some(2), Some(9))]
    #[case::leaves_a_gap(Some(4), Some(5), Some(4))]
    #[case::was_never_read(None, Some(5), None)]
    #[case::is_read_whole(None, None, Some(9))]
    #[case::is_read_whole_again(Some(4), None, Some(9))]
    fn a_reading_counts_where_it_leaves_no_gap(#[case] known: Option<u32>, #[case] since: Option<u32>, #[case] then: Option<u32>) {
        let mut watermarks = Watermarks::of(known.map(|hour| (SubscriptionStatus::Subscribed, at(hour))));
        watermarks.read(SubscriptionStatus::Subscribed, since.map(at), at(9));
        assert_eq!(watermarks.since(SubscriptionStatus::Subscribed), then.map(at));
        assert_eq!(watermarks.since(SubscriptionStatus::Unsubscribed), None, "nothing is known of the others");
    }
}
