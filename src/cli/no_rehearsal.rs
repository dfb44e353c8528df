//! What `--sandbox` means in a program that was built without the sandbox: an error.

use super::session;
use crate::{
    definition::{Connection, Export},
    state::StateDir,
};
use std::sync::Arc;
use url::Url;

pub const SPEED: u32 = 1;

/// There is none.
pub enum Rehearsal {}

impl Rehearsal {
    pub async fn open(_: &StateDir) -> Result<Self, u8> {
        let hint = "build it with the feature `sandbox`, which is on by default";
        Err(session::fail("this listkeeper was built without its sandbox", Some(hint)))
    }

    pub fn export(&self, _: &Export) -> Export {
        match *self {}
    }

    pub fn connection(&self, _: &Connection) -> Arc<Connection> {
        match *self {}
    }

    pub fn page(&self) -> Url {
        match *self {}
    }

    pub async fn shutdown(self) {
        match self {}
    }
}
