//! An app at an authorization server: what a connection says of it, with its secret read.

use super::{error::Error, tokens::Binding};
use crate::{
    definition::{Connection, Credentials},
    platform::{AuthorizationServer, SecretUse},
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Ready to sign in. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct App {
    pub(super) vendor: &'static AuthorizationServer,
    pub(super) base: Url,
    pub(super) client_id: String,
    pub(super) secret: Option<SecretString>,
    /// An authorization server of one's own: what it says is trusted as the vendor's is.
    pub(super) own_server: bool,
}

impl App {
    /// The app of a connection. `None`: the connection has a key, and nobody signs in.
    pub fn of(connection: &Connection) -> Option<Result<Self, Error>> {
        let Credentials::OAuth(app) = &connection.credentials else { return None };
        let name = &connection.name;
        let failed = |why: String| Error::stall(format!("connection {name}: {why}")).hint("see credentials.oauth of the connection");
        let read = || {
            let vendor = AuthorizationServer::named(connection.kind.as_str())
                .ok_or_else(|| failed(format!("there is no signing in at {}", connection.kind.as_str())))?;
            let client_id = app.client_id.read_key().map_err(|why| failed(format!("no client id: {why}")))?;
            let secret = app.client_secret.as_ref().map(|secret| secret.read_key()).transpose();
            let secret = secret.map_err(|why| failed(format!("no client secret: {why}")))?;
            Self::new(vendor, app.endpoint.clone(), client_id.expose_secret().to_owned(), secret).map_err(failed)
        };
        Some(read())
    }

    /// The base is the vendor's unless one is given. Fails, and says why, where the vendor wants a secret that is not there.
    pub(super) fn new(
        vendor: &'static AuthorizationServer,
        endpoint: Option<Url>,
        client_id: String,
        secret: Option<SecretString>,
    ) -> Result<Self, String> {
        if secret.is_none() && vendor.secret == SecretUse::Form {
            return Err(format!("{} lets no app sign in without its secret; add `clientSecret`", vendor.title));
        }
        let own_server = endpoint.is_some();
        let base = endpoint.map_or_else(|| Url::parse(vendor.base).map_err(|error| error.to_string()), Ok)?;
        Ok(Self { vendor, base, client_id, secret, own_server })
    }

    pub fn vendor(&self) -> &'static AuthorizationServer {
        self.vendor
    }

    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// What its tokens are good for, and nothing else.
    pub fn binding(&self) -> Binding {
        Binding { vendor: self.vendor.name.to_owned(), endpoint: self.base.to_string(), client_id: self.client_id.clone() }
    }

    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        // The base is http(s), which always has segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        url
    }

    /// By PKCE, where there is no secret to prove it with.
    pub(super) fn proves_by_pkce(&self) -> bool {
        self.secret.is_none()
    }
}
