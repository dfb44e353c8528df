//! What nobody else can know: the state of a redirect, the verifier of PKCE (RFC 7636).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// 64 characters of the system's randomness, all of them such as a URL and a verifier may hold.
pub(super) fn random() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

/// Kept here until the code is exchanged; the authorization server sees only its challenge before.
#[derive(Clone, Debug)]
pub(super) struct Verifier(pub SecretString);

impl Verifier {
    pub(super) fn new() -> Self {
        Self(random().into())
    }

    /// Method `S256`.
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose_secret()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standards_example() {
        let verifier = Verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned().into());
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn no_two_are_the_same_and_all_are_long_enough() {
        let (one, other) = (random(), random());
        assert_ne!(one, other);
        assert!((43..=128).contains(&one.len()) && one.bytes().all(|b| b.is_ascii_alphanumeric()));
    }
}
