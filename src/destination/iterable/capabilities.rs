//! What Iterable can do and documents, and what it does to people, in plain words.

use super::super::{Capabilities, CreateJoins, Operation, Reading};
use crate::{http::Rate, platform::SubscriptionStatus};
use std::time::Duration;

/// The vendor names no limit of connections. At five calls a second, four are busy when a call takes 0.8 s.
pub(super) const CONNECTIONS_DEFAULT: u32 = 4;
const CONNECTIONS_MAX: u32 = 10;
/// No number is published for the list calls; this is what others' clients send.
const ROWS: usize = 1_000;
/// Published for bulk updates: 4 MB, of which the rest is for what stands around the rows.
const BYTES: usize = 3_900_000;
const PER_SECOND: u32 = 5;
/// Subscribes with unknown outcomes at one time; so many mean that something is wrong.
const JOBS_MAX: usize = 100;
/// Contacts a page, cut by us: the vendor gives a list's members all at once.
const PAGE_ROWS: usize = 10_000;
/// The vendor asks for as much between a write and a call that depends on it.
pub(super) const SETTLES: Duration = Duration::from_secs(60);
/// No bound is published of when who was put on a list shows there: two readings so far apart have to agree.
pub(super) const LOOKS_APART: Duration = Duration::from_secs(120);
/// A call that carries people off a list may wait for two readings of it, and for a list that the platform does not know yet.
const SLOW_CALL: Duration = Duration::from_secs(600);

pub(in crate::destination) static ITERABLE: Capabilities = Capabilities {
    vendor: "Iterable",
    place_word: "project",
    container_word: "list",
    can_rename_container: false,
    fields_by_value: true,
    connections_max: CONNECTIONS_MAX,
    connections_default: CONNECTIONS_DEFAULT,
    page_rows: PAGE_ROWS,
    reading: Reading::Nothing,
    create_joins: CreateJoins::Never,
    join_tells: true,
    join_updates: false,
    leaves_by_id: false,
    reads_leaving: true,
    spells: false,
    statuses_proved: &[],
    looks_apart: LOOKS_APART,
    jobs_max: JOBS_MAX,
    holds_first_write: false,
    phases: &[Operation::Join, Operation::Update, Operation::Leave],
    bulk_update_rows: None,
    batch_rows: |_| ROWS,
    batch_bytes: |_| BYTES,
    rate: |_| Some(Rate::a_second(PER_SECOND)),
    looks_up: |operation| matches!(operation, Operation::Join),
    settles: SETTLES,
    per_day: None,
    slow_call: SLOW_CALL,
    run_timeout: Duration::from_secs(60 * 60),
    on_join_note: "Iterable starts journeys that wait for the list, for everyone who is put on it: before a first load pause those that \
                   would mail people",
    on_leave_note: "who is taken off keeps the profile, its fields and all subscriptions; journeys they are in go on",
    on_create_note: |_| "whoever Iterable does not know becomes a profile, subscribed as the project's channels and message types say",
    status_word,
};

/// Iterable has no status of a contact; these are the words of definitions.
fn status_word(standing: SubscriptionStatus) -> &'static str {
    match standing {
        SubscriptionStatus::Subscribed => "subscribed",
        SubscriptionStatus::Unsubscribed => "unsubscribed",
        SubscriptionStatus::Pending => "pending",
        SubscriptionStatus::NonSubscribed => "known",
        SubscriptionStatus::Cleaned => "bounced",
        SubscriptionStatus::Archived => "deleted",
    }
}
