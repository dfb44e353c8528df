//! One member in 32 bytes: the index that a reading of a million people leaves in memory (G8). The same bytes stand for what was
//! read, then for what changes, then for what remains to be done; each has flags of its own, so that nothing can be asked
//! of one that only another knows.

use super::{Key, Signature};
use std::marker::PhantomData;

/// Key, signature, place in the spool, set of segments, and the flags of its phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<F> {
    key: u128,
    signature: u64,
    /// 38 bits of offset, 16 bits of segment set, 10 bits of flags.
    packed: u64,
    flags: PhantomData<F>,
}

/// Flags of one phase.
pub trait Flags: Copy {
    fn bits(self) -> u16;
    fn of(bits: u16) -> Self;
}

macro_rules! flags {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $flag:ident = $bit:literal)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
        pub struct $name(u16);

        impl $name {
            $($(#[$of])* pub const $flag: Self = Self($bit);)*

            /// Any of these.
            pub fn has(self, any: Self) -> bool {
                self.0 & any.0 != 0
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

        impl Flags for $name {
            fn bits(self) -> u16 {
                self.0
            }

            fn of(bits: u16) -> Self {
                Self(bits)
            }
        }
    };
}

flags! {
    /// Of what was read.
    WantedFlags {
        /// A value of the row did not fit: the person stays as they are.
        REJECTED = 0b0000_0001
        /// The row lacks the evidence of consent that new contacts need.
        NO_CONSENT = 0b0000_0010
        /// No attribute is to be sent: each is empty, and an empty one leaves its field alone.
        QUIET = 0b0000_0100
    }
}

flags! {
    /// Of what changes; what was read is still known.
    ChangeFlags {
        REJECTED = 0b0000_0001
        NO_CONSENT = 0b0000_0010
        QUIET = 0b0000_0100
        /// To be created at the platform.
        CREATE = 0b0000_1000
        /// Attributes to be sent for a contact that the platform knows, or that a join creates.
        UPDATE = 0b0001_0000
        /// Archived by us, to come back with the status it had.
        RESTORE = 0b0010_0000
        /// The platform knows the contact under another status than subscribed, and it keeps that.
        KEEPS_STATUS = 0b0100_0000
        /// Not in the export's last applied members.
        NEW = 0b1000_0000
        /// An update that may go in bulk, as far as its contact's status is known.
        BULK = 0b1_0000_0000
        /// Rejected before for a list that it is wanted on, and not to be asked again.
        KEPT_OFF = 0b10_0000_0000
    }
}

flags! {
    /// Of what remains to be done while a run works.
    RemainingFlags {
        /// Something of it was accepted without an answer of its own.
        UNVERIFIED = 0b0000_0001
        /// The platform knows the contact under another status than subscribed, and it keeps that.
        KEEPS_STATUS = 0b0000_0010
        QUIET = 0b0000_0100
        CREATE = 0b0000_1000
        UPDATE = 0b0001_0000
        RESTORE = 0b0010_0000
        /// Could not be carried out in this run.
        FAILED = 0b0100_0000
        NEW = 0b1000_0000
        /// An update that may go in bulk, as far as its contact's status is known.
        BULK = 0b1_0000_0000
        /// Rejected before for a list that it is wanted on, and not to be asked again.
        KEPT_OFF = 0b10_0000_0000
    }
}

impl ChangeFlags {
    /// Any of these is work to be done.
    pub const ACTS: Self = Self(Self::CREATE.0 | Self::UPDATE.0 | Self::RESTORE.0);
}

impl RemainingFlags {
    /// Any of these is work to be done.
    pub const ACTS: Self = Self(ChangeFlags::ACTS.0);
    const KEPT: u16 = Self::QUIET.0 | Self::ACTS.0 | Self::NEW.0 | Self::BULK.0 | Self::KEPT_OFF.0;
}

/// What was read of a member.
pub type WantedEntry = Entry<WantedFlags>;
/// What changes for a member.
pub type ChangeEntry = Entry<ChangeFlags>;
/// What remains to be done for a member.
pub type RemainingEntry = Entry<RemainingFlags>;

/// Which of the reading's distinct sets of segments; see [`super::SegmentSets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetId(pub u16);

const FLAG_BITS: u32 = 10;
const FLAGS: u64 = (1 << FLAG_BITS) - 1;
const SET: u64 = (u16::MAX as u64) << FLAG_BITS;
const OFFSET_AT: u32 = FLAG_BITS + u16::BITS;
/// Largest offset in the spool: 256 GiB.
pub const MAX_OFFSET: u64 = (1 << (u64::BITS - OFFSET_AT)) - 1;

impl<F: Flags> Entry<F> {
    pub fn new(key: Key, signature: Signature, offset: u64, set: SetId, flags: F) -> Self {
        debug_assert!(offset <= MAX_OFFSET);
        let packed = (offset << OFFSET_AT) | (u64::from(set.0) << FLAG_BITS) | u64::from(flags.bits());
        Self { key: key.0, signature: signature.0, packed, flags: PhantomData }
    }

    pub fn key(&self) -> Key {
        Key(self.key)
    }

    /// Of the values and the id that the row has.
    pub fn signature(&self) -> Signature {
        Signature(self.signature)
    }

    pub fn offset(&self) -> u64 {
        self.packed >> OFFSET_AT
    }

    pub fn set(&self) -> SetId {
        SetId((self.packed >> FLAG_BITS) as u16)
    }

    pub fn flags(&self) -> F {
        F::of((self.packed & FLAGS) as u16)
    }

    pub fn set_set(&mut self, set: SetId) {
        self.packed = (self.packed & !SET) | (u64::from(set.0) << FLAG_BITS);
    }

    pub fn set_flags(&mut self, flags: F) {
        self.packed = (self.packed & !FLAGS) | u64::from(flags.bits());
    }

    /// Adds flags to those it has.
    pub fn flag(&mut self, flags: F) {
        self.set_flags(F::of(self.flags().bits() | flags.bits()));
    }

    fn phase<G: Flags>(self, flags: G) -> Entry<G> {
        let packed = (self.packed & !FLAGS) | u64::from(flags.bits());
        Entry { key: self.key, signature: self.signature, packed, flags: PhantomData }
    }
}

impl WantedEntry {
    /// To be compared with what was applied.
    pub fn change(self) -> ChangeEntry {
        self.phase(ChangeFlags(self.flags().0))
    }
}

impl ChangeEntry {
    /// To be carried out.
    pub fn remaining(self) -> RemainingEntry {
        let flags = RemainingFlags(self.flags().0 & RemainingFlags::KEPT);
        let keeps_status = self.flags().has(ChangeFlags::KEEPS_STATUS);
        self.phase(if keeps_status { flags.with(RemainingFlags::KEEPS_STATUS) } else { flags })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a run holds of each member (G8).
    #[test]
    fn an_entry_is_32_bytes_and_keeps_its_parts_apart() {
        assert_eq!((size_of::<WantedEntry>(), size_of::<ChangeEntry>(), size_of::<RemainingEntry>()), (32, 32, 32));
        let mut entry = ChangeEntry::new(Key(7), Signature(9), MAX_OFFSET, SetId(u16::MAX), ChangeFlags::NEW);
        entry.flag(ChangeFlags::CREATE);
        entry.set_set(SetId(3));
        assert_eq!((entry.offset(), entry.set(), entry.key(), entry.signature()), (MAX_OFFSET, SetId(3), Key(7), Signature(9)));
        assert_eq!(entry.flags(), ChangeFlags::NEW.with(ChangeFlags::CREATE));
        entry.set_flags(entry.flags().without(ChangeFlags::NEW));
        assert_eq!(entry.flags(), ChangeFlags::CREATE);
    }

    #[test]
    fn what_was_read_is_known_until_it_is_carried_out() {
        let read = WantedFlags::REJECTED.with(WantedFlags::NO_CONSENT).with(WantedFlags::QUIET);
        let mut change = WantedEntry::new(Key(7), Signature(9), 5, SetId(3), read).change();
        let known = ChangeFlags::REJECTED.with(ChangeFlags::NO_CONSENT).with(ChangeFlags::QUIET);
        assert_eq!((change.key(), change.offset(), change.flags()), (Key(7), 5, known));
        change.flag(ChangeFlags::NEW.with(ChangeFlags::RESTORE).with(ChangeFlags::KEEPS_STATUS).with(ChangeFlags::BULK));
        let remains = change.remaining();
        let expected = RemainingFlags::NEW.with(RemainingFlags::RESTORE).with(RemainingFlags::QUIET).with(RemainingFlags::KEEPS_STATUS);
        let expected = expected.with(RemainingFlags::BULK);
        assert_eq!((remains.key(), remains.offset(), remains.set(), remains.flags()), (Key(7), 5, SetId(3), expected));
    }

    #[test]
    fn a_phase_begins_in_the_memory_of_the_one_before() {
        let entries: Vec<_> = (0..1_000).map(|n| WantedEntry::new(Key(n), Signature(0), 0, SetId(0), WantedFlags::default())).collect();
        let at = entries.as_ptr() as usize;
        let changes: Vec<_> = entries.into_iter().map(WantedEntry::change).collect();
        let remaining: Vec<_> = changes.into_iter().map(ChangeEntry::remaining).collect();
        assert_eq!(remaining.as_ptr() as usize, at, "nothing is copied to other memory");
    }
}
