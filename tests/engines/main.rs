//! Segments where they live: real engines, started by `tests/engines/run`. Without it every test says loudly that it was skipped.

mod bounds;
mod broken;
mod kit;
mod moment;
mod refused;
mod same;
mod types;
