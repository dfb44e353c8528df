//! `listkeeper schema`.

/// Print the JSON Schema of the definitions
#[derive(clap::Args)]
pub struct Args {}

pub fn run(_args: &Args) -> u8 {
    super::exit::FAILED
}
