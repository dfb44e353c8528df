//! `listkeeper sandbox`.

use super::{Globals, exit, session};
use crate::sandbox::{Options, Sandbox};
use std::path::{Path, PathBuf};

/// Run the vendors' stand-ins alone, for any client
///
/// A Mailchimp on this machine, over real HTTP on loopback: as strict as the vendor's, with a memory of its own, and with
/// faults on demand. It runs until Ctrl-C and prints how to reach it.
#[derive(clap::Args)]
pub struct Args {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8484, value_name = "PORT")]
    port: u16,
    /// Where it keeps what it received [default: `sandbox` in the state directory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Begin with nothing: what it received before is removed
    #[arg(long)]
    reset: bool,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    let dir = match &args.data {
        Some(dir) => dir.clone(),
        None => match session::state_dir(globals, true) {
            Ok(state) => state.path().to_owned(),
            Err(code) => return code,
        },
    };
    match serve(args, &dir) {
        Ok(()) => exit::DONE,
        Err(error) => session::fail(&error.to_string(), None),
    }
}

fn serve(args: &Args, dir: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let options = Options { port: args.port, reset: args.reset, ..Options::default() };
        let sandbox = Sandbox::start(dir, options).await?;
        println!("{}", instructions(&sandbox, dir));
        tokio::signal::ctrl_c().await?;
        eprintln!("Stopping.");
        sandbox.shutdown().await;
        Ok(())
    })
}

fn instructions(sandbox: &Sandbox, dir: &Path) -> String {
    let (endpoint, page, key) = (sandbox.mailchimp_endpoint(), sandbox.page(), sandbox.api_key());
    format!(
        "Mailchimp, Marketing API 3.0   {endpoint}
API key                        {key} (any key that ends in -us0)
What it received               {page}
Its data                       {dir}

Try it:
  curl -u any:{key} {endpoint}/ping

Point a definition at it:
  kind: Connection
  type: mailchimp
  endpoint: {endpoint}

Bad weather, and fair again:
  curl {page}_sandbox/faults --json '{{\"seed\": 1, \"shares\": {{\"tooManyRequests\": 0.1, \"lostAnswer\": 0.02}}, \"latencyMs\": 100}}'
  curl -X DELETE {page}_sandbox/faults

Someone who unsubscribed (also: cleaned, pending, archived, forgotten, too-many-lists, …):
  curl {page}_sandbox/mailchimp/people --json '{{\"list\": \"AUDIENCE\", \"email\": \"dana@contoso.test\", \"is\": \"unsubscribed-by-self\"}}'

Ctrl-C stops it; what it received stays.",
        dir = dir.display()
    )
}
