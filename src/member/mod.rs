//! Profile → member: address normalisation, attribute values, fingerprint; the compact index and its spool.
//!
//! May know: rows as a source gives them, the kinds of platform fields. May not know: vendors, the state, plans.

mod email;
mod key;
mod standing;
mod value;

pub use email::{Email, EmailError};
pub use key::{Fingerprint, Key};
pub use standing::Standing;
pub use value::{ADDRESS_PARTS, ADDRESS_PARTS_REQUIRED, FieldKind, Value, ValueError, canonical, canonical_parts};
