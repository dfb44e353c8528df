//! Whole runs against a platform in memory.

mod killed;
mod lost;
mod progress;
mod rejections;
mod remade;
mod removed;
mod rights;

use super::{
    Report,
    fake::{Like, World},
};
use crate::state::End;

/// What people are told of a run that ended well, or not.
fn end(report: &Report) -> String {
    match &report.end {
        End::Succeeded { .. } => "succeeded".into(),
        End::Partial { reason } => format!("partial: {reason}"),
        other => format!("{other:?}"),
    }
}

/// Addresses that were sent since the last look, whatever for.
fn sent(world: &World) -> Vec<String> {
    let mut sent: Vec<_> = world.platform().calls().into_iter().flat_map(|call| call.emails).collect();
    sent.sort();
    sent.dedup();
    sent
}
