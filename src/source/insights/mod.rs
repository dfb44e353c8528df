//! Dynamics 365 Customer Insights, a way in each.

mod folder;

pub use folder::Exported;
