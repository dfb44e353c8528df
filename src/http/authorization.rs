//! What a request proves itself with.

use secrecy::{ExposeSecret, SecretString};
use std::{borrow::Cow, fmt};

/// The headers that say who we are, or that are a key to what is asked for. Never shown.
#[derive(Clone)]
pub struct Authorization(Vec<(Cow<'static, str>, SecretString)>);

impl Authorization {
    /// Basic: any user, the secret as password.
    pub fn basic(user: &str, secret: &SecretString) -> Self {
        use base64::{Engine, engine::general_purpose::STANDARD};
        Self::scheme("Basic", &STANDARD.encode(format!("{user}:{}", secret.expose_secret())).into())
    }

    pub fn bearer(token: &SecretString) -> Self {
        Self::scheme("Bearer", token)
    }

    /// `Authorization: SCHEME SECRET`.
    pub fn scheme(scheme: &str, secret: &SecretString) -> Self {
        Self::header("authorization", &format!("{scheme} {}", secret.expose_secret()).into())
    }

    /// A header of the vendor's own, lower case, with the secret as it is.
    pub fn header(header: impl Into<Cow<'static, str>>, secret: &SecretString) -> Self {
        Self(vec![(header.into(), secret.clone())])
    }

    /// For services that want to be told twice.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Names and values, for the transport alone.
    pub(super) fn expose(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.expose_secret()))
    }
}

/// Whether both say the same of us.
impl PartialEq for Authorization {
    fn eq(&self, other: &Self) -> bool {
        self.expose().eq(other.expose())
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorization(redacted)")
    }
}
