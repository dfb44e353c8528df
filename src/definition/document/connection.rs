//! `kind: Connection`.

use super::{BulkUpdatesDoc, Short, Text};
use crate::definition::{Region, yaml::At};
use schemars::JsonSchema;
use serde::Deserialize;

/// One account at a platform.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Connection")]
pub struct ConnectionDoc {
    /// What exports call it: a-z, 0-9 and -, at most 63 characters.
    #[schemars(required)]
    #[expect(dead_code, reason = "taken from the node, so that a broken document is known by name too")]
    pub name: Option<Text>,
    /// What people see. Default: the name.
    pub display_name: Option<Text>,
    /// The platform.
    #[schemars(required, extend("enum" = ["mailchimp", "omnisend", "constant-contact", "iterable"]))]
    pub r#type: Option<Text>,
    /// Where the credentials are; never the credentials.
    #[schemars(required)]
    pub credentials: Option<At<Short<CredentialsDoc>>>,
    /// Who accepted that personal data goes to this vendor; nothing is sent without it.
    #[schemars(required)]
    pub privacy: Option<At<PrivacyDoc>>,
    /// Folders whose exports may use it, as globs (`marketing/**`). Default: administrators' folders only.
    pub usable_by: Option<Vec<Text>>,
    /// The identity that a run acts as; it is in the history of every run.
    pub export_user: Option<Text>,
    /// A base URL instead of the vendor's, for tests and proxies.
    pub endpoint: Option<Text>,
    /// Where the account is kept: `us` or `eu`. Iterable only; default: `us`.
    pub region: Option<At<Region>>,
    /// What the account may spend, where it is not the vendor's documented default.
    pub limits: Option<LimitsDoc>,
}

/// Credentials, by reference.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CredentialsDoc {
    /// The API key: `{env: NAME}`, `{file: PATH}` or `{systemdCredential: NAME}`. Omnisend, Iterable, Mailchimp.
    #[schemars(with = "Option<SecretDoc>")]
    pub api_key: Option<At<Short<SecretDoc>>>,
    /// An application that you registered at the vendor; `listkeeper connect` signs in. Constant Contact, Mailchimp.
    pub oauth: Option<At<OAuthDoc>>,
}

/// An application registered at the vendor.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OAuthDoc {
    /// The application's id (Constant Contact calls it API key); no secret, so it may be written out.
    #[schemars(required)]
    pub client_id: Option<At<Short<SecretDoc>>>,
    /// The application's secret, by reference. Mailchimp needs it; Constant Contact does without.
    #[schemars(with = "Option<SecretDoc>")]
    pub client_secret: Option<At<Short<SecretDoc>>>,
    /// A base URL instead of the vendor's authorization server, for tests and proxies.
    pub endpoint: Option<Text>,
}

/// Where a secret is: exactly one of the three.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct SecretDoc {
    /// Name of an environment variable.
    pub env: Option<Text>,
    /// Path of a file, relative to this file.
    pub file: Option<Text>,
    /// Name of a systemd credential.
    pub systemd_credential: Option<Text>,
}

/// Someone's consent to send personal data to the vendor.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PrivacyDoc {
    /// Who accepted it.
    #[schemars(required)]
    pub accepted_by: Option<Text>,
    /// When, as `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`. It holds for the connection's type, endpoint and account of that time:
    /// when one of them changes, nothing is sent until a later date stands here.
    #[schemars(required)]
    pub accepted_on: Option<Text>,
}

/// What an account may spend.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LimitsDoc {
    /// Calls at the same time. Mailchimp allows 10; default there: 8.
    pub connections: Option<At<u32>>,
    /// Calls a second.
    pub per_second: Option<At<u32>>,
    /// Calls a minute.
    pub per_minute: Option<At<u32>>,
    /// Calls a day.
    pub per_day: Option<At<u32>>,
    /// Contacts that the contract with the vendor includes; a plan that would pass it is held.
    pub contacts: Option<At<u64>>,
    /// How changed fields of known contacts are sent to Mailchimp: `auto`: 500 contacts a call, once a trial with one contact
    /// left its subscription status alone; `never`: one call a contact. Default: `auto`.
    pub bulk_updates: Option<At<BulkUpdatesDoc>>,
    /// The connection whose limits this one shares: Iterable limits a project, whichever its keys.
    pub share_with: Option<Text>,
}
