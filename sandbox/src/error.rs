//! Why a sandbox does not start, or does not do what was asked of it.

use super::vendors;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot use {} for the sandbox: {source}", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("the sandbox in {} is in use by {holder}; stop that one, send requests to it (`endpoint:`), or choose another folder", path.display())]
    Held { path: PathBuf, holder: String },
    #[error("cannot listen on 127.0.0.1:{port}: {source}; choose another port, or 0 for a free one")]
    Bind { port: u16, source: std::io::Error },
    #[error("{} was made by another version of the sandbox (format {found}, this one reads {expected}); start once with --reset to begin anew", path.display())]
    Format { path: PathBuf, found: i64, expected: i64 },
    #[error("the sandbox's database {}: {source}", path.display())]
    Store { path: PathBuf, source: rusqlite::Error },
    #[error("these faults cannot be set: {0}")]
    Faults(String),
    #[error("the sandbox has no vendor \"{name}\"; it has {known}")]
    NoVendor { name: String, known: String },
    #[error("{0}")]
    Refused(String),
}

impl Error {
    pub(super) fn no_vendor(name: &str) -> Self {
        Self::NoVendor { name: name.to_owned(), known: vendors::names().collect::<Vec<_>>().join(", ") }
    }
}
