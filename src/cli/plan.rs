//! `listkeeper plan`.

/// Show what an apply would do, member by member
#[derive(clap::Args)]
pub struct Args {}

pub fn run(_args: &Args, _globals: &super::Globals) -> u8 {
    super::exit::FAILED
}
