//! What happened behind the answers since the start: calls by limit, what a person would have noticed.

use super::limits::Bucket;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Observed {
    calls: BTreeMap<Bucket, u64>,
    refused: BTreeMap<Bucket, u64>,
    seen: Seen,
    /// Violations that no answer has carried to the log yet.
    notes: Vec<String>,
}

/// What one transaction brought about; it counts if the transaction does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub welcome_messages: u64,
    pub status_changes: u64,
    pub became_subscribed: u64,
}

impl Observed {
    pub(super) fn call(&mut self, bucket: Bucket, admitted: bool) {
        *self.calls.entry(bucket).or_default() += 1;
        *self.refused.entry(bucket).or_default() += u64::from(!admitted);
    }

    pub(super) fn add(&mut self, seen: Seen) {
        self.seen.welcome_messages += seen.welcome_messages;
        self.seen.status_changes += seen.status_changes;
        self.seen.became_subscribed += seen.became_subscribed;
    }

    pub(super) fn note(&mut self, notes: Vec<String>) {
        self.notes.extend(notes);
    }

    pub(super) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    pub(super) fn to_json(&self) -> Value {
        let by_name = |counts: &BTreeMap<Bucket, u64>| {
            let count = |bucket: Bucket| (bucket.name().to_owned(), counts.get(&bucket).copied().unwrap_or_default().into());
            Value::Object(Bucket::ALL.into_iter().map(count).collect())
        };
        json!({
            "calls": by_name(&self.calls),
            "refusedCalls": by_name(&self.refused),
            "welcomeMessages": self.seen.welcome_messages,
            "statusChanges": self.seen.status_changes,
            "becameSubscribed": self.seen.became_subscribed,
        })
    }
}
