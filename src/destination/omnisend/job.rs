//! How a batch under way is called: with the status that it gives, since its rows are told it only once it is finished.

use super::{
    super::{Error, JobId},
    wire::{standing, word},
};
use crate::{member::Key, platform::SubscriptionStatus};
use chrono::{DateTime, TimeZone, Utc};

/// What stands in place of a status where known contacts are changed, who keep theirs.
const UPDATE: &str = "update";
const LOST: &str = "lost";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// Of those who are created.
    pub standing: Option<SubscriptionStatus>,
    pub of: Of,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// The vendor's batch of this id.
    Batch(String),
    /// A batch that was about to be sent at this moment, and whose id is not known.
    Lost { at: DateTime<Utc>, mark: String },
}

impl Job {
    /// One that is about to be sent. The mark tells it from others of that moment.
    pub(super) fn lost(standing: Option<SubscriptionStatus>, at: DateTime<Utc>, rows: impl Iterator<Item = Key>) -> Self {
        let mut hasher = blake3::Hasher::new();
        rows.for_each(|key| _ = hasher.update(&key.to_bytes()));
        let mark = hasher.finalize().to_hex()[..16].to_owned();
        Self { standing, of: Of::Lost { at, mark } }
    }

    pub(super) fn id(&self) -> JobId {
        let status = self.standing.map_or(UPDATE, word);
        JobId(match &self.of {
            Of::Batch(id) => format!("{status}/{id}"),
            Of::Lost { at, mark } => format!("{status}/{LOST}/{}/{mark}", at.timestamp()),
        })
    }

    pub(super) fn read(id: &JobId) -> Result<Self, Error> {
        parse(&id.0).ok_or_else(|| Error::stall(format!("{:?} is not a job of Omnisend's", id.0)))
    }
}

fn parse(text: &str) -> Option<Job> {
    let (status, rest) = text.split_once('/')?;
    let standing = if status == UPDATE { None } else { Some(standing(status)?) };
    let Some(lost) = rest.strip_prefix(LOST).and_then(|rest| rest.strip_prefix('/')) else {
        return Some(Job { standing, of: Of::Batch(rest.to_owned()) });
    };
    let (at, mark) = lost.split_once('/')?;
    let at = Utc.timestamp_opt(at.parse().ok()?, 0).single()?;
    Some(Job { standing, of: Of::Lost { at, mark: mark.to_owned() } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("update/5f92cbf1", None, Of::Batch("5f92cbf1".into()))]
    #[case("nonSubscribed/5f92cbf1", Some(SubscriptionStatus::NonSubscribed), Of::Batch("5f92cbf1".into()))]
    #[case("subscribed/lost/1795305600/00ff", Some(SubscriptionStatus::Subscribed), Of::Lost { at: DateTime::from_timestamp(1_795_305_600, 0).unwrap(), mark: "00ff".into() })]
    fn names_go_both_ways(#[case] text: &str, #[case] standing: Option<SubscriptionStatus>, #[case] of: Of) {
        let job = Job { standing, of };
        assert_eq!(job.id().0, text);
        assert_eq!(Job::read(&JobId(text.into())).unwrap(), job);
    }

    #[rstest]
    #[case("5f92cbf1")]
    #[case("somehow/5f92cbf1")]
    #[case("update/lost/soon/00ff")]
    fn strange_ones_are_refused(#[case] text: &str) {
        assert!(Job::read(&JobId(text.into())).is_err());
    }

    #[test]
    fn two_batches_of_one_moment_have_two_names() {
        let name = |keys: &[u128]| Job::lost(None, DateTime::UNIX_EPOCH, keys.iter().map(|key| Key(*key))).id();
        assert_ne!(name(&[1, 2]), name(&[1, 3]));
    }
}
