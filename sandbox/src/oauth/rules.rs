//! Where the vendors differ.

use serde::Deserialize;

/// One vendor's authorization server.
#[derive(Debug)]
pub(crate) struct Rules {
    pub name: &'static str,
    pub title: &'static str,
    pub base: &'static str,
    /// Query parameters of the authorize page.
    pub authorize: &'static [&'static str],
    /// Scopes there are; none: the vendor knows none.
    pub scopes: &'static [&'static str],
    /// An app without a secret is refused.
    pub needs_secret: bool,
    /// Secrets go as Basic rather than in the form.
    pub basic: bool,
    /// Access tokens live so long; `None`: for ever, and nothing renews them.
    pub life_ms: Option<i64>,
    pub device: bool,
    pub metadata: bool,
    /// Calls of the token endpoint a second, by app.
    pub per_second: Option<u32>,
}

/// A code that the browser brings back is good so long.
pub(super) const CODE_MS: i64 = 5 * 60_000;
/// A code for another device is good so long, and asked for so often at most.
pub(super) const DEVICE_MS: i64 = 10 * 60_000;
pub(super) const INTERVAL_MS: i64 = 5_000;
/// A refresh token that nobody uses dies.
pub(super) const UNUSED_MS: i64 = 180 * 86_400_000;

pub(crate) const MAILCHIMP: Rules = Rules {
    name: "oauth-mailchimp",
    title: "Mailchimp's sign-in",
    base: "/oauth/mailchimp",
    authorize: &["response_type", "client_id", "redirect_uri", "state"],
    scopes: &[],
    needs_secret: true,
    basic: false,
    life_ms: None,
    device: false,
    metadata: true,
    per_second: None,
};

pub(crate) const CONSTANT_CONTACT: Rules = Rules {
    name: "oauth-constant-contact",
    title: "Constant Contact's sign-in",
    base: "/oauth/constant-contact",
    authorize: &["response_type", "client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method", "nonce"],
    scopes: &["contact_data", "account_read", "account_update", "campaign_data", "billing_data", "offline_access"],
    needs_secret: false,
    basic: true,
    life_ms: Some(86_400_000),
    device: true,
    metadata: false,
    per_second: Some(1),
};

/// What an app's settings at the vendor decide, and what the documents leave open.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Settings {
    /// Renewals give the same refresh token again, rather than another each time.
    pub long_lived: bool,
    /// The device flow gives a refresh token.
    pub device_refresh: bool,
    /// `expires_in` is seconds from now, rather than the moment itself.
    pub relative_expiry: bool,
    /// The person says no.
    pub deny: bool,
    /// The scheme that the metadata endpoint takes.
    pub metadata_scheme: String,
    /// What it answers to another scheme.
    pub other_scheme: OtherScheme,
    /// It says where the API is; it names the data centre.
    pub names_endpoint: bool,
    pub names_centre: bool,
}

/// A good token under a scheme that is not the metadata endpoint's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OtherScheme {
    Refused,
    /// A success that leaves out where the API is.
    WithoutEndpoint,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            long_lived: false,
            device_refresh: true,
            relative_expiry: false,
            deny: false,
            metadata_scheme: "OAuth".to_owned(),
            other_scheme: OtherScheme::Refused,
            names_endpoint: true,
            names_centre: true,
        }
    }
}
