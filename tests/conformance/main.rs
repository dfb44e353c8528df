//! What every destination must do, whoever the vendor is: the same scenarios against each stand-in, through definitions, runs and
//! plans. A fifth vendor adds itself to `platform.rs` and passes all of them.
//!
//! Every run is held to this besides: its counts add up, and the platform saw nothing outside its contract, its limits or its
//! rules of consent. Where a scenario ends, a plan is empty.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a test stops where it stands")]

mod adopting;
mod consent;
mod identity;
mod late;
mod leaving;
mod platform;
mod restart;
mod syncing;
mod verifying;
mod weather;
mod world;
