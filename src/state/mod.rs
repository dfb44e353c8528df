//! What was applied, by whom, when: members, contacts, containers, runs, held plans. One SQLite file, nothing beside it.
//!
//! May know: the nouns of `definition`, `member`, `destination` and `plan`, SQLite, one directory. May not know: vendors,
//! sources, how a plan is made or carried out, the time (whoever needs "now" says it). It is asked and told; it decides
//! nothing. It holds no secret but what sign-ins gave (`token`); of the API's tokens it
//! holds hashes (`api_token`).
//!
//! [`View`] reads and needs no lock; [`Store`] is the one writer and reads too. Writes inside [`Store::begin`] …
//! [`Store::commit`] become durable together; any other write is a transaction of its own.

mod api_token;
mod audit;
mod bulk_update;
mod consent;
mod contact;
mod contact_id;
mod contact_read;
mod container;
mod daily;
mod dir;
mod directory;
mod document;
mod error;
mod export;
mod export_read;
mod field_seen;
mod guard;
mod habits;
mod held;
mod job;
mod kept;
mod lock;
mod member;
mod member_read;
mod member_write;
mod migrations;
mod person;
mod refused;
mod rejected;
mod removed;
mod retention;
mod run;
mod schedule;
mod settled;
mod sql;
mod status;
mod status_proof;
mod store;
mod token;
mod view;
mod watermarks;

#[cfg(test)]
mod tests;

pub use api_token::{ApiToken, Scope, TokenHash};
pub use audit::Audit;
pub use bulk_update::{BulkTrial, retry_bulk_updates};
pub use contact::{Contact, ContactOrigin, ContactsRead};
pub use contact_read::{ContactReading, ContactRows};
pub use container::{ContainerRecord, Intent, Wanted};
pub use dir::StateDir;
pub use error::{StateError, StateErrorKind};
pub use export::{ExportId, ExportState, Origin, PlaceRecord, PlaceRow, SegmentSlot};
pub use guard::GuardMemory;
pub use habits::Habits;
pub use held::{Approval, ApprovalId, Approved, HeldPlan, approve};
pub use job::{Job, JobMember};
pub use kept::{KeptContainer, KeptExport};
pub use member::{Applied, AppliedHead, AppliedRow, MemberState, MemberStateKind, Refusal, RefusalRef, Told};
pub use member_read::{MemberReading, MemberRows};
pub use person::{NewId, OnRecord};
pub use refused::{Refused, Since};
pub use rejected::RejectedRow;
pub use removed::Seen;
pub use retention::RETENTION_DEFAULT;
pub use run::{RunId, RunRecord, RunStart, Trigger};
pub use schedule::Mark;
pub use settled::SettledRecord;
pub use status::{End, Now, Status};
pub use status_proof::StatusProof;
pub use store::Store;
pub use view::View;
pub use watermarks::Watermarks;

/// What every method of the state returns.
pub type Result<T, E = StateError> = std::result::Result<T, E>;
