//! `kind: Source`.

use super::{SecretDoc, Short, Text};
use crate::definition::{ColumnWord, Format, MembersBy, yaml::At};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where profiles come from.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = "Source")]
pub struct SourceDoc {
    /// What segments call it: a-z, 0-9 and -, at most 63 characters.
    #[schemars(required)]
    #[expect(dead_code, reason = "taken from the node, so that a broken document is known by name too")]
    pub name: Option<Text>,
    /// The sort of source: `files` (CSV, NDJSON, Parquet), `customer-insights`, or `adbc` (databases, warehouses, engines).
    #[schemars(required, extend("enum" = ["files", "customer-insights", "adbc"]))]
    pub r#type: Option<Text>,
    /// `files`: the tables that queries may use: SQL name → path, or a mapping with more.
    pub tables: Option<BTreeMap<Text, At<Short<TableDoc>>>>,
    /// `files` and `from: folder` in object storage: how it is reached. Default: by the platform's own credentials.
    pub storage: Option<At<StorageDoc>>,
    /// `customer-insights`: `folder` (exported files), `dataverse` (its Web API) or `api` (Customer Insights' REST API).
    #[schemars(extend("enum" = ["folder", "dataverse", "api"]))]
    pub from: Option<Text>,
    /// `from: folder`: the folder that holds model.json, relative to this file, or an address in object storage.
    pub path: Option<Text>,
    /// `from: dataverse`: the environment's address. `from: api`: a base URL instead of the service's.
    pub url: Option<Text>,
    /// `from: api`: the instance's id.
    pub instance_id: Option<Text>,
    /// `from: api`: `partitions` (default: CSV files, side by side) or `pages` (100 people a call).
    pub members: Option<MembersBy>,
    /// `from: dataverse` and `from: api`: the application that signs in.
    pub credentials: Option<At<Short<InsightsCredentialsDoc>>>,
    /// `adbc`: the driver's name, as its manifest in the operator's directory is called: `postgresql`, `duckdb`, `snowflake`.
    pub driver: Option<Text>,
    /// `adbc`: where the database is; by reference if it holds a password.
    pub uri: Option<At<Short<SecretDoc>>>,
    /// `adbc`: the driver's other options; secrets by reference.
    pub options: Option<BTreeMap<Text, At<Short<SecretDoc>>>>,
    /// `adbc`: bounds of one reading.
    pub limits: Option<SourceLimitsDoc>,
    /// Folders whose segments may use it, as globs (`marketing/**`). Default: administrators' folders only.
    pub usable_by: Option<Vec<Text>>,
    /// The identity that a run acts as; it is in the history of every run.
    pub export_user: Option<Text>,
}

/// How object storage is reached.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StorageDoc {
    /// A base URL instead of the service's, for S3-compatible servers and tests.
    pub endpoint: Option<Text>,
    /// The bucket's region. S3.
    pub region: Option<Text>,
    /// The storage account, where the address does not name it. Azure.
    pub account: Option<Text>,
    /// Where the credentials are, or `none` for unsigned requests. Default: what the platform offers (environment, web
    /// identity, instance).
    pub credentials: Option<At<Short<StorageCredentialsDoc>>>,
}

