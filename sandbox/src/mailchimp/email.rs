//! What the vendor takes for an address.

use super::problem::{Problem, Result};
use md5::{Digest as _, Md5};

/// The vendor's id of an address: md5 of it in lower case.
pub(super) type Hash = [u8; 16];

pub(super) fn hash(email: &str) -> Hash {
    Md5::digest(email.to_lowercase().as_bytes()).into()
}

/// Trims; refuses malformed and fake-looking addresses.
pub(super) fn check(text: &str) -> Result<&str> {
    let email = text.trim();
    let options = email_address::Options::default().without_display_text().without_domain_literal().with_required_tld();
    if email.len() > 254 || email_address::EmailAddress::parse_with_options(email, options).is_err() {
        return Err(Problem::bad_address().into());
    }
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    if domain.eq_ignore_ascii_case("example.com") {
        return Err(Problem::fake_address(email).into());
    }
    Ok(email)
}
