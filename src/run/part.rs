//! One part of a phase: an operation, for joins and leaves in one container; and whom it concerns.

use super::observe::Ready;
use crate::{
    destination::{Capabilities, ContainerId, Operation, Reading},
    member::{RemainingFlags, SegmentMask},
};

/// One part of a phase: an operation, for joins and leaves in one container.
#[derive(Clone, Debug)]
pub struct Part {
    pub operation: Operation,
    pub container: Option<(u8, ContainerId)>,
    /// A join carries attributes that are still to be told.
    pub join_tells: bool,
    /// A create puts people into their containers.
    pub create_joins: bool,
}

impl Part {
    /// Everything that an operation has to do, container by container where it is about one.
    pub fn all(operation: Operation, ready: &Ready, capabilities: &Capabilities) -> Vec<Self> {
        let create_joins = capabilities.create_joins && (ready.everyone_read || capabilities.reading != Reading::Everyone);
        let part = |container| Self { operation, container, join_tells: capabilities.join_tells, create_joins };
        match operation {
            Operation::Join | Operation::Leave => ready.containers.iter().map(|c| part(Some(c.clone()))).collect(),
            _ => vec![part(None)],
        }
    }

    pub fn bit(&self) -> Option<u8> {
        self.container.as_ref().map(|(bit, _)| *bit)
    }

    /// Whether someone with these flags, who joins these segments, has to do with it.
    pub fn concerns(&self, flags: RemainingFlags, joins: SegmentMask, capabilities: &Capabilities) -> bool {
        match self.operation {
            Operation::Create => flags.has(RemainingFlags::CREATE),
            Operation::Update => flags.has(RemainingFlags::UPDATE),
            Operation::Restore => flags.has(RemainingFlags::RESTORE),
            Operation::Join => {
                let joins = self.bit().is_some_and(|bit| joins.has(bit));
                joins || (capabilities.join_updates && flags.has(RemainingFlags::UPDATE))
            }
            Operation::Leave | Operation::Archive => false,
        }
    }

    /// Whether the attributes go along: always where that is what it is for; with a join if they are still to be told.
    pub fn tells(&self, flags: RemainingFlags) -> bool {
        match self.operation {
            Operation::Join => self.join_tells && flags.has(RemainingFlags::UPDATE),
            operation => !operation.removes(),
        }
    }

    /// Of the segments that someone joins, those that this part puts them into.
    pub fn joined(&self, joins: SegmentMask) -> SegmentMask {
        match self.operation {
            Operation::Create if self.create_joins => joins,
            Operation::Join => self.bit().map_or(SegmentMask::NONE, |bit| joins.and(SegmentMask::of(bit))),
            _ => SegmentMask::NONE,
        }
    }
}
