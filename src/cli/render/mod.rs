//! How things look: diagnostics, tables, plans, progress.
