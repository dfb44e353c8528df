//! The one HTTP client: auth, retry, rate budget, redaction.
//!
//! May know: HTTP, time, randomness. May not know: vendors beyond what a request says about itself.

/// Every budget of the process: connections that share an account share its permits.
#[derive(Clone, Debug, Default)]
pub struct Hub {}
