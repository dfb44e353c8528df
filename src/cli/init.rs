//! `listkeeper init`.

/// Write a small commented start into a folder
#[derive(clap::Args)]
pub struct Args {}

pub fn run(_args: &Args) -> u8 {
    super::exit::FAILED
}
