//! What is needed of whoever keeps tokens.

use super::{error::Error, tokens::Tokens};
use crate::definition::Name;
use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Keeps the tokens of connections, by name.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// As last written, by whichever process. `None`: nobody signed in.
    fn read(&self, connection: &Name) -> Result<Option<Tokens>, Error>;

    /// The right to write, held until dropped: nobody else, in any process, renews meanwhile. It is asked for before the
    /// vendor is, and proves that what the vendor gives can be kept.
    async fn writer(&self) -> Result<Box<dyn TokenWriter>, Error>;
}

#[async_trait]
pub trait TokenWriter: Send {
    /// Returns once it is durable.
    async fn write(&mut self, connection: &Name, tokens: &Tokens) -> Result<(), Error>;
}

/// Keeps them for as long as the process lives: a rehearsal's, whose authorization server ends with it.
#[derive(Clone, Debug, Default)]
pub struct InMemoryTokens(Arc<Mutex<BTreeMap<Name, Tokens>>>);

#[async_trait]
impl TokenStore for InMemoryTokens {
    fn read(&self, connection: &Name) -> Result<Option<Tokens>, Error> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(connection).cloned())
    }

    async fn writer(&self) -> Result<Box<dyn TokenWriter>, Error> {
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl TokenWriter for InMemoryTokens {
    async fn write(&mut self, connection: &Name, tokens: &Tokens) -> Result<(), Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(connection.clone(), tokens.clone());
        Ok(())
    }
}
