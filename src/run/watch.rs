//! How a run tells whoever watches what it is doing.

use crate::definition::Name;

/// Someone who watches a run. Cheap to call; never fails.
pub trait Watch: Send + Sync {
    /// A new phase, with how much there is to do where that is known.
    fn phase(&self, label: &str, total: Option<u64>);
    /// So much more of the phase is done.
    fn advance(&self, by: u64);
    /// Something worth saying.
    fn note(&self, text: &str);
    /// It waits for another export, which writes to the same audience; or waits no more.
    fn queued(&self, behind: Option<&Name>) {
        if let Some(behind) = behind {
            self.note(&format!("queued behind {behind}, which writes to the same audience"));
        }
    }
}

/// Nobody watches.
pub struct Silent;

impl Watch for Silent {
    fn phase(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
    fn note(&self, _: &str) {}
}
