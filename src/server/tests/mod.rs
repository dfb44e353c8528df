//! The API over real HTTP, with a controller that only answers.

mod answers;
mod document;
mod gate;
mod scopes;
mod staying_up;
pub(crate) mod world;
