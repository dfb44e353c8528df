//! What Mailchimp can do and documents, and what it costs people, in plain words.

use super::super::{Capabilities, CreateJoins, Operation, Reading};
use crate::platform::SubscriptionStatus;
use std::time::Duration;

/// Of the ten that the vendor allows a user, two are left to others.
pub(super) const CONNECTIONS_DEFAULT: u32 = 8;
const CONNECTIONS_MAX: u32 = 10;
/// Rows of a bulk call, of a tag call; we keep batches of archivings as small.
const BULK_ROWS: usize = 500;
/// Batches that the vendor keeps for an account at one time.
const JOBS_MAX: usize = 400;
/// Contacts a page.
pub(super) const PAGE_ROWS: usize = 1000;

/// Mailchimp documents no duration; the product whose export this replaces (Dynamics 365 Customer Insights, its page on the
/// Mailchimp export) documents up to 3 hours for a million profiles. Creating and tagging as many in the largest calls fits
/// into that even at 20 s a call.
const RUN_TIMEOUT: Duration = Duration::from_secs(3 * 60 * 60);

pub(in crate::destination) static DOCUMENTED: Capabilities = Capabilities {
    vendor: "Mailchimp",
    place_word: "audience",
    container_word: "tag",
    can_rename_container: true,
    fields_by_value: false,
    connections_max: CONNECTIONS_MAX,
    connections_default: CONNECTIONS_DEFAULT,
    page_rows: PAGE_ROWS,
    reading: Reading::Everyone,
    create_joins: CreateJoins::Always,
    join_tells: false,
    join_updates: false,
    leaves_by_id: false,
    reads_leaving: false,
    spells: false,
    statuses_proved: &[],
    looks_apart: Duration::from_secs(15),
    jobs_max: JOBS_MAX,
    holds_first_write: false,
    phases: &[Operation::Create, Operation::Restore, Operation::Update, Operation::Join, Operation::Leave, Operation::Archive],
    bulk_update_rows: Some(BULK_ROWS),
    batch_rows,
    batch_bytes: |_| usize::MAX,
    rate: |_| None,
    looks_up: |_| false,
    settles: Duration::ZERO,
    per_day: None,
    // The vendor gives up after 120 s.
    slow_call: Duration::from_secs(100),
    run_timeout: RUN_TIMEOUT,
    on_join_note: "tagging people can start automations that wait for the tag; tagging in bulk cannot silence them",
    on_leave_note: "untagging can start automations too, and keeps the contact: still mailable under its status, still billed",
    on_create_note,
    status_word: super::wire::status,
};

fn batch_rows(operation: Operation) -> usize {
    match operation {
        Operation::Update | Operation::Restore => 1,
        Operation::Create | Operation::Join | Operation::Leave | Operation::Archive => BULK_ROWS,
    }
}

fn on_create_note(standing: Option<SubscriptionStatus>) -> &'static str {
    let Some(standing) = standing else { return "is created with the status that the definition names" };
    match standing {
        SubscriptionStatus::Subscribed => {
            "gets marketing mail from now on: only for people who agreed to it; welcome automations may start"
        }
        SubscriptionStatus::Unsubscribed => "is kept as a contact that gets no marketing mail; billed as a contact",
        SubscriptionStatus::Pending => {
            "Mailchimp mails each person at once and asks to confirm; who does not confirm gets no marketing mail"
        }
        SubscriptionStatus::NonSubscribed => "may get transactional mail and postcards, no marketing mail; billed as a contact",
        SubscriptionStatus::Cleaned => "marks the address as bounced: it is never mailed",
        SubscriptionStatus::Archived => "Mailchimp creates nobody archived; choose subscribed, unsubscribed, pending or non-subscribed",
    }
}
