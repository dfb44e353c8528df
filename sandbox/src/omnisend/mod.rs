//! Omnisend, API version 2026-03-15, as it is documented: one brand, its contacts, tags, segments and batches.
//!
//! `gate` asks for key, version and room within the `limits`; `route` finds the handler, which works in one transaction on
//! the database, after `later` has carried out what is due by then (batches, tags). What the vendor's documents leave open
//! is a setting (`settings`), by default the reading that is harder for a client. Beyond those:
//! * fields of a body that the contract does not name are refused, as unknown parameters are;
//! * who is tagged is settled when the call is answered: a contact that a batch creates a moment later is left out;
//! * one malformed address refuses a whole call to tag;
//! * half of a batch is done while it is in progress, and its items are listed in no order;
//! * the filters of a reading have to be said again with each cursor; the order of segments need not;
//! * a tag has the characters that the vendor's own libraries and examples use;
//! * `customProperties` are merged name by name, and null is not taken anywhere;
//! * a phone number that is somebody else's is ignored; if there is nothing else, the contact is refused.
//!
//! Not emulated: products and events, deriving a country's code from its name, two addresses of one contact, conditions of
//! segments other than tags, permissions of keys.

mod batch_list;
mod batch_run;
mod batches;
mod brand;
mod consent;
mod contact;
mod contact_list;
mod contact_request;
mod contact_view;
mod contact_write;
mod contacts;
mod cursor;
mod formats;
mod gate;
mod id;
mod later;
mod limits;
mod observed;
mod people;
mod phones;
mod problem;
mod request;
mod route;
mod schema;
mod segment_list;
mod segments;
mod settings;
mod store;
mod tag_jobs;
mod tags;
mod vendor;
mod work;

pub(super) use work::Omnisend;

pub(super) const NAME: &str = "omnisend";
/// Where the vendor's API begins, below the sandbox's address.
pub(super) const BASE: &str = "/omnisend/api";

#[cfg(test)]
mod tests;
