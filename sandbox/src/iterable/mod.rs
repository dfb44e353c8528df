//! Iterable, one project: static lists, users with typed data fields, list subscribe and unsubscribe, bulk updates, erasure.
//!
//! A call comes through `gate`, `work` runs it, `route` finds the handler. What a write accepts becomes visible later:
//! `settle` keeps it until it is due. What the vendor's documents leave open is decided so that a client is put to the
//! harder test:
//! * writes take effect after 5 to 60 seconds, each call after a time of its own: two writes to one user within that time
//!   may take effect in the other order;
//! * in an email-based project an unsubscribe creates who is unknown or was deleted; in the others it is not found;
//! * `channelUnsubscribe` that is left out counts as true;
//! * every accepted list subscribe starts journeys, also of a user who is on the list already;
//! * a whole number does not fit a field of doubles, nor the other way round; text that looks like a date makes a field of dates;
//! * one misfit refuses the whole batch, unless `settings` say otherwise;
//! * readings of members share one budget; more than 1,000 users or 4 MB in a list call are refused;
//! * any domain name that ends in two letters or more is taken, `.test` too; `.invalid`, `.local` and `.localhost` are not.
//!
//! Not emulated: exports, journeys, campaigns, subscription groups; the key may not change subscriptions (403).

mod bulk;
mod email;
mod failures;
mod fields;
mod forget;
mod gate;
mod kind;
mod leave;
mod lists;
mod members;
mod observed;
mod people;
mod person;
mod profile;
mod project;
mod refusal;
mod request;
mod route;
mod settings;
mod settle;
mod shape;
mod store;
mod subscribe;
mod users;
mod work;

pub(super) use work::Iterable;

/// Where the vendor's API begins, below the sandbox's address.
pub(super) const BASE: &str = "/iterable/api";
/// As the vendor's messages name the project.
const PROJECT: &str = "10216";

#[cfg(test)]
mod tests;
