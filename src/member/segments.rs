//! Sets of segments: a bit a segment, and the few distinct sets of one reading by number.

use super::entry::SetId;
use std::collections::HashMap;

/// Which of an export's segments: bit n is the segment that the state gave slot n. At most 60.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentMask(pub u64);

impl SegmentMask {
    pub const NONE: Self = Self(0);

    pub fn of(bit: u8) -> Self {
        Self(1 << bit)
    }

    pub fn has(self, bit: u8) -> bool {
        self.0 & (1 << bit) != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The bits set, ascending.
    pub fn bits(self) -> impl Iterator<Item = u8> {
        (0..64).filter(move |bit| self.has(*bit))
    }
}

/// The distinct sets that occur, numbered in order of first use.
#[derive(Debug, Default)]
pub struct SegmentSets {
    masks: Vec<SegmentMask>,
    ids: HashMap<SegmentMask, SetId>,
}

impl SegmentSets {
    /// The number of a set. `None`: more than 65,536 distinct sets in one export.
    pub fn id(&mut self, mask: SegmentMask) -> Option<SetId> {
        if let Some(id) = self.ids.get(&mask) {
            return Some(*id);
        }
        let id = SetId(u16::try_from(self.masks.len()).ok()?);
        self.masks.push(mask);
        self.ids.insert(mask, id);
        Some(id)
    }

    pub fn mask(&self, id: SetId) -> SegmentMask {
        self.masks.get(usize::from(id.0)).copied().unwrap_or_default()
    }
}
