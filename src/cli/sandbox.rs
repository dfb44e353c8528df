//! `listkeeper sandbox`.

use super::{Globals, exit, rehearsal, render, session};
use listkeeper_sandbox::{Options, Sandbox};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// Run the vendors' stand-ins alone, for any client
///
/// Mailchimp, Omnisend, Constant Contact and Iterable on this machine, and Customer Insights as a source (Dataverse and its
/// REST API, with Entra ID before them), over real HTTP on one loopback address: as strict as the vendors, rates and daily
/// quotas included, each with a memory of its own, and with faults on demand. It runs until Ctrl-C and prints how to reach
/// them.
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
    /// The vendors' time runs so many times as fast as the wall's: rates, quotas and delays with it
    #[arg(long, default_value_t = 1, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..=1000))]
    speed: u32,
    /// Customer Insights has the people and segments of this export of its own: the folder that holds `model.json` and one
    /// folder for each table [default: a sample of 200 people]
    #[arg(long, value_name = "FOLDER")]
    insights: Option<PathBuf>,
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
        let insights = args.insights.clone();
        let options = Options { port: args.port, reset: args.reset, speed: args.speed, insights, ..rehearsal::options() };
        let sandbox = Sandbox::start(dir, options).await?;
        // Whoever reads no more of it still has a sandbox.
        let _ = writeln!(render::out(render::Shown::Text), "{}", instructions(&sandbox, dir));
        tokio::signal::ctrl_c().await?;
        render::talk("Stopping.");
        sandbox.shutdown().await;
        Ok(())
    })
}

fn instructions(sandbox: &Sandbox, dir: &Path) -> String {
    let (page, key) = (sandbox.page(), sandbox.api_key());
    let mut text = String::new();
    for (vendor, what) in VENDORS {
        let endpoint = sandbox.endpoint(vendor).map(String::from).unwrap_or_default();
        text.push_str(&format!("{what:<31}{endpoint}\n"));
    }
    text + &format!(
        "Key or token                   {key} (any that does not begin with `invalid`; Mailchimp's end in -us0)
What they received             {page}
Their data                     {dir}

Point a definition at one of them:
  kind: Connection
  type: iterable
  endpoint: {page}iterable/api

Or let a definition read from Customer Insights here:
  kind: Source
  type: customer-insights
  from: dataverse
  url: {page}dataverse
  credentials: {{tenantId: {tenant}, clientId: {client}, clientSecret: {{env: SANDBOX_KEY}}, authority: {page}entra}}
(any tenant, application and secret that do not begin with `invalid`; the REST API's instance is {instance})

A segment that is not there yet, with two fifths of the people; then a refresh that begins, and one that ends:
  curl {page}_sandbox/customer-insights/containers --json '{{\"id\": \"HighValueSegment\"}}'
  curl {page}_sandbox/customer-insights/settings --json '{{\"refresh\": \"begin\"}}'
  curl {page}_sandbox/customer-insights/settings --json '{{\"refresh\": \"end\"}}'

Bad weather, and fair again:
  curl {page}_sandbox/faults --json '{{\"seed\": 1, \"shares\": {{\"tooManyRequests\": 0.1, \"lostAnswer\": 0.02}}, \"latencyMs\": 100}}'
  curl -X DELETE {page}_sandbox/faults

Someone who unsubscribed (every vendor has people of its own; a wrong word names the right ones):
  curl {page}_sandbox/mailchimp/people --json '{{\"list\": \"AUDIENCE\", \"email\": \"dana@contoso.test\", \"is\": \"unsubscribed-by-self\"}}'
  curl {page}_sandbox/omnisend/people --json '{{\"email\": \"dana@contoso.test\", \"is\": \"unsubscribed\"}}'

Ctrl-C stops it; what they received stays.",
        dir = dir.display(),
        tenant = Sandbox::TENANT,
        client = Sandbox::CLIENT_ID,
        instance = Sandbox::INSTANCE,
    )
}

/// Names in paths, and what they stand in for.
const VENDORS: [(&str, &str); 7] = [
    ("mailchimp", "Mailchimp, Marketing API 3.0"),
    ("omnisend", "Omnisend, 2026-03-15"),
    ("constant-contact", "Constant Contact, v3"),
    ("iterable", "Iterable"),
    ("dataverse", "Dataverse, Web API v9.2"),
    ("customer-insights", "Customer Insights, REST API v1"),
    ("entra", "Entra ID"),
];
