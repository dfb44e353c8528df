//! The HTTP API: what the daemon knows, what it may be asked, its metrics.
//!
//! May know: `daemon::Handle`, the state for reading, HTTP. May not know: vendors, how a run works, terminals. It decides
//! nothing: whatever changes something is asked of the controller.
//!
//! `routes` is the one table of what there is; the router and the OpenAPI document are both made from it. On loopback
//! whoever is on the machine may look; what changes something, costs calls or shows addresses needs the token. Beyond
//! loopback everything but the probes needs it.

pub mod api;
mod endpoint;
mod extract;
mod gate;
mod health;
mod listener;
mod look;
mod openapi;
mod problem;
mod rehearse;
mod routes;
mod serve;
mod sign_in;
mod token;
mod work;

pub use endpoint::Endpoint;
pub use openapi::document;
pub use problem::Problem;
pub use serve::{LISTEN_DEFAULT, Server, Setup, StartError};
pub use token::{Token, TokenError, TokenRef};

#[cfg(test)]
pub(crate) mod tests;
