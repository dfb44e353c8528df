//! What the vendor's documents leave open about updates by the bulk call. The default is the contract's word (2026).

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct BulkUpdates {
    /// What `status_if_new` does to a contact that exists.
    pub key: Key,
    /// What an archived contact is to a row without `status`.
    pub archived: ArchivedIs,
    /// Whether rows that change nothing are among the `updated_members`.
    pub unchanged: Unchanged,
    /// What a row without `status` is answered.
    pub without_status: WithoutStatus,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Key {
    /// Nothing: it counts for new contacts only.
    #[default]
    NewOnly,
    /// It is taken for `status`.
    Status,
    /// Whatever it says, the contact is subscribed: two loose sentences of the reference, at their worst.
    Subscribes,
    /// Whatever it says, the contact is unsubscribed.
    Unsubscribes,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ArchivedIs {
    /// Known: it stays archived.
    #[default]
    Known,
    /// New: it comes back with the status of the key.
    New,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Unchanged {
    #[default]
    Mentioned,
    LeftOut,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WithoutStatus {
    #[default]
    Allowed,
    /// The whole call: 400, `members.item:N.status`.
    CallRefused,
    /// The row, inside a 200.
    RowRefused,
}
