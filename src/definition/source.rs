//! Sources, resolved: where profiles are, and how to get at them.
//!
//! What a child process reads (files, folders, drivers) can be written down for it; secrets then go along (`handed`).

use super::{ColumnType, Name, Secret, Written};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf, time::Duration};
use url::Url;

/// How a table's files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Ndjson,
    Parquet,
}

/// `kind: Source`: where profiles come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Source {
    pub name: Name,
    pub kind: SourceKind,
    pub export_user: Option<String>,
}

impl Source {
    /// The files of a source of files; none otherwise.
    pub fn files(&self) -> Option<&Files> {
        if let SourceKind::Files(files) = &self.kind { Some(files) } else { None }
    }
}

/// `type`, and `from` where there is one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum SourceKind {
    Files(Files),
    /// What Customer Insights exported to a folder.
    Folder(Folder),
    /// Customer Insights' tables in Dataverse.
    #[serde(skip)]
    Dataverse(Dataverse),
    /// Customer Insights' own REST API.
    #[serde(skip)]
    InsightsApi(InsightsApi),
    Adbc(Adbc),
}

/// `type: files`: SQL table name → files.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Files {
    pub tables: BTreeMap<String, Table>,
    pub storage: Storage,
}

/// One SQL table over one or more files with one schema.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Table {
    /// As written, for messages.
    pub pattern: String,
    pub location: Location,
    /// `None`: by the file's extension (csv, tsv, txt, ndjson, jsonl, parquet; with .gz or .zst).
    pub format: Option<Format>,
    /// `None`: detected among `,` `;` tab `|`.
    pub delimiter: Option<u8>,
    /// `None`: BOM, else UTF-8. Otherwise an encoding label (`windows-1252`, `utf-16le`), or `detect`.
    pub encoding: Option<String>,
    /// Of CSV: lines before the header.
    pub skip_rows: u64,
    /// Of CSV: words that are NULL; `None`: `\N`.
    pub nulls: Option<Vec<String>>,
    /// What columns hold, by their names as written.
    pub columns: BTreeMap<String, ColumnType>,
    /// Where its path is written.
    #[serde(skip)]
    pub written: Option<(PathBuf, Written)>,
}

/// Where files are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Location {
    /// Absolute path or glob.
    Local(PathBuf),
    /// `s3://`, `az://`, `abfss://`, `gs://` or `https://`, as written; a glob but for the last.
    Object(String),
}

/// How object storage is reached; the address says which service it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Storage {
    /// Base URL instead of the service's, without a trailing slash.
    #[serde(with = "address")]
    pub endpoint: Option<Url>,
    /// S3 only.
    pub region: Option<String>,
    /// The account of `az://`, which does not name it.
    pub account: Option<String>,
    pub credentials: StorageCredentials,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StorageCredentials {
    /// What the platform's own tools would find: environment, web identity, instance metadata.
    #[default]
    Chain,
    /// Unsigned requests: a public bucket, a plain web server.
    Anonymous,
    Keys {
        id: Secret,
        secret: Secret,
        session: Option<Secret>,
    },
    AccountKey(Secret),
    /// A shared access signature, with or without its question mark.
    Sas(Secret),
    App(EntraApp),
    /// The JSON of a Google service account's key.
    ServiceAccount(Secret),
    Bearer(Secret),
}

/// `from: folder`: the folder that holds `model.json` and one folder for each table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Folder {
    /// As written, for messages.
    pub path: String,
    pub location: Location,
    pub storage: Storage,
}

/// `from: dataverse`.
#[derive(Clone, Debug)]
pub struct Dataverse {
    /// The environment's address, such as `https://contoso.crm4.dynamics.com`, without a trailing slash.
    pub url: Url,
    pub app: EntraApp,
}

/// `from: api`.
#[derive(Clone, Debug)]
pub struct InsightsApi {
    /// Base URL, without a trailing slash.
    pub url: Url,
    pub instance: String,
    pub app: EntraApp,
    pub subscription_key: Secret,
    pub members: MembersBy,
}

/// How the REST API gives a segment's members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum MembersBy {
    /// 100 a call.
    Pages,
    /// CSV files of any size, fetched side by side.
    #[default]
    Partitions,
}

/// An application of Entra ID that signs in by itself (client credentials).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntraApp {
    pub tenant: Secret,
    pub client_id: Secret,
    pub client_secret: Secret,
    /// Base URL instead of `https://login.microsoftonline.com`, without a trailing slash.
    #[serde(with = "address")]
    pub authority: Option<Url>,
}

/// `type: adbc`: a database or engine that runs the segment's SQL itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adbc {
    /// Name of a driver's manifest in the operator's directory; never a path.
    pub driver: String,
    /// The `uri` option.
    pub uri: Option<Secret>,
    /// The driver's other options.
    pub options: BTreeMap<String, Secret>,
    /// A reading of more rows is an error.
    pub max_rows: u64,
    /// A reading that takes longer is an error.
    pub timeout: Duration,
}

/// A URL as text.
mod address {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use url::Url;

    pub fn serialize<S: Serializer>(url: &Option<Url>, to: S) -> Result<S::Ok, S::Error> {
        url.as_ref().map(Url::as_str).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| Url::parse(&text).map_err(D::Error::custom)).transpose()
    }
}
