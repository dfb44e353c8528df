//! Files as SQL tables.

use super::{Reader, SourceError, SqlLimits};
use crate::definition::Segment;

/// How a table's files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Ndjson,
    Parquet,
}

/// Opens a segment of a files source for one reading.
pub fn open(segment: &Segment, limits: SqlLimits) -> Result<Box<dyn Reader>, SourceError> {
    let _ = (segment, limits);
    Err(SourceError::new("not built yet"))
}