/// Credentials of one service, by reference.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StorageCredentialsDoc {
    /// S3: the access key's id.
    pub access_key_id: Option<At<Short<SecretDoc>>>,
    /// S3: the access key's secret.
    #[schemars(with = "Option<SecretDoc>")]
    pub secret_access_key: Option<At<Short<SecretDoc>>>,
    /// S3: the token of temporary credentials.
    #[schemars(with = "Option<SecretDoc>")]
    pub session_token: Option<At<Short<SecretDoc>>>,
    /// Azure: the account's key.
    #[schemars(with = "Option<SecretDoc>")]
    pub account_key: Option<At<Short<SecretDoc>>>,
    /// Azure: a shared access signature.
    #[schemars(with = "Option<SecretDoc>")]
    pub sas_token: Option<At<Short<SecretDoc>>>,
    /// Azure: the tenant of an application that signs in.
    pub tenant_id: Option<At<Short<SecretDoc>>>,
    /// Azure: the application's id.
    pub client_id: Option<At<Short<SecretDoc>>>,
    /// Azure: the application's secret.
    #[schemars(with = "Option<SecretDoc>")]
    pub client_secret: Option<At<Short<SecretDoc>>>,
    /// Google Cloud: the JSON of a service account's key.
    #[schemars(with = "Option<SecretDoc>")]
    pub service_account_key: Option<At<Short<SecretDoc>>>,
    /// `https://`: a token for the Authorization header.
    #[schemars(with = "Option<SecretDoc>")]
    pub bearer_token: Option<At<Short<SecretDoc>>>,
}

/// An application of Entra ID, and for `from: api` the API's key.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct InsightsCredentialsDoc {
    /// The tenant: its id or domain; no secret, so it may be written out.
    #[schemars(required)]
    pub tenant_id: Option<At<Short<SecretDoc>>>,
    /// The application's id; no secret, so it may be written out.
    #[schemars(required)]
    pub client_id: Option<At<Short<SecretDoc>>>,
    /// The application's secret, by reference.
    #[schemars(required, with = "Option<SecretDoc>")]
    pub client_secret: Option<At<Short<SecretDoc>>>,
    /// `from: api`: the subscription key of Customer Insights' API, by reference.
    #[schemars(with = "Option<SecretDoc>")]
    pub subscription_key: Option<At<Short<SecretDoc>>>,
    /// A base URL instead of `https://login.microsoftonline.com`, for national clouds and tests.
    pub authority: Option<Text>,
}

/// Bounds of one reading.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SourceLimitsDoc {
    /// A segment of more rows is an error. Default: 100,000,000.
    pub rows: Option<At<u64>>,
    /// A query that takes longer is cancelled, and is an error. Default: `30m`.
    pub time: Option<Text>,
}

/// One or more files with one schema, as an SQL table.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TableDoc {
    /// A path or glob, relative to this file; or an address: `s3://`, `az://`, `abfss://`, `gs://`, `https://`.
    #[schemars(required)]
    pub path: Option<Text>,
    /// Default: by the file's extension (csv, tsv, txt, ndjson, jsonl, parquet; with .gz or .zst).
    pub format: Option<Format>,
    /// What separates a CSV file's columns: one character, or `tab`. Default: found out.
    pub delimiter: Option<Text>,
    /// A text file's encoding, such as `windows-1252`; `detect`: found out by looking at all of its bytes. A byte order mark
    /// goes first. Default: UTF-8.
    pub encoding: Option<Text>,
    /// How many lines of a CSV file come before its header, such as titles. A line `sep=;` does not count. Default: 0.
    pub skip_rows: Option<At<u64>>,
    /// Words of a CSV file that mean that a cell is empty, such as `["\\N", "NULL", "n/a"]`. Default: `["\\N"]`.
    pub nulls: Option<Vec<Text>>,
    /// What columns hold: column → `text`, `integer`, `decimal`, `date`, `datetime` or `boolean`, or a mapping with more. A cell that does
    /// not fit is empty, and is counted in the plan.
    pub columns: Option<BTreeMap<Text, At<Short<ColumnDoc>>>>,
}

/// What a column holds, and how it is written.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ColumnDoc {
    /// What its cells are.
    #[schemars(required)]
    pub r#type: Option<At<ColumnWord>>,
    /// `decimal` and `integer`: the decimal sign, `,` or `.`; the other one, blanks and apostrophes then group digits. Default: `.`, and no groups.
    #[schemars(extend("enum" = [",", "."]))]
    pub decimal: Option<Text>,
    /// `date` and `datetime`: how they are written, such as `%d/%m/%Y`. Default: ISO 8601.
    pub format: Option<Text>,
}
