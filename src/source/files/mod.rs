//! Files as tables of rows: CSV, NDJSON, Parquet, plain or `.gz`/`.zst` (text only), one file or many.
//!
//! May know: files and their formats. May not know: SQL, which is `sql/`'s.

pub(super) mod csv;
mod listed;
mod ndjson;
mod parquet;
mod pass;
mod place;
mod table;
mod text;

pub use listed::Listed;
pub use pass::{Chain, Kind, Pass, Used};
pub use table::FileTable;

/// How a table's files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Ndjson,
    Parquet,
}
