//! Attributes of many known contacts in one call, whose status it must leave alone.
//!
//! The type that stands between a run and the call is [`Permit`]: it comes only from trials that went well ([`Passed`]), names the
//! statuses that they were of, and ends for every call that has not begun yet as soon as one answer was not as it had to be.

use super::Outcome;
use crate::platform::SubscriptionStatus;
use std::collections::BTreeSet;
use tokio_util::sync::CancellationToken;

/// The statuses whose contacts may go in bulk. Sent to a reader that takes it for an order, each changes nothing and mails nobody.
pub const BULK_STATUSES: [SubscriptionStatus; 2] = [SubscriptionStatus::Subscribed, SubscriptionStatus::Unsubscribed];

/// A trial with one contact of this status went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed(SubscriptionStatus);

impl Passed {
    pub(super) fn now(standing: SubscriptionStatus) -> Self {
        Self(standing)
    }

    /// By what is on record of the audience: an earlier run made the trial, and it still holds.
    pub fn on_record(standing: SubscriptionStatus) -> Self {
        Self(standing)
    }

    pub fn standing(self) -> SubscriptionStatus {
        self.0
    }
}

/// Lets bulk updates of contacts of some statuses through, until it is stopped.
#[derive(Clone, Debug)]
pub struct Permit {
    statuses: BTreeSet<SubscriptionStatus>,
    stop: CancellationToken,
}

impl Permit {
    /// `stop`: ends with the run; what waits for its turn does not begin any more.
    pub fn of(passed: impl IntoIterator<Item = Passed>, stop: CancellationToken) -> Self {
        Self { statuses: passed.into_iter().map(Passed::standing).collect(), stop }
    }

    pub fn covers(&self, standing: Option<SubscriptionStatus>) -> bool {
        standing.is_some_and(|standing| self.statuses.contains(&standing))
    }

    /// No call begins from now on.
    pub fn end(&self) {
        self.stop.cancel();
    }

    pub fn is_over(&self) -> bool {
        self.stop.is_cancelled()
    }

    pub(super) fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}

/// What a bulk update came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkDone {
    /// One a row, in their order. [`Outcome::NotDone`]: to be sent alone.
    pub outcomes: Vec<Outcome>,
    /// Why no other may follow, without an address.
    pub stop: Option<String>,
    /// What a person should know besides, without a whole address.
    pub notes: Vec<String>,
}

/// A contact that the bulk update may be tried with: it has the status that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Among those that were offered.
    pub at: usize,
    /// Its attributes as they were before, in the platform's own form.
    pub before: serde_json::Value,
}

/// What trying the bulk update with one contact came to. The outcome is that contact's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    Passed(Passed, Outcome),
    /// Why the audience takes no bulk updates, without an address.
    Failed(String, Outcome),
    /// It shows nothing: the contact's own values were refused.
    Open(Outcome),
}
