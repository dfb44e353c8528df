//! What stands for a member where its address would be too long.

use super::Email;

/// xxh3-128 of a normalised address: the order of members everywhere. Never leaves the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u128);

impl Key {
    pub fn of(email: &Email) -> Self {
        Self(xxhash_rust::xxh3::xxh3_128(email.as_str().as_bytes()))
    }

    /// Big-endian, so that bytes sort as keys do.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

/// xxh3-64 of everything the platform would be told about a member but the segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

/// A fingerprint with the member's id in it: two are equal only if values and id are ([`Fingerprint::with`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature(pub u64);
