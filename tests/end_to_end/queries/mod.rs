//! Strangers' queries, files and drivers, through the binary: each is stopped by a limit that its error names, and nothing of it
//! is left.

mod beside;
mod drivers;
mod files;
mod hostile;
mod kit;
