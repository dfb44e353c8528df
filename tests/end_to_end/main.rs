//! The whole way: definitions and files on disk, through the library or the binary, over real HTTP to the sandbox, and
//! what the platform then holds.
//!
//! Every run of every test is held to three things besides its own: the counts add up (E12), every request fits the
//! vendor's contract, and no more than ten were under way at one time (G5).

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a test stops where it stands")]

mod approvals;
mod bulk_updates;
mod cli;
mod columns;
mod consent;
mod constant_contact;
mod containers;
mod daemon;
mod dataverse;
mod dates;
mod door;
mod doubt;
mod evidence;
mod exclusion;
mod field;
mod files;
mod guard;
mod identity;
mod killed;
mod large;
mod limits;
mod numbers;
mod output;
mod persons;
mod queries;
mod refresh;
mod removal;
mod rights;
mod secrets;
mod status_kept;
mod stopped;
mod sync;
mod tags;
mod truncated;
mod turns;
mod validated;
mod values;
mod weather;
mod words;
mod world;

#[path = "../support/contract.rs"]
#[allow(dead_code, reason = "shared with another test")]
mod contract;
