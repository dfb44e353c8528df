//! What about the vendor is not documented, differs between accounts, or has to happen on demand.

use crate::draw;
use serde::{Deserialize, Serialize};

/// How this vendor behaves from the next request on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Settings {
    /// Draws the delays and the order of activities.
    pub seed: u64,
    /// How long an activity waits, and again how long it is worked on, in the sandbox's time.
    pub delay_min_ms: u32,
    pub delay_max_ms: u32,
    /// Calls that the app may make in any second, and in a day that ends at 00:00 UTC.
    pub per_second: u32,
    pub per_day: u32,
    /// Whether the CSV of an export names the contacts' ids.
    pub export_contact_id: bool,
    /// Whether 429 comes as an array, as other errors do, or as a single object.
    pub throttled_as_array: bool,
    /// Whether a blank in an import clears what the contact has: it is documented only of the vendor's earlier API, where it does not.
    pub blanks_clear: bool,
    /// What becomes of an import's row with a phone number of another country.
    pub phones_abroad: Abroad,
    /// So many of the next changes of a single contact meet somebody else's change (409).
    pub conflicts: u32,
    /// So many of the next activities fail; nothing of them is done.
    pub failures: u32,
}

/// Imports do not take international numbers; what that means for the row is not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Abroad {
    /// The contact is imported without the number.
    Dropped,
    Correctable,
    Error,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            delay_min_ms: 100,
            delay_max_ms: 1_000,
            per_second: 4,
            per_day: 10_000,
            export_contact_id: false,
            throttled_as_array: false,
            blanks_clear: true,
            phones_abroad: Abroad::Dropped,
            conflicts: 0,
            failures: 0,
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match self.delay_min_ms <= self.delay_max_ms {
            true => Ok(()),
            false => Err("delayMinMs is above delayMaxMs"),
        }
    }

    /// How long the n-th activity waits (0) or is worked on (1).
    pub(super) fn delay_ms(&self, number: u64, purpose: u64) -> i64 {
        draw::between(i64::from(self.delay_min_ms), i64::from(self.delay_max_ms), draw::chance(self.seed, number, purpose))
    }

    /// Whose turn it is among activities that end at the same time.
    pub(super) fn lot(&self, number: u64) -> i64 {
        draw::between(0, i64::from(u32::MAX), draw::chance(self.seed, number, 2))
    }

    /// Takes one of those that were asked for.
    pub(super) fn take(count: &mut u32) -> bool {
        let any = *count > 0;
        *count = count.saturating_sub(1);
        any
    }
}
