//! The one HTTP client: auth, retry, rate budget, redaction.
//!
//! May know: HTTP, time, randomness. May not know: vendors beyond what a request says about itself.
//!
//! The order inside a request is `retry( connection and rate( timeout( send )))`: every attempt is paced and measured on its
//! own, nobody holds a connection while backing off, and a call is counted in the moment in which it is sent. What shares a
//! vendor's budget shares one `Budget` here, by key; a [`Hub`] holds all of a process's budgets. What was spent in the last
//! minute is in a [`Ledger`], which processes share.
//!
//! `neighbour` is for servers: whose process on this machine is at the other end of a connection.

mod authorization;
mod budget;
mod client;
mod day;
mod failure;
mod gate;
mod hub;
mod ledger;
mod meter;
pub(crate) mod neighbour;
mod rate;
mod request;
mod retry;
mod transport;
mod turn;
mod window;

pub use authorization::Authorization;
pub use budget::{Counters, Spend};
pub use client::Client;
pub use day::{DayCounter, InMemoryDays};
pub use failure::{Failure, FailureKind};
pub use hub::Hub;
pub use ledger::{InMemoryLedger, Ledger, Purse, spend};
pub use meter::{Calls, Spread};
pub use rate::Rate;
pub use request::{Answer, Effect, Lane, Method, Request, Unproved, Verdict};
pub(crate) use transport::same_origin;
pub use transport::{Lost, Raw, Transport};
pub use window::Window;

#[cfg(test)]
pub(crate) mod script;
#[cfg(test)]
mod tests;
