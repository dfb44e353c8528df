//! What Omnisend can do and documents, and what it costs people, in plain words.

use super::{
    super::{Capabilities, CreateJoins, Operation, Reading},
    api::{PER_MINUTE, TAGS},
};
use crate::{http::Rate, platform::SubscriptionStatus};
use std::time::Duration;

/// The vendor documents no limit of calls at one time; eight use the calls of a minute up as long as none takes over a second.
pub(super) const CONNECTIONS: u32 = 8;
/// Contacts a page, and addresses of a call to tag.
pub(super) const PAGE_ROWS: usize = 250;
/// Contacts of a batch.
const BATCH_ROWS: usize = 100;
/// The vendor's guide advises a megabyte; this leaves room for what stands around the contacts.
const BATCH_BYTES: usize = 900_000;
/// Batches under way, of two million people; no limit is documented.
const JOBS_MAX: usize = 20_000;

/// Omnisend documents no duration; the product whose export this replaces (Dynamics 365 Customer Insights, its page on the
/// Omnisend export) documents up to 4 hours for a million profiles.
const RUN_TIMEOUT: Duration = Duration::from_secs(4 * 60 * 60);

pub(in crate::destination) static CAPABILITIES: Capabilities = Capabilities {
    vendor: "Omnisend",
    place_word: "brand",
    container_word: "tag",
    can_rename_container: false,
    fields_by_value: false,
    connections_max: CONNECTIONS,
    connections_default: CONNECTIONS,
    page_rows: PAGE_ROWS,
    reading: Reading::Everyone,
    create_joins: CreateJoins::OfTheNew,
    join_tells: false,
    join_updates: false,
    leaves_by_id: false,
    reads_leaving: false,
    spells: true,
    statuses_proved: &[SubscriptionStatus::Subscribed, SubscriptionStatus::Unsubscribed],
    looks_apart: Duration::from_secs(15),
    jobs_max: JOBS_MAX,
    holds_first_write: false,
    phases: &[Operation::Create, Operation::Update, Operation::Join, Operation::Leave],
    bulk_update_rows: None,
    batch_rows,
    batch_bytes,
    rate,
    // No order between batches is promised, so nobody may be in two at a time.
    looks_up: |operation| matches!(operation, Operation::Create | Operation::Update),
    settles: Duration::ZERO,
    per_day: None,
    slow_call: Duration::from_secs(60),
    run_timeout: RUN_TIMEOUT,
    on_join_note: "a tag can start automations that wait for it, and puts people into every segment with a rule on it",
    on_leave_note: "untagging keeps the contact: still mailable under its status, still counted by Omnisend's plan",
    on_create_note,
    status_word: super::wire::word,
};

fn batch_rows(operation: Operation) -> usize {
    match operation {
        Operation::Join | Operation::Leave => PAGE_ROWS,
        _ => BATCH_ROWS,
    }
}

fn batch_bytes(operation: Operation) -> usize {
    match operation {
        Operation::Join | Operation::Leave => usize::MAX,
        _ => BATCH_BYTES,
    }
}

fn rate(operation: Operation) -> Option<Rate> {
    Some(match operation {
        Operation::Join | Operation::Leave => TAGS.rate,
        _ => Rate::a_minute(PER_MINUTE),
    })
}

fn on_create_note(standing: Option<SubscriptionStatus>) -> &'static str {
    match standing {
        Some(SubscriptionStatus::Subscribed) => {
            "gets marketing mail from now on, with the date of the consent as its proof; automations for new subscribers may start"
        }
        Some(SubscriptionStatus::NonSubscribed) => "is kept as a contact that gets no campaigns until they opt in; counted as a contact",
        Some(SubscriptionStatus::Unsubscribed) => "is kept as a contact that gets no marketing mail; counted as a contact",
        Some(SubscriptionStatus::Pending | SubscriptionStatus::Cleaned | SubscriptionStatus::Archived) => "Omnisend has no such status",
        None => "is created with the status that the definition names",
    }
}
