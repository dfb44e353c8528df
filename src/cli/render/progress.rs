//! Progress of a run.

use crate::run::Watch;

pub struct Progress;

impl Progress {
    pub fn new() -> Self {
        Self
    }
}

impl Watch for Progress {
    fn phase(&self, label: &str, _: Option<u64>) {
        super::talk(&format!("  {label}"));
    }
    fn advance(&self, _: u64) {}
    fn note(&self, text: &str) {
        super::talk(text);
    }
}
