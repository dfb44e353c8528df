//! Who keeps what a sign-in gave: the daemon at work on the state, this process, or nobody.

use super::Args;
use crate::{
    cli::{Globals, exit, remote::Remote, render, session},
    definition::{Catalog, Connection, Export},
    http::Hub,
    oauth::{InMemoryTokens, SignIns, Tokens},
    run::{Failure, FailureKind, SignedIn},
    server::api::{SentTokens, SignedInNow},
};
use std::sync::Arc;

pub enum Keeper {
    /// It is the state's one writer.
    Daemon(Remote),
    Own(session::Base),
    /// A rehearsal: the tokens end with the process, as the server that gave them does.
    Nobody(session::Base),
}

impl Keeper {
    /// Fails where the state cannot be written.
    pub async fn open(args: &Args, globals: &Globals, rehearsal: bool) -> Result<Self, u8> {
        let home = session::Home { dir: &args.dir, adopt: false };
        if rehearsal {
            let mut base = session::Base::open(globals, false, session::Access::Read, home).await?;
            base.engine.state = session::state_dir(globals, true)?;
            base.engine.sign_ins = SignIns::new(Arc::new(InMemoryTokens::default()), Hub::default());
            return Ok(Self::Nobody(base));
        }
        match Remote::find(globals, false, &args.access).await? {
            Some(daemon) => Ok(Self::Daemon(daemon)),
            None => Ok(Self::Own(session::Base::open(globals, false, session::Access::Write, home).await?)),
        }
    }

    /// Keeps the tokens; returns once that is durable and the platform was asked.
    pub async fn keep(self, catalog: &Catalog, connection: &Connection, tokens: Tokens) -> Result<SignedIn, u8> {
        match self {
            Self::Daemon(daemon) => {
                let path = format!("/v1/connections/{}/tokens", connection.name);
                daemon.put::<SignedInNow>(&path, &SentTokens::from(&tokens)).await.map(signed_in)
            }
            Self::Own(base) | Self::Nobody(base) => {
                let done = base.engine.sign_in(connection, export(catalog, connection).as_deref(), tokens).await;
                base.close().await;
                done.map_err(|failure| failed(&failure))
            }
        }
    }
}

/// As the daemon tells it.
fn signed_in(now: SignedInNow) -> SignedIn {
    let failure = |why: Option<String>| {
        let failure = Failure::new(FailureKind::Stalled, why.unwrap_or_else(|| "it does not say why".to_owned()));
        now.hint.clone().into_iter().fold(failure, Failure::hint)
    };
    let proved = now.connected.map(|connected| if connected { Ok(()) } else { Err(failure(now.why.clone())) });
    SignedIn { account: now.account.clone(), proved }
}

/// One that uses the connection, with this very connection in it.
fn export(catalog: &Catalog, connection: &Connection) -> Option<Arc<Export>> {
    let export = catalog.exports.values().find(|export| export.connection.name == connection.name)?;
    Some(Arc::new(Export { connection: Arc::new(connection.clone()), ..Export::clone(export) }))
}

/// There is nothing to sign in to: the key is tried.
pub async fn check(globals: &Globals, catalog: &Catalog, connection: &Connection, rehearsal: bool) -> Result<u8, u8> {
    render::talk(&format!("connection {} has a key: there is nothing to sign in to, the key is tried", connection.name));
    let Some(export) = export(catalog, connection) else {
        render::talk("no export uses this connection yet, so there is nothing to try it with");
        return Ok(exit::DONE);
    };
    let home = session::Home { dir: &catalog.root, adopt: false };
    let mut base = session::Base::open(globals, false, session::Access::Read, home).await?;
    if rehearsal {
        base.engine.state = session::state_dir(globals, true)?;
    }
    let account = base.engine.probe(&export).await.map_err(|failure| failed(&failure))?;
    base.close().await;
    render::talk(&format!("Connected: {} (account {})", connection.name, account.name));
    Ok(exit::DONE)
}

fn failed(failure: &Failure) -> u8 {
    session::fail(&failure.message, failure.hints.first().map(String::as_str))
}
