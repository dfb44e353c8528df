//! Pure: desired × last applied × observed → a plan, the guard's verdict, the plan as text. No I/O, clock or async.

pub mod approval;
pub mod bulk;
pub mod consent;
mod consent_column;
mod containers;
pub mod cost;
mod counts;
pub mod diff;
pub mod effects;
pub mod guard;
mod ids;
mod json;
mod markdown;
mod model;
mod naming;
mod ownership;
pub mod projects;
pub mod reads;
mod reason;
pub mod remade;
mod removal;
mod renames;
pub mod resources;
mod sections;
pub mod standing;
pub mod steps;
pub mod task;
mod text;
pub mod unconfirmed;
pub mod values;
mod verdict;
pub mod words;

pub use consent_column::{ConsentPlan, UnknownValue};
pub use counts::Counts;
pub use json::json;
pub use markdown::markdown;
pub use model::{
    Cost, MemberAction, MemberLine, MemberTotals, PlacePlan, Plan, PlanDigest, ResourceStep, SegmentMake, SegmentPlan, StandingRead,
    Waiting, Words,
};
pub use text::{text, text_member};
