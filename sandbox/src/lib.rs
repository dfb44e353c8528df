//! The vendors, emulated faithfully, for rehearsals and tests: real HTTP on loopback, state of its own, the vendors' own
//! strictness, and faults on demand.
//!
//! May know: HTTP, the vendors' documented behaviour, its own database. May not know anything of the program that uses it,
//! above all not how its clients call a vendor: a stand-in that shares code with the client shares its mistakes.
//!
//! * [`Sandbox`] starts and stops it; `server` binds and routes, one prefix a vendor (`/mailchimp/3.0`, `/iterable/api`);
//!   `guests` says who may come in; `app` is what the handlers share.
//! * A folder is a vendor ([`mailchimp`], `iterable`, …), `oauth` where people sign in, `insights` Customer Insights as a
//!   source; `vendors` lists them, `vendor` says what each gives to the common `door`.
//! * `kit` is what vendors are built of; `clock`, `rates` and `draw` are time, limits and chance; `hold` and `database` the folder and a file for each vendor.
//! * `faults` is bad weather, `broken` answers that end too early; `log` what was asked; `admin` the control surface below
//!   `/_sandbox`; `page` what a person sees at `/`.

mod admin;
mod app;
mod broken;
mod clock;
mod constant_contact;
mod database;
mod door;
mod draw;
mod error;
mod faults;
mod guests;
mod hold;
mod insights;
mod iterable;
mod kit;
mod log;
pub mod mailchimp;
mod oauth;
mod omnisend;
mod page;
mod rates;
mod server;
mod stage;
mod vendor;
mod vendors;

pub use clock::Clock;
pub use error::Error;
pub use faults::{Fault, Faults, Latency, Next};
pub use guests::IsAnothers;
pub use log::{Counters, Exchange, Recorder, RouteCount, VendorCount};
pub use server::{Options, Sandbox};
pub use stage::Stage;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
