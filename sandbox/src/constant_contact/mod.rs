//! Constant Contact, API version 3, as it is documented: one account, its lists, custom fields, contacts, and the
//! activities that do most of the work later.
//!
//! `gate` is the vendor at the common door; `work` runs a call: whatever is due first (`activity_run`), then the handler
//! that `route` finds. What the vendor's documents leave open is decided so that a client is put to the harder test:
//! * a megabyte is a million bytes, and the body of an upload counts whole;
//! * activities of one account run side by side: which of two ends first is drawn from the seed;
//! * an import puts people back who had left the list by themselves, and revives deleted contacts (both are counted);
//! * an import sets `updated_at` of everybody in it, changed or not;
//! * refused calls count for the day; names of lists are compared without regard to case when one is made, and with it
//!   when one is looked for;
//! * a JSON import with an unknown custom field or a value that is too long is refused whole; a CSV file with such a value
//!   is taken, and its row counted as an error;
//! * a deleted or unsubscribed contact is on no list.
//!
//! Not emulated: tags, segments, engagement, SMS, notes, confirmation mails, the sign-up form, imports without an address.

mod account;
mod activities;
mod activity;
mod activity_run;
mod browse;
mod contact;
mod contact_body;
mod contact_id;
mod contact_view;
mod contacts;
mod csv_rows;
mod cursor;
mod custom_value;
mod deletions;
mod exports;
mod fields;
mod gate;
mod import_cut;
mod import_row;
mod import_run;
mod imports;
mod lists;
mod memberships;
mod multipart;
mod on_lists;
mod people;
mod problem;
mod rate;
mod request;
mod route;
mod settings;
mod shape;
mod store;
mod tally;
mod undone;
mod who;
mod work;

pub(super) use work::ConstantContact;

/// As logs and the control surface write it.
const NAME: &str = "constant-contact";
/// Where the vendor's API begins, below the sandbox's address.
pub(super) const BASE: &str = "/constant-contact/v3";
