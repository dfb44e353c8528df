//! The API over real HTTP, with a controller that only answers.

mod answers;
mod document;
mod gate;
pub(crate) mod world;
