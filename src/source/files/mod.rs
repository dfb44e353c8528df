//! Files as tables of rows: CSV, NDJSON, Parquet, plain or `.gz`/`.zst` (text only), one file or many, on this machine or
//! in object storage.
//!
//! May know: where files are, and their formats. May not know: SQL, which is `sql/`'s.

pub(super) mod csv;
mod disguise;
mod doubles;
mod encoding;
mod folder;
mod halves;
mod lack;
mod listed;
mod local;
mod ndjson;
mod object;
mod parquet;
mod pass;
mod place;
mod table;
mod text;
mod union;
mod utf8;

use crate::definition::Format;
pub use csv::Known;
pub use folder::Folder;
pub use listed::Listed;
pub use object::Buckets;
pub use pass::{Chain, Column, Kind, Pass, Used};
pub use table::{FileTable, Shape};
