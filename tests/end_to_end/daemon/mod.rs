//! The daemon as a process: stopped and killed, and a week of edits in a git work tree.

mod killed;
pub mod kit;
mod pull_request;
mod through;
mod week;
