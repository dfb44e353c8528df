//! Who a request is from, and what they may ask.

use super::{Problem, routes::Access, serve::App};
use crate::{
    daemon::user_name,
    state::{ApiToken, Scope},
};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use std::collections::BTreeSet;

/// Put into a request by the gate; handlers have no other.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// For the audit trail: a user of this machine, or the token that was shown.
    pub name: String,
    may: May,
}

#[derive(Clone, Debug)]
enum May {
    Everything,
    These { scopes: BTreeSet<Scope>, folders: Option<Vec<String>> },
}

impl Caller {
    /// Nobody in particular: for what anyone may ask.
    pub fn nobody() -> Self {
        Self::with("nobody".to_owned(), BTreeSet::new(), None)
    }

    /// Who has the administrator's token.
    pub fn administrator() -> Self {
        Self { name: "administrator".to_owned(), may: May::Everything }
    }

    /// A user of this machine who runs the daemon, as the kernel says, and may do all that the daemon can.
    pub fn user(uid: u32) -> Self {
        Self { name: user_name(uid), may: May::Everything }
    }

    /// The same user, in a program that speaks TCP: a page in a browser may be behind it.
    pub fn reader(uid: u32) -> Self {
        Self::with(user_name(uid), [Scope::Read].into(), None)
    }

    pub fn token(token: &ApiToken) -> Self {
        Self::with(format!("token {}", token.name), token.scopes.clone(), Some(token.folders.clone()))
    }

    fn with(name: String, scopes: BTreeSet<Scope>, folders: Option<Vec<String>>) -> Self {
        Self { name, may: May::These { scopes, folders } }
    }

    pub fn may(&self, access: Access) -> bool {
        match (&self.may, access) {
            (May::Everything, _) | (_, Access::Probe | Access::Metrics) => true,
            (May::These { scopes, .. }, Access::Scope(scope)) => scopes.contains(&scope),
            (May::These { .. }, Access::Administrator) => false,
        }
    }

    /// Fails, naming what is missing, where a request turns out to need more than its route.
    pub fn need(&self, scope: Scope, what: &str) -> Result<(), Problem> {
        if self.may(Access::Scope(scope)) { Ok(()) } else { Err(self.lacks(&format!("the scope `{scope}`"), what)) }
    }

    pub fn refusal(&self, access: Access) -> Problem {
        match access {
            Access::Scope(scope) => self.lacks(&format!("the scope `{scope}`"), "this"),
            Access::Metrics => self.lacks("the scope `read`", "this"),
            _ => self.lacks("the administrator's token, or the socket in the state directory", "this"),
        }
    }

    fn lacks(&self, needed: &str, what: &str) -> Problem {
        let has = match &self.may {
            May::These { scopes, .. } if !scopes.is_empty() => {
                format!("has {}", scopes.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(", "))
            }
            _ => "has no scope".to_owned(),
        };
        Problem::new(StatusCode::FORBIDDEN, format!("{what} needs {needed}; {} {has}", self.name))
            .hint("an administrator makes tokens: listkeeper token create NAME --scope SCOPE")
    }

    /// The folders with whose rights what is sent is planned, as globs. `None`: an administrator's.
    pub fn folders(&self) -> Option<&[String]> {
        match &self.may {
            May::Everything => None,
            May::These { folders, .. } => Some(folders.as_deref().unwrap_or_default()),
        }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let unknown = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "nobody looked at who asks; this is a bug in Listkeeper");
        parts.extensions.get::<Self>().cloned().ok_or_else(unknown)
    }
}
