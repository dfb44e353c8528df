//! Tokens with scopes, made, listed, rotated and revoked while the daemon runs.

mod keyring;
mod mint;
mod routes;

pub(super) use keyring::Keyring;
pub use mint::{BadToken, Minted, NewToken, TokenView, audit, minted, rotated};
pub use routes::{NewSecret, TokenList};
pub(super) use routes::{create, list, revoke, rotate};
