//! How things look: diagnostics, tables, plans, progress.

pub mod diagnostics;
mod harmless;
mod out;
mod progress;
mod report;
mod style;
pub mod table;
mod talk;

pub use harmless::{Harmless, Shown, harmless};
pub use out::{data, out};
pub use progress::Progress;
pub use report::{exit_code, report};
pub use style::painted;
pub use talk::{agrees, ask, error, failure, talk, tell};
