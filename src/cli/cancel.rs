//! `listkeeper cancel`.

use super::{
    Globals, exit, look,
    remote::{Access, Elsewhere, Remote},
    render, session,
};
use crate::server::api::Done;

/// Stop the run of an export, under way or queued
///
/// What is in flight is finished and recorded, nothing more is sent; the next run goes on from there.
#[derive(clap::Args)]
#[command(after_help = "A run of `listkeeper apply` is stopped with Ctrl-C in its own terminal.
To keep an export from running again: `suspend: true` in its definition.")]
pub struct Args {
    #[arg(value_name = "EXPORT")]
    export: String,
    /// Ask the daemon that runs with --sandbox
    #[arg(long, conflicts_with = "server")]
    sandbox: bool,
    #[command(flatten)]
    elsewhere: Elsewhere,
    #[command(flatten)]
    access: Access,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    session::block_on(work(args, globals)).unwrap_or_else(|code| code)
}

async fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    let name = look::export_name(&args.export)?;
    let instead = "without one nothing runs that could be stopped from here";
    let remote = Remote::reach(globals, args.sandbox, &args.elsewhere, &args.access, instead).await?;
    let done: Done = remote.post(&format!("/v1/exports/{name}/cancel")).await?;
    render::talk(&done.message);
    Ok(exit::DONE)
}
