//! YAML text → positioned values → typed documents.
//!
//! serde-saphyr parses (this file holds every call to it) into [`Node`]s that know where they were written; `Reader`
//! then feeds typed structs from a node. Two steps instead of one because serde stops at the first error, and a report
//! should name them all: [`read_as`] notes an error, leaves that entry out, and reads again.
//!
//! May know: YAML. May not know: which documents there are and what they mean.

mod access;
mod at;
mod fault;
mod key;
mod mask;
mod node;
mod parse;
mod reader;
mod unquoted;

pub use at::At;
pub use mask::{mask_secrets, mask_urls};
pub use parse::parse;
pub(super) use {
    fault::Fault,
    node::{Entry, Kind, Node},
    reader::read_as,
};

#[cfg(test)]
mod tests;
