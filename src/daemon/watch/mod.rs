//! When to look at the directory again, and what it holds then.
//!
//! An event never carries data: it only says "look again". Looking means reading the whole directory until two readings in
//! a row are alike, so that a checkout in progress is not taken for a state. Events can be missed (network file systems,
//! limits, overflow), so the directory is also looked at every now and then whatever they say.
//!
//! `events` hears of changes, `arm` says in which folders, `settle` decides when to read and when to believe it (pure),
//! `watcher` puts them together.

mod arm;
mod events;
mod mode;
mod settle;
mod watcher;

pub use mode::Mode;
pub use watcher::{Look, Options, Poke, Watcher};

#[cfg(test)]
mod tests;
