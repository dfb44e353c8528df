//! Readings from object storage, at servers that are not ours: `tests/object_storage/run` starts them.

mod changing;
mod refused;
mod same;
mod world;
