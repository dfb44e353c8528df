//! The one HTTP client: auth, retry, rate budget, redaction.
//!
//! May know: HTTP, time, randomness. May not know: vendors beyond what a request says about itself.
//!
//! The order inside a request is `retry( rate( connections( timeout( send ))))`: every attempt is paced and measured on
//! its own, and nobody holds a connection while backing off. What shares a vendor's budget shares one `Budget` here,
//! by key; a [`Hub`] holds all of a process's budgets.
//!
//! `neighbour` is for servers: whose process on this machine is at the other end of a connection.

mod authorization;
mod budget;
mod client;
mod day;
mod failure;
mod gate;
mod hub;
mod meter;
pub(crate) mod neighbour;
mod pace;
mod request;
mod retry;
mod transport;

pub use authorization::Authorization;
pub use budget::{Counters, Spend};
pub use client::Client;
pub use day::{DayCounter, InMemoryDays};
pub use failure::{Failure, FailureKind};
pub use hub::Hub;
pub use meter::{Calls, Spread};
pub use request::{Answer, Effect, Lane, Method, Request, Verdict};
pub(crate) use transport::same_origin;
pub use transport::{Lost, Raw, Transport};

#[cfg(test)]
pub(crate) mod script;
#[cfg(test)]
mod tests;
