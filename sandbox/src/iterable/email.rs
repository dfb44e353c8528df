//! What the vendor takes for an address.

use super::refusal::{Refusal, Result};
use sha2::{Digest as _, Sha256};

/// Names that end no real domain.
const NO_DOMAINS: [&str; 3] = ["invalid", "local", "localhost"];

/// As it is kept: without blanks around it, in lower case.
pub(super) fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Whether a folded address is one.
pub(super) fn good(email: &str) -> bool {
    let options = email_address::Options::default().without_display_text().without_domain_literal().with_required_tld();
    let end = email.rsplit('.').next().unwrap_or_default();
    let ends_well = end.len() >= 2 && end.chars().all(|c| c.is_ascii_alphabetic()) || end.starts_with("xn--");
    email.len() <= 254 && ends_well && !NO_DOMAINS.contains(&end) && email_address::EmailAddress::parse_with_options(email, options).is_ok()
}

/// Folded; refused if it is none.
pub(super) fn check(text: &str) -> Result<String> {
    let email = folded(text);
    if good(&email) { Ok(email) } else { Err(Refusal::bad_email(text).into()) }
}

/// As the vendor tells who was forgotten.
pub(super) fn hashed(email: &str) -> String {
    hex::encode(Sha256::digest(email.as_bytes()))
}
