//! Against the sandbox's Omnisend, over HTTP.

mod consent;
mod jobs;
mod reading;
mod refusals;
mod segments;
mod tagging;
mod world;

use super::super::{BatchRow, Outcome};
use world::{TAG, World, batch, codes, each, is_unknown, page, people, place, row};
