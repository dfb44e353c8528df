//! What people write: typed YAML documents with positions, checked across documents, read into a [`Catalog`].
//!
//! May know: the file system below one directory, YAML. May not know: sources' content, vendors' services, the state.
//!
//! `files` finds and loads, `yaml/` turns text into positioned values and typed documents, `document/` holds the documents
//! as written (serde, JSON Schema), `resolve/` checks them across files, `last_good/` lets the last good text go on where one
//! is broken, `sent` understands definitions that came over the network. The types here are what the rest of the program
//! sees: names resolved, defaults inherited, every check passed.

mod catalog;
mod characters;
mod column;
mod consent;
mod consent_words;
mod document;
mod documents;
mod export;
mod files;
mod handed;
mod last_good;
mod name;
pub(crate) mod nearest;
mod parts;
mod piece;
mod read;
mod read_limits;
mod report;
mod resolve;
mod rights;
mod schedule;
mod segment;
mod sent;
mod snapshot;
mod source;
mod yaml;

pub use catalog::{Catalog, DefinitionId, Diagnostic, Kept, Position, Severity};
pub use characters::is_invisible;
pub use column::{ColumnType, ColumnWord, bad_format};
pub use consent::{Consent, ConsentWords, Evidence, Withdrawn};
pub use consent_words::normalised as consent_word;
pub use document::json_schema;
pub use export::{
    AttributeSpec, Audience, AudienceCreate, AudienceRef, Columns, Export, FieldType, Guard, ListRef, Matching, MaxAdditions, Mode,
    NewContacts, OnDelete, OnEmpty, OnLeave, Percentage, PlaceRef, Schedule, SharedIds, Slot, Target, Verify,
};
pub use files::{is_yaml, leads_out};
pub use last_good::suppression;
pub use name::Name;
pub use parts::{BulkUpdates, Connection, Credentials, Limits, OAuthApp, Privacy, Region, Secret, Settings};
pub use read::{read, understand};
pub use read_limits::ReadLimits;
pub use resolve::duration;
pub use rights::Rights;
pub use schedule::Times;
pub use segment::{Expect, Limit, Members, Order, Rows, Sample, Segment, Selection, Written};
pub use sent::{SentFile, understand_sent};
pub use snapshot::Snapshot;
pub use source::{
    Adbc, Dataverse, EntraApp, Files, Folder, Format, InsightsApi, Location, MembersBy, Source, SourceKind, Storage, StorageCredentials,
    Table,
};

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod platform_tests;
#[cfg(test)]
mod read_limits_tests;
#[cfg(test)]
mod source_tests;
#[cfg(test)]
mod tests;
