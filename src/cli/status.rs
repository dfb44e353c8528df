//! `listkeeper status`.

/// Show every export: when it ran, how it went, when it runs next
#[derive(clap::Args)]
pub struct Args {}

pub fn run(_args: &Args, _globals: &super::Globals) -> u8 {
    super::exit::FAILED
}
