//! `listkeeper validate`.

/// Check every definition; needs no network
#[derive(clap::Args)]
pub struct Args {}

pub fn run(_args: &Args) -> u8 {
    super::exit::FAILED
}
