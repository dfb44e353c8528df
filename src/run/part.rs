//! One part of a phase: an operation, for joins and leaves in one container; and whom it concerns.

use crate::{
    destination::{Capabilities, ContainerId, Operation},
    member::{Flags, SegmentMask},
};

/// One part of a phase: an operation, for joins and leaves in one container.
#[derive(Clone, Debug)]
pub struct Part {
    pub operation: Operation,
    pub container: Option<(u8, ContainerId)>,
    /// A join carries attributes that are still to be told.
    pub join_tells: bool,
}

impl Part {
    pub fn bit(&self) -> Option<u8> {
        self.container.as_ref().map(|(bit, _)| *bit)
    }

    /// Whether someone with these flags, who joins these segments, has to do with it.
    pub fn concerns(&self, flags: Flags, joins: SegmentMask, capabilities: &Capabilities) -> bool {
        match self.operation {
            Operation::Create => flags.has(Flags::CREATE),
            Operation::Update => flags.has(Flags::UPDATE),
            Operation::Restore => flags.has(Flags::RESTORE),
            Operation::Join => {
                let joins = self.bit().is_some_and(|bit| joins.has(bit));
                joins || (capabilities.join_updates && flags.has(Flags::UPDATE))
            }
            Operation::Leave | Operation::Archive => false,
        }
    }

    /// Whether the attributes go along: always where that is what it is for; with a join if they are still to be told.
    pub fn tells(&self, flags: Flags) -> bool {
        match self.operation {
            Operation::Join => self.join_tells && flags.has(Flags::UPDATE),
            operation => !operation.removes(),
        }
    }

    /// Of the segments that someone joins, those that this part puts them into.
    pub fn joined(&self, joins: SegmentMask, capabilities: &Capabilities) -> SegmentMask {
        match self.operation {
            Operation::Create if capabilities.create_joins => joins,
            Operation::Join => self.bit().map_or(SegmentMask::NONE, |bit| joins.and(SegmentMask::of(bit))),
            _ => SegmentMask::NONE,
        }
    }
}
