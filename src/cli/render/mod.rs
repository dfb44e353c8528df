//! How things look: diagnostics, tables, plans, progress.

pub mod diagnostics;
