//! One member in 32 bytes: the index that a reading of a million people leaves in memory (G8).

use super::{Fingerprint, Key};

/// Key, fingerprint, place in the spool, set of segments and flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    key: u128,
    fingerprint: u64,
    /// 40 bits of offset, 16 bits of segment set, 8 bits of flags.
    packed: u64,
}

/// What else is known of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Flags(u8);

impl Flags {
    /// A value of the row did not fit: the person stays as they are.
    pub const REJECTED: Self = Self(1);
    /// The row lacks the evidence of consent that new contacts need.
    pub const NO_CONSENT: Self = Self(2);
    /// Something of it was accepted without an answer of its own.
    pub const UNVERIFIED: Self = Self(4);
    /// To be created at the platform.
    pub const CREATE: Self = Self(8);
    /// Known to the platform, attributes to be told.
    pub const UPDATE: Self = Self(16);
    /// Archived by us, to come back with the status it had.
    pub const RESTORE: Self = Self(32);
    /// Could not be carried out in this run.
    pub const FAILED: Self = Self(64);
    /// Not in the export's last applied members.
    pub const NEW: Self = Self(128);

    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// Which of the reading's distinct sets of segments; see [`super::SegmentSets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetId(pub u16);

impl Entry {
    /// Largest offset in the spool: 1 TiB.
    pub const MAX_OFFSET: u64 = (1 << 40) - 1;

    pub fn new(key: Key, fingerprint: Fingerprint, offset: u64, set: SetId, flags: Flags) -> Self {
        debug_assert!(offset <= Self::MAX_OFFSET);
        Self { key: key.0, fingerprint: fingerprint.0, packed: (offset << 24) | (u64::from(set.0) << 8) | u64::from(flags.0) }
    }

    pub fn key(&self) -> Key {
        Key(self.key)
    }

    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(self.fingerprint)
    }

    pub fn offset(&self) -> u64 {
        self.packed >> 24
    }

    pub fn set(&self) -> SetId {
        SetId((self.packed >> 8) as u16)
    }

    pub fn flags(&self) -> Flags {
        Flags(self.packed as u8)
    }

    pub fn set_set(&mut self, set: SetId) {
        self.packed = (self.packed & !0xff_ff00) | (u64::from(set.0) << 8);
    }

    pub fn set_flags(&mut self, flags: Flags) {
        self.packed = (self.packed & !0xff) | u64::from(flags.0);
    }

    /// Adds flags to those it has.
    pub fn flag(&mut self, flags: Flags) {
        self.set_flags(self.flags().with(flags));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_32_bytes_and_keeps_its_parts_apart() {
        assert_eq!(size_of::<Entry>(), 32);
        let mut entry = Entry::new(Key(7), Fingerprint(9), Entry::MAX_OFFSET, SetId(u16::MAX), Flags::NEW);
        entry.flag(Flags::CREATE);
        entry.set_set(SetId(3));
        assert_eq!((entry.offset(), entry.set(), entry.key(), entry.fingerprint()), (Entry::MAX_OFFSET, SetId(3), Key(7), Fingerprint(9)));
        assert!(entry.flags().has(Flags::NEW) && entry.flags().has(Flags::CREATE) && !entry.flags().has(Flags::UPDATE));
        entry.set_flags(entry.flags().without(Flags::NEW));
        assert!(!entry.flags().has(Flags::NEW) && entry.flags().has(Flags::CREATE));
    }
}
