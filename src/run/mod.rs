//! Carries plans out: reads what is wanted, plans, sends batches, records outcomes, resumes.
//!
//! ```text
//! prepare:  observe ─► settle resources ─► read standings ∥ read source ─► diff ─► plan + verdict
//! execute:  resources ─► phases (create, update, restore, join, leave, archive), each: batches ─► workers ─► outcomes ─► state
//! remove:   a deleted export: the same with nobody wanted, then its containers deleted, then forgotten
//! ```
//! May know: everything below it. May not know: terminals, schedules. Leaves nothing undecided to a destination and decides
//! nothing that the plan left open.

mod assemble;
mod back;
mod batches;
mod before_archiving;
mod before_leaving;
mod bulk;
mod canary;
mod confirm;
mod consents;
mod context;
mod days;
mod early;
mod ending;
mod engine;
mod execute;
mod facts;
#[cfg(test)]
pub(crate) mod fake;
mod hold;
mod jobs;
mod known_after_all;
mod lasting;
mod lately;
mod left;
mod lines;
mod observe;
mod outcomes;
mod page_size;
mod pages;
mod part;
mod patience;
mod persons;
mod phase;
#[cfg(test)]
mod planned_tests;
mod poll;
mod prepare;
mod reading;
mod record;
mod recorder;
mod remove;
mod report;
mod resolve;
mod resources;
mod rows;
mod settled;
mod shared;
mod sign_in;
mod standings;
mod steps;
#[cfg(test)]
mod tests;
mod tokens;
mod turn;
mod under_way;
mod verify;
mod waiting;
mod watch;

pub use consents::DurableConsents;
pub use context::Context;
pub use days::DurableDays;
pub use ending::{Ending, Failure, FailureKind};
pub use engine::{Decision, Engine, Outcome};
pub use execute::execute;
pub use lately::SharedLedger;
pub use lines::lines;
pub use observe::Settled;
pub use prepare::{Prepared, prepare};
pub use recorder::Recorder;
pub use report::{Cause, Report};
pub use sign_in::SignedIn;
pub use tokens::DurableTokens;
pub use turn::AtTurn;
pub use watch::{Silent, Watch};

/// Who runs this process, for the audit trail.
pub fn user() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}
