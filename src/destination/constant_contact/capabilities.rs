//! What Constant Contact can do and documents, and what it does to people by itself, in plain words.

use super::super::{Capabilities, CreateJoins, Operation, Reading};
use crate::http::Rate;
use std::time::Duration;

/// The vendor documents no limit of connections; more than its calls a second are of no use.
const CONNECTIONS: u32 = 4;
/// Calls that an app may make, all accounts together, in a second and in a day (which ends at 00:00 UTC).
pub(super) const PER_SECOND: u32 = 4;
pub(super) const PER_DAY: u32 = 10_000;
/// Contacts of a file: 40,000 lines less the one of headings.
const IMPORT_ROWS: usize = 39_999;
/// Contacts of a removal.
const REMOVAL_ROWS: usize = 500;
/// Bytes of an import's whole body that are read; what is beyond is dropped without a word.
pub(super) const BODY_BYTES: usize = 4_000_000;
/// What a body holds besides its rows: headings, the list, the parts' heads.
const AROUND_ROWS: usize = 10_000;
/// Contacts a page.
pub(super) const PAGE_ROWS: usize = 500;
/// Unfinished activities that an account may have, less some for other programs.
const JOBS_MAX: usize = 900;

/// 26 imports one after the other, each of the 15 minutes that the vendor's documentation of the same activities gives as
/// the longest.
const RUN_TIMEOUT: Duration = Duration::from_secs(7 * 60 * 60);

pub(in crate::destination) static DOCUMENTED: Capabilities = Capabilities {
    vendor: "Constant Contact",
    place_word: "account",
    container_word: "list",
    can_rename_container: true,
    fields_by_value: false,
    connections_max: CONNECTIONS,
    connections_default: CONNECTIONS,
    page_rows: PAGE_ROWS,
    reading: Reading::Changes,
    create_joins: CreateJoins::Never,
    join_tells: true,
    join_updates: true,
    leaves_by_id: true,
    reads_leaving: false,
    spells: false,
    statuses_proved: &[],
    looks_apart: Duration::from_secs(15),
    jobs_max: JOBS_MAX,
    holds_first_write: true,
    phases: &[Operation::Join, Operation::Leave],
    bulk_update_rows: None,
    batch_rows: |operation| if operation.removes() { REMOVAL_ROWS } else { IMPORT_ROWS },
    batch_bytes: |operation| if operation.removes() { usize::MAX } else { BODY_BYTES - AROUND_ROWS },
    rate: |_| Some(Rate::a_second(PER_SECOND)),
    // An import that is carried out twice ends as one that is carried out once, and starts nothing: it need not be on record
    // before it is sent.
    looks_up: |_| false,
    settles: Duration::ZERO,
    per_day: Some(PER_DAY),
    // An activity is only queued by its call: how long that takes says nothing of its size.
    slow_call: Duration::MAX,
    run_timeout: RUN_TIMEOUT,
    on_join_note: "joining a list can start automations that wait for it; who unsubscribed at Constant Contact is not put on the list",
    on_leave_note: "leaving a list keeps the contact and its permission: still mailable through other lists, still billed",
    on_create_note: |_| "Constant Contact marks each new contact as mailable with implicit permission, given by the account: only for people who agreed to it",
    status_word: super::wire::word,
};
