//! `listkeeper sandbox`.

/// Run the vendors' stand-ins alone, for any client
#[derive(clap::Args)]
pub struct Args {}

pub fn run(_args: &Args, _globals: &super::Globals) -> u8 {
    super::exit::FAILED
}
