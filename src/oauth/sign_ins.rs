//! Every connection's sign-in in this process.

use super::{
    app::App,
    authority::Authority,
    bearer::Bearer,
    error::Error,
    store::TokenStore,
    tokens::{Binding, Tokens},
};
use crate::{
    definition::{Connection, Name},
    http::Hub,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// One a process. Cheap to clone.
#[derive(Clone)]
pub struct SignIns {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn TokenStore>,
    hub: Hub,
    slots: Mutex<BTreeMap<Name, Slot>>,
}

/// A connection's tokens as this process knows them. Whoever holds the lock is the one who writes.
pub(super) type Slot = Arc<tokio::sync::Mutex<Option<Tokens>>>;

impl SignIns {
    pub fn new(store: Arc<dyn TokenStore>, hub: Hub) -> Self {
        Self { shared: Arc::new(Shared { store, hub, slots: Mutex::default() }) }
    }

    /// What calls of this connection authorize themselves with. Fails where nobody signed in, or for another app than the
    /// definition's; makes no call.
    pub fn bearer(&self, connection: &Connection) -> Result<Bearer, Error> {
        let name = &connection.name;
        let app = App::of(connection).unwrap_or_else(|| Err(Error::stall(format!("connection {name} has a key; nobody signs in"))))?;
        let tokens = self.shared.store.read(name)?.ok_or_else(|| {
            Error::stall(format!("connection {name} is not signed in at {}; {}", app.vendor().title, connect(name)))
                .hint("a person does it once, in a browser; the command can run on another machine's terminal too (--paste)")
        })?;
        bound(name, &app.binding(), &tokens)?;
        if !app.trusts(tokens.api.as_ref()) {
            let message = format!("connection {name}: its sign-in names an API that is not {}'s; {}", app.vendor().title, connect(name));
            return Err(Error::stall(message).hint("its tokens are not sent there"));
        }
        Ok(Bearer::new(name.clone(), Authority::new(app, &self.shared.hub), self.clone(), self.slot(name), tokens.api))
    }

    /// Keeps what a sign-in gave; returns once it is durable.
    pub async fn keep(&self, connection: &Name, tokens: Tokens) -> Result<(), Error> {
        let slot = self.slot(connection);
        let mut held = slot.lock().await;
        self.shared.store.writer().await?.write(connection, &tokens).await?;
        *held = Some(tokens);
        Ok(())
    }

    /// Notes whose account it is, once a call has told.
    pub async fn name_account(&self, connection: &Name, account: &str) -> Result<(), Error> {
        let slot = self.slot(connection);
        let mut held = slot.lock().await;
        let mut writer = self.shared.store.writer().await?;
        let Some(tokens) = self.shared.store.read(connection)? else { return Ok(()) };
        let named = Tokens { account: Some(account.to_owned()), ..tokens };
        writer.write(connection, &named).await?;
        *held = Some(named);
        Ok(())
    }

    pub(super) fn store(&self) -> &dyn TokenStore {
        &*self.shared.store
    }

    fn slot(&self, name: &Name) -> Slot {
        self.shared.slots.lock().unwrap_or_else(PoisonError::into_inner).entry(name.clone()).or_default().clone()
    }
}

/// Tokens go to the server that gave them, for the app that they were given to.
pub(super) fn bound(name: &Name, wanted: &Binding, tokens: &Tokens) -> Result<(), Error> {
    if tokens.bound == *wanted {
        return Ok(());
    }
    let what = if tokens.bound.client_id == wanted.client_id { "at another authorization server" } else { "with another client id" };
    let message = format!("connection {name} was signed in {what} than its definition names now; {}", connect(name));
    Err(Error::stall(message).hint("its tokens are sent nowhere else; or take the change of credentials.oauth back"))
}

/// What to do; part of the message, since not everyone who shows that shows hints.
pub(super) fn connect(name: &Name) -> String {
    format!("to sign in: listkeeper connect {name}")
}

impl std::fmt::Debug for SignIns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIns")
    }
}
