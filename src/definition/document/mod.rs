//! The documents as people write them: serde for reading, schemars for the JSON Schema, positions for messages.
//!
//! A field that must be there is an `Option` marked required: its absence is told by the checks, with a hint of its own,
//! and does not hide what else is wrong. May know: what a field looks like. May not know: other documents.

mod bulk_updates;
mod connection;
mod export;
mod new_contacts;
mod schedule;
mod schema;
mod segment;
mod settings;
mod several;
mod short;
mod source;
mod target;

pub use bulk_updates::BulkUpdatesDoc;
pub use connection::{ConnectionDoc, CredentialsDoc, LimitsDoc, OAuthDoc, PrivacyDoc, SecretDoc};
pub use export::{AttributeDoc, ExportDoc, MatchDoc};
pub use new_contacts::{ConsentDoc, NewContactsDoc, StatusDoc, WithdrawnDoc, Word};
pub use schedule::{GuardCeilingDoc, GuardDoc, ScheduleDoc};
pub use schema::json_schema;
pub use segment::{ExpectDoc, SampleDoc, SegmentDoc};
pub use settings::{ReadLimitsDoc, SettingsDoc};
pub use several::{Several, each};
pub use short::Short;
pub use source::{ColumnDoc, InsightsCredentialsDoc, SourceDoc, SourceLimitsDoc, StorageCredentialsDoc, TableDoc};
pub use target::{AudienceDoc, CreateDoc, TargetDoc};

use super::yaml::At;

/// The version of the documents that this program reads.
pub const API_VERSION: &str = "listkeeper/v1";
/// What every version of the documents begins with; anything else belongs to other tools.
pub const API_PREFIX: &str = "listkeeper/";

/// Text with its position.
pub type Text = At<String>;
