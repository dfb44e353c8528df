//! `listkeeper connect`.

mod browser;
mod flow;
mod keep;
mod redirect;
mod way;

use super::{Globals, exit, rehearsal::Rehearsal, remote, render, session};
use crate::{
    definition::{self, Catalog, Connection, Name},
    destination::Consents,
    oauth::{self, App},
    run::{DurableConsents, SignedIn},
};
use browser::Browser;
use flow::Helper;
use keep::Keeper;
use std::{path::PathBuf, sync::Arc, time::Duration};
use way::{Facts, Way};

/// Beside the API's 8485.
const PORT_DEFAULT: u16 = 8486;
/// How long a person is waited for.
const PATIENCE: Duration = Duration::from_secs(600);

/// Sign in at a platform, or check a key
///
/// For connections with `credentials: {oauth: …}`: opens the platform's page in your browser, waits until you have said yes,
/// keeps what the platform gives in the state (readable by you alone), and asks the platform whose account it is. It is
/// done once; Listkeeper renews the sign-in by itself. A connection with a key is only checked. While `listkeeper run` is at
/// work, it is the daemon that keeps the tokens.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  listkeeper connect crm /etc/listkeeper            opens a browser, where there is one
  listkeeper connect crm /etc/listkeeper --paste    on a server: open the address elsewhere, paste the one it ends at
  listkeeper connect crm /etc/listkeeper --device   on a server: enter a code elsewhere (Constant Contact)
  listkeeper connect crm /etc/listkeeper --sandbox  a rehearsal; nothing is kept, and nothing leaves this machine

Before that, register an app of your own with the platform, once:
  Constant Contact   developer portal, My Applications: OAuth2 flow \"PKCE\" or \"Device\" (no secret), or \"Authorization Code\"
  Mailchimp          Account & billing, Extras, Registered apps
  redirect address   http://127.0.0.1:8486/callback   (another --port: that one)

and write its client id into the connection:
  credentials:
    oauth:
      clientId: 0a1b2c3d…                                  # no secret: it may stand here
      clientSecret: {env: MAILCHIMP_CLIENT_SECRET}         # Mailchimp needs it; by reference only")]
pub struct Args {
    /// The connection
    #[arg(value_name = "NAME")]
    name: String,
    /// The directory of definitions
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// Take the address that the browser ends at from standard input, wherever the browser is
    #[arg(long, conflicts_with = "device")]
    paste: bool,
    /// Sign in by a code that is entered on another device
    #[arg(long)]
    device: bool,
    /// Open no browser: print the address
    #[arg(long)]
    no_browser: bool,
    /// The port of the redirect address, as registered with the app
    #[arg(long, default_value_t = PORT_DEFAULT, value_name = "PORT")]
    port: u16,
    /// Sign in at the stand-in of the platform
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    access: remote::Access,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    session::block_on(work(args, globals)).unwrap_or_else(|code| code)
}

async fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    let catalog = definition::read(&args.dir);
    let connection = connection(&catalog, &args.name)?;
    let rehearsal = if args.sandbox { Some(Rehearsal::open(&session::state_dir(globals, true)?).await?) } else { None };
    let connection = rehearsal.as_ref().map_or_else(|| Arc::clone(&connection), |rehearsal| rehearsal.connection(&connection));
    let Some(app) = App::of(&connection) else { return keep::check(globals, &catalog, &connection, rehearsal.is_some()).await };
    let app = app.map_err(|error| say(&error))?;
    let vendor = app.vendor();
    // Before the person is asked for anything, and before the app's secret goes anywhere.
    let consents = DurableConsents { recorder: None, state: session::state_dir(globals, rehearsal.is_some())? };
    consents.check(&connection).map_err(|error| session::fail(&error.message, error.hint.as_deref()))?;
    let keeper = Keeper::open(args, globals, rehearsal.is_some()).await?;
    let browser = Browser::find().filter(|_| !args.no_browser);
    let facts =
        Facts { paste: args.paste, device: args.device, browser: browser.is_some() || rehearsal.is_some(), has_secret: app.has_secret() };
    let way = Way::choose(facts, vendor).map_err(|why| session::fail(&why, Some("leave --device out, or use --paste")))?;
    let helper = Helper { browser, rehearses: rehearsal.is_some() };
    let tokens = patiently(flow::signed_in(way, &app, &helper, args.port)).await?;
    let signed_in = keeper.keep(&catalog, &connection, tokens).await?;
    let code = report(&connection, vendor.title, &signed_in);
    if let Some(rehearsal) = rehearsal {
        render::talk("This was a rehearsal: nothing of it is kept.");
        rehearsal.shutdown().await;
    }
    Ok(code)
}

/// The connection of that name; else says which there are.
fn connection(catalog: &Catalog, text: &str) -> Result<Arc<Connection>, u8> {
    let found = Name::new(text).ok().and_then(|name| catalog.connections.get(&name).cloned());
    found.ok_or_else(|| {
        render::diagnostics::eprint(catalog);
        let known: Vec<_> = catalog.connections.keys().map(Name::as_str).collect();
        let hint =
            if known.is_empty() { "no connection is defined there".to_owned() } else { format!("connections there: {}", known.join(", ")) };
        session::fail(&format!("{} defines no connection named \"{text}\"", catalog.root.display()), Some(&hint))
    })
}

/// Waits for the person, not for ever; Ctrl-C ends it.
async fn patiently<T>(work: impl Future<Output = Result<T, u8>>) -> Result<T, u8> {
    tokio::select! {
        done = tokio::time::timeout(PATIENCE, work) => done.unwrap_or_else(|_| {
            Err(session::fail("nobody signed in within ten minutes", Some("run the command again; nothing was changed")))
        }),
        _ = tokio::signal::ctrl_c() => Err(session::fail("stopped; nothing was changed", None)),
    }
}

/// Says why nobody is signed in; gives the exit code.
fn say(error: &oauth::Error) -> u8 {
    session::fail(&error.message, error.hint.as_deref())
}

/// Says who is signed in, and whether the platform takes it; gives the exit code.
fn report(connection: &Connection, title: &str, signed_in: &SignedIn) -> u8 {
    let whose = signed_in.account.as_ref().map(|account| format!(", account {account}")).unwrap_or_default();
    render::talk(&format!("Signed in: {} ({title}{whose})", connection.name));
    match &signed_in.proved {
        Some(Ok(())) => exit::DONE,
        Some(Err(failure)) => {
            let hints: Vec<&str> = failure.hints.iter().map(String::as_str).collect();
            render::error(&format!("the sign-in is kept, and {title} did not answer with it: {}", failure.message), &hints);
            exit::FAILED
        }
        None => {
            render::talk("No export uses this connection yet, so nothing more was asked of it.");
            exit::DONE
        }
    }
}
