//! Mailchimp, Marketing API 3.0, as it was observed and documented: one account, its audiences, members, merge fields,
//! tags (static segments) and batches.
//!
//! Everything runs over one `request::Call`, whether it came through the door (`gate`) or inside a batch: `route` finds the
//! handler, the handler works in one transaction of the `store`. What the vendor's documents leave open is decided so
//! that a client is put to the harder test:
//! * a reading of the members without `status` includes archived ones;
//! * what `status_if_new` in the rows of a bulk call does is a setting (`bulk_settings.rs`); the default is the contract's word;
//! * a member that already carries a tag is not in `members_added` when it is tagged again;
//! * `status_if_new` does not bring an archived member back, `status` does;
//! * who unsubscribed himself or bounced stays refused, whatever other status he is given in between;
//! * `since_…` and `before_…` exclude the very second; figures of a list are up to five minutes old;
//! * addresses at `example.com` are refused as fake, as the vendor does; any other well-formed address is taken.
//!
//! Not emulated: interests, notes, e-commerce, webhooks, conditions of saved segments, permissions of keys.

mod account;
mod addresses;
mod batch_run;
mod batches;
mod bulk;
mod bulk_settings;
mod email;
mod extra;
mod field_values;
mod gate;
mod key;
mod lists;
mod member;
mod member_list;
mod member_tags;
mod members;
mod memo;
mod merge_field;
mod merge_fields;
mod people;
mod problem;
mod request;
mod results;
mod route;
mod schema;
mod segment_members;
mod segments;
mod select;
mod settings;
mod standing;
mod store;
mod summary;
mod tags;
mod view;
mod work;
mod written;

pub(super) use gate::result;
pub use people::{Person, PersonIs};
pub(super) use summary::{Batch, ListDetail, ListSummary, MemberRow};
pub(super) use work::Mailchimp;

/// Where the vendor's API begins, below the sandbox's address.
pub(super) const BASE: &str = "/mailchimp/3.0";
/// Where results of batches are fetched, without credentials.
pub(super) const RESULTS: &str = "/mailchimp/results/{file}";
/// Calls that the vendor works on at one time, for one account.
const SLOTS: usize = 10;
