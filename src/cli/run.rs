//! `listkeeper run`.

/// Keep the lists equal: sync each export at its times until stopped
#[derive(clap::Args)]
pub struct Args {}

pub fn run(_args: &Args, _globals: &super::Globals) -> u8 {
    super::exit::FAILED
}
