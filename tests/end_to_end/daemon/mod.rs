//! The daemon as a process: stopped and killed, and a week of edits in a git work tree.

mod killed;
pub mod kit;
mod through;
mod week;
