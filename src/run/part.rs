//! One step at the platform: its task, and the list that it is about.

use super::observe::Ready;
use crate::{
    destination::{ContainerId, Operation},
    plan::task::Task,
};

/// A task of the plan, with its list as the platform knows it.
#[derive(Clone, Debug)]
pub struct Part {
    pub operation: Operation,
    pub container: Option<(u8, ContainerId)>,
    pub task: Task,
}

impl Part {
    /// `None`: the list is not there any more, and nobody is on it.
    pub fn of(task: &Task, ready: &Ready) -> Option<Self> {
        let list = |bit| ready.containers.iter().find(|(of, _)| *of == bit).cloned();
        let container = match task.bit {
            Some(bit) => Some(list(bit)?),
            None => None,
        };
        Some(Self { operation: task.operation, container, task: *task })
    }

    pub fn bit(&self) -> Option<u8> {
        self.task.bit
    }
}
