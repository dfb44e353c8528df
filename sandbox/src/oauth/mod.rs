//! The vendors' authorization servers: OAuth 2 as each documents it, granting whatever is asked for at once.
//!
//! One server's code, two vendors' rules: `rules` is where they differ. `authorize` sends the browser back with a code,
//! `token` exchanges and renews, `device` is for machines without a browser, `metadata` tells whose account a token is for.
//! Where a vendor's documents leave something open, `set` switches it ([`Settings`]); the default is what is harder for a
//! client.

mod ask;
mod authorize;
mod device;
mod grants;
mod metadata;
mod mint;
mod refusal;
mod rules;
mod server;
mod token;

pub(super) use rules::{CONSTANT_CONTACT, MAILCHIMP};
pub(super) use server::AuthorizationServer;
