//! How things look: diagnostics, tables, plans, progress.

mod progress;
mod report;
mod style;
pub mod table;
mod talk;

pub use progress::Progress;
pub use report::{exit_code, report};
pub use style::painted;
pub use talk::{error, failure, talk};

/// Placeholder.
pub fn diagnostics(catalog: &crate::definition::Catalog) {
    for d in &catalog.diagnostics {
        talk(&format!("{}: {} ({:?})", d.file.display(), d.message, d.hint));
    }
}
