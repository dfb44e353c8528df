//! Profile → member: address normalisation, attribute values, fingerprint; the compact index and its spool.
//!
//! May know: rows as a source gives them, the kinds of platform fields. May not know: vendors, the state, plans.

mod email;
mod entry;
mod evidence;
mod key;
mod listed;
mod mapping;
mod nothing;
mod noticed;
mod orders;
mod person;
mod reading;
mod rejects;
mod segments;
mod shared;
mod spool;
mod strange;
#[cfg(test)]
mod tests;
mod value;

pub use email::{Email, EmailError};
pub use entry::{ChangeEntry, ChangeFlags, Entry, Flags, RemainingEntry, RemainingFlags, SetId, WantedEntry, WantedFlags};
pub use evidence::{ConsentColumns, ConsentNotes, Given};
pub use key::{Fingerprint, Key, Signature};
pub use listed::{Listed, listed, row_key};
pub use mapping::{MappedField, Mapping, RowResult, address, order_bytes, text_of};
pub use noticed::{Noticed, ValueNote};
pub use orders::{Orders, Undecided};
pub use person::{Person, is_scientific, source_tag};
pub use reading::{Collector, Desired, Tally, UNADDRESSABLE};
pub use rejects::{Reject, Rejects};
pub use segments::{SegmentMask, SegmentSets};
pub use shared::{IdNotes, Ids, Shared};
pub use spool::{Record, Spool, SpoolWriter};
pub use value::{ADDRESS_PARTS, ADDRESS_PARTS_REQUIRED, DayOrder, FieldKind, Form, Value, ValueError, canonical, canonical_parts, moment};
