//! Sign-ins that outlive the process: kept in the state, by whoever is its writer.

use super::{Failure, Recorder};
use crate::{
    definition::Name,
    oauth::{Error, TokenStore, TokenWriter, Tokens},
    state::{StateDir, StateError, StateErrorKind, Store, View},
};
use async_trait::async_trait;
use chrono::Utc;

/// Where the process writes the state, by its writer; else by taking the state's lock for the moment of a renewal.
pub struct DurableTokens {
    recorder: Option<Recorder>,
    state: StateDir,
}

impl DurableTokens {
    pub fn new(recorder: Option<Recorder>, state: StateDir) -> Self {
        Self { recorder, state }
    }
}

#[async_trait]
impl TokenStore for DurableTokens {
    fn read(&self, connection: &Name) -> Result<Option<Tokens>, Error> {
        let view = View::open(&self.state, Utc::now()).map_err(refused)?;
        view.map_or(Ok(None), |view| view.tokens(connection)).map_err(refused)
    }

    async fn writer(&self) -> Result<Box<dyn TokenWriter>, Error> {
        match &self.recorder {
            Some(recorder) => {
                // What cannot be written now could not be written after the vendor's answer either.
                recorder.flush().await.map_err(failed)?;
                Ok(Box::new(recorder.clone()))
            }
            None => Ok(Box::new(Store::open(&self.state, Utc::now()).map_err(refused)?)),
        }
    }
}

#[async_trait]
impl TokenWriter for Recorder {
    async fn write(&mut self, connection: &Name, tokens: &Tokens) -> Result<(), Error> {
        let (connection, tokens) = (connection.clone(), tokens.clone());
        self.record(move |store| store.keep_tokens(&connection, &tokens)).await.map_err(failed)
    }
}

#[async_trait]
impl TokenWriter for Store {
    async fn write(&mut self, connection: &Name, tokens: &Tokens) -> Result<(), Error> {
        self.keep_tokens(connection, tokens).map_err(refused)
    }
}

/// Another process that writes is done some time, and may have renewed by then.
fn refused(error: StateError) -> Error {
    match error.kind {
        StateErrorKind::InUse => Error::retry(format!("a sign-in cannot be renewed at the moment: {error}")),
        _ => Error { hint: error.hint, ..Error::stall(format!("a sign-in cannot be kept: {}", error.message)) },
    }
}

fn failed(failure: Failure) -> Error {
    Error { hint: failure.hints.first().cloned(), ..Error::stall(format!("a sign-in cannot be kept: {}", failure.message)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::{Binding, ErrorKind};
    use secrecy::ExposeSecret;

    fn tokens(access: &str) -> Tokens {
        let bound = Binding { vendor: "constant-contact".into(), endpoint: "https://auth.example.com/".into(), client_id: "app".into() };
        let access = access.to_owned().into();
        Tokens { bound, access, refresh: None, obtained: Utc::now(), expires: None, account: None, api: None }
    }

    fn kept(store: &DurableTokens, name: &Name) -> Option<String> {
        store.read(name).unwrap().map(|tokens| tokens.access.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn a_process_that_writes_the_state_writes_them_by_its_writer() {
        let dir = tempfile::tempdir().unwrap();
        let (state, name) = (StateDir::from(dir.path().join("state")), Name::new("crm").unwrap());
        let recorder = Recorder::start(Store::open(&state, Utc::now()).unwrap()).0;
        let store = DurableTokens::new(Some(recorder), state.clone());
        assert_eq!(kept(&store, &name), None);
        store.writer().await.unwrap().write(&name, &tokens("a")).await.unwrap();
        // As another process, after a power cut, would find it.
        assert_eq!(kept(&DurableTokens::new(None, state), &name).as_deref(), Some("a"));
    }

    #[tokio::test]
    async fn one_that_only_reads_takes_the_lock_for_as_long_as_it_writes() {
        let dir = tempfile::tempdir().unwrap();
        let (state, name) = (StateDir::from(dir.path().join("state")), Name::new("crm").unwrap());
        let store = DurableTokens::new(None, state.clone());
        let mut writer = store.writer().await.unwrap();
        let refused = DurableTokens::new(None, state.clone()).writer().await.err().unwrap();
        assert!(matches!(refused.kind, ErrorKind::Retry { .. }), "{refused:?}");
        writer.write(&name, &tokens("a")).await.unwrap();
        drop(writer);
        assert_eq!(kept(&store, &name).as_deref(), Some("a"));
        Store::open(&state, Utc::now()).unwrap();
    }
}
