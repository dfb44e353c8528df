//! The HTTP API: what the daemon knows, what it may be asked, its metrics.
//!
//! May know: `daemon::Handle`, the state for reading, HTTP. May not know: vendors, how a run works, terminals. It decides
//! nothing: whatever changes something is asked of the controller.
//!
//! `routes` is the one table of what there is and which scope it needs; the router and the OpenAPI document are both made
//! from it. Who comes by the socket in the state directory is the user who runs the daemon, and may do everything. Over TCP a
//! token says what a caller may (`tokens`); on loopback the same user may look without one. `door` takes connections, `gate`
//! lets requests in.

pub mod api;
mod caller;
mod door;
mod endpoint;
mod extract;
mod gate;
mod health;
mod look;
mod openapi;
mod plans;
mod problem;
mod rehearse;
mod routes;
mod serve;
mod sign_in;
mod strangers;
mod token;
pub mod tokens;
mod work;

pub use door::{SocketPath, TlsError, TlsFiles};
pub use endpoint::Endpoint;
pub use openapi::document;
pub use problem::Problem;
pub use serve::{LISTEN_DEFAULT, Server, Setup, StartError};
pub use token::{Token, TokenError, TokenRef};

#[cfg(test)]
pub(crate) mod tests;
