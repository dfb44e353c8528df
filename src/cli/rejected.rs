//! `listkeeper rejected`.

/// List the rows that a platform or a check refused
#[derive(clap::Args)]
pub struct Args {}

pub fn run(_args: &Args, _globals: &super::Globals) -> u8 {
    super::exit::FAILED
}
