//! `listkeeper retry`.

use super::{
    Globals, exit,
    look::{self, Look},
    render,
};
use crate::state;
use chrono::Utc;

/// Try again what an earlier run gave up
///
/// Bulk updates: an audience at Mailchimp whose answer to one was not as it had to be gets changed attributes one call a contact for
/// 30 days. With this the next run tries again at once, with one contact first. It sends nothing itself.
#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "EXPORT")]
    export: String,
    /// Try bulk updates of the export's audience again
    #[arg(long, required = true)]
    bulk_updates: bool,
    /// Of the sandbox's state
    #[arg(long)]
    sandbox: bool,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    work(args, globals).unwrap_or_else(|code| code)
}

fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    let look = Look::open(globals, args.sandbox, Utc::now())?;
    let name = look::export_name(&args.export)?;
    if state::retry_bulk_updates(&look.dir, &name).map_err(|error| look::state_failed(&error))? {
        render::talk(&format!("the next run of {name} tries bulk updates again, with one contact first"));
    } else {
        render::talk(&format!("bulk updates of the audience of {name} are not off"));
    }
    Ok(exit::DONE)
}
