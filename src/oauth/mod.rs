//! Signing in at a vendor with OAuth 2, and keeping the sign-in alive.
//!
//! ```text
//! connect:  App ─► SignIn (address, state, PKCE) ─► the person says yes ─► Authority::exchange ─► Tokens ─► SignIns::keep
//!           App ─► Authority::device (no browser here) ─► Authority::granted ────────────────────────┘
//! use:      SignIns::bearer(connection) ─► Bearer::current / refused ─► Authorization, renewed ahead of time
//! ```
//! May know: connections as defined, `http`, the OAuth 2 standards and what differs by vendor (one table, [`crate::platform::AuthorizationServer`]). May not
//! know: the vendors' APIs, where tokens are kept ([`TokenStore`] says what is needed of that), who asks.
//!
//! Two rules hold everywhere here: a renewed refresh token is durable before its access token is used, and one connection's
//! tokens are renewed by one task at a time. Tokens, codes and secrets are in no message and no log line.

mod answer;
mod app;
mod authority;
mod authorize;
mod bearer;
mod device;
mod error;
mod jwt;
mod metadata;
mod proof;
mod refusal;
mod sign_ins;
mod store;
mod tokens;

pub use app::App;
pub use authority::Authority;
pub use authorize::{Code, SignIn};
pub use bearer::Bearer;
pub use device::DeviceGrant;
pub use error::{Error, ErrorKind};
pub use sign_ins::SignIns;
pub use store::{InMemoryTokens, TokenStore, TokenWriter};
pub use tokens::{Binding, Tokens};

#[cfg(test)]
pub(crate) mod tests;
