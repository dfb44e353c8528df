//! Connections that a person signed in: taken from whoever did, and kept alive while nobody uses them.

use super::{
    board::SignInView,
    controller::Controller,
    handle::{By, Refused, RefusedKind},
    work::Event,
};
use crate::{
    definition::{Connection, Credentials, Export, Name},
    oauth::{App, Bearer, Tokens},
    run::{Failure, FailureKind, SignedIn},
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::Instant};

/// How often tokens are looked at that nobody may have used for a while.
const LOOK: Duration = Duration::from_secs(60);

impl Controller<'_> {
    /// Keeps what a sign-in gave, and answers once the platform has been asked.
    pub async fn sign_in(&mut self, name: Name, tokens: Tokens, by: By, reply: oneshot::Sender<Result<SignedIn, Refused>>) {
        let connection = match self.connection_of(&name, &tokens) {
            Ok(connection) => connection,
            Err(refused) => return drop(reply.send(Err(refused))),
        };
        self.audit(&by, "signed in", &format!("Connection {name}"), None).await;
        self.signed_out.remove(&name);
        let export = self.export_with(&name);
        let (engine, tell) = (self.engine.clone(), self.events.clone());
        tokio::spawn(async move {
            let signed_in = engine.sign_in_for(&connection, export.as_deref(), tokens).await;
            let failed = match &signed_in {
                Ok(SignedIn { proved: Some(Err(failure)), .. }) | Err(failure) => Some(failure.message.clone()),
                Ok(_) => None,
            };
            let _ = tell.send(Event::Probed { connection: name.to_string(), failed });
            let _ = reply.send(signed_in.map_err(|failure| conflict(failure.message, failure.hints.into_iter().next())));
        });
    }

    /// The connection as defined now, which these tokens must be for.
    fn connection_of(&self, name: &Name, tokens: &Tokens) -> Result<Arc<Connection>, Refused> {
        let connections = self.catalog.as_ref().map(|catalog| &catalog.connections);
        let Some(connection) = connections.and_then(|all| all.get(name)) else {
            let known: Vec<_> = connections.into_iter().flat_map(|all| all.keys()).map(Name::as_str).collect();
            let hint = Some(format!("connections: {}", known.join(", ")));
            return Err(Refused { kind: RefusedKind::Unknown, message: format!("there is no connection named \"{name}\""), hint });
        };
        match App::of(connection) {
            None => Err(conflict(format!("connection {name} has a key; there is nothing to sign in to"), None)),
            Some(Err(error)) => Err(conflict(error.message, error.hint)),
            Some(Ok(app)) if app.binding() != tokens.bound => {
                let hint = "sign in again: the daemon's directory and yours must say the same of this connection";
                Err(conflict(format!("these tokens are for another app or server than connection {name} is"), Some(hint.to_owned())))
            }
            Some(Ok(_)) => Ok(Arc::clone(connection)),
        }
    }

    fn export_with(&self, connection: &Name) -> Option<Arc<Export>> {
        self.desk.exports().values().find(|export| export.connection.name == *connection).cloned()
    }

    /// Renews what is due, so that a sign-in outlives an export that runs once a month, and that others who read the state
    /// find a token that is good.
    pub fn keep_signed_in(&mut self) {
        if self.sign_ins_seen.is_some_and(|at| at.elapsed() < LOOK) {
            return;
        }
        let Some(catalog) = &self.catalog else { return };
        self.sign_ins_seen = Some(Instant::now());
        let signed_in = self.view().and_then(|view| self.trouble(view.sign_ins().map_err(Failure::from))).unwrap_or_default();
        for (name, _) in signed_in.into_iter().filter(|(name, _)| !self.signed_out.contains(name)) {
            if let Some(connection) = catalog.connections.get(&name).filter(|c| matches!(c.credentials, Credentials::OAuth(_))) {
                let (bearer, tell) = (self.engine.bearer(connection), self.events.clone());
                tokio::spawn(async move {
                    let lost = lost(bearer).await;
                    let _ = tell.send(Event::Renewed { connection: name, lost });
                });
            }
        }
    }

    /// A sign-in was looked at. One that is lost is told of once.
    pub fn renewed(&mut self, connection: &Name, lost: Option<String>) {
        if lost.is_some() && self.signed_out.insert(connection.clone()) {
            self.show_probe(connection.as_str(), lost);
        }
        self.show_sign_ins();
    }

    /// Who is signed in, on the board.
    pub fn show_sign_ins(&self) {
        let Some(view) = self.view() else { return };
        let Some(sign_ins) = self.trouble(view.sign_ins().map_err(Failure::from)) else { return };
        let mut board = self.handle.board.write();
        for (name, tokens) in &sign_ins {
            if let Some(shown) = board.connections.get_mut(name.as_str()) {
                shown.sign_in = Some(SignInView::of(tokens));
            }
        }
    }
}

/// Why only a person can go on, if so; what may pass is tried again the next time.
async fn lost(bearer: Result<Bearer, Failure>) -> Option<String> {
    let current = match bearer {
        Ok(bearer) => bearer.current().await.map(drop).map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    current.err().filter(|failure| failure.kind == FailureKind::Stalled).map(|failure| failure.message)
}

fn conflict(message: String, hint: Option<String>) -> Refused {
    Refused { kind: RefusedKind::Conflict, message, hint }
}
