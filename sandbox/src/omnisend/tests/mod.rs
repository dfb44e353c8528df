//! Omnisend over real HTTP, with a clock that stands still unless it is moved.

mod batches;
mod bench;
mod consent;
mod contacts;
mod gate;
mod reading;
mod segments;
mod tagging;
