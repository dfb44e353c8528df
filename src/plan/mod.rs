//! Pure: desired × last applied × observed → a plan, the guard's verdict, the plan as text. No I/O, clock or async.

mod counts;
pub mod diff;
pub mod guard;
mod model;
pub mod resources;
pub mod standing;

pub use counts::Counts;
pub use model::{
    Cost, MemberAction, MemberLine, MemberTotals, PlacePlan, Plan, PlanDigest, ResourceStep, SegmentPlan, StandingRead, Words,
};
