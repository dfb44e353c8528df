//! `listkeeper run`.

mod journal;
mod systemd;
mod teller;

use super::{
    Globals, LogFormat, exit,
    remote::Access as ApiAccess,
    render,
    session::{self, Access, Base, Target},
};
use crate::{
    daemon::{
        self, Config, Drained, Handle, Listener, Redirect,
        watch::{Options, Watcher},
    },
    definition::{Export, Name},
    server::{LISTEN_DEFAULT, Server, Setup, StartError, TlsFiles, Token},
};
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use systemd::Systemd;
use tokio_util::sync::CancellationToken;

/// Keep the lists equal: watch the definitions, create what is missing, sync each export at its times until stopped
#[derive(clap::Args)]
#[command(after_help = "Examples:
  listkeeper run examples/quickstart --sandbox   the whole product in two minutes, nothing leaves this machine
  listkeeper run /etc/listkeeper                 the real thing
  listkeeper run . --log-format json             for a server: one JSON line for everything that happens

Edits, `git pull` and ConfigMap updates are seen within two seconds; SIGHUP looks at once. What is broken is reported, and
its last good text goes on. Ctrl-C (or SIGTERM) finishes what is in flight; the next start goes on from there.")]
pub struct Args {
    #[command(flatten)]
    pub target: Target,
    /// Look at the directory at least this often, whatever the system tells of changes
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub poll: Duration,
    /// Do not ask the system to tell of changes: only look at times
    #[arg(long)]
    pub poll_only: bool,
    /// Where the API and the metrics are [default: 127.0.0.1:8485, or with a warning a free port if that is taken]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    #[command(flatten)]
    pub access: ApiAccess,
    /// The API's certificate with its chain, PEM; read again when it changes. Without one, what is sent over TCP is not encrypted
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// When stopped, wait at most this long for what is in flight
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub drain: Duration,
}

pub fn run(args: &Args, globals: &Globals) -> u8 {
    session::block_on(work(args, globals)).unwrap_or_else(|code| code)
}

async fn work(args: &Args, globals: &Globals) -> Result<u8, u8> {
    let only = names(&args.target.exports)?;
    let base = Base::open(globals, args.target.sandbox, Access::Write, args.target.home()).await?;
    let stop = CancellationToken::new();
    session::stop_on_signal(stop.clone(), globals.log_format == LogFormat::Text);
    let listener = listener(args, globals, &base);
    let config = Config { drain: args.drain, only, redirect: redirect(&base), stop };
    let (handle, requests) = Handle::new(base.engine.clone(), args.target.dir.clone());
    let server = serve_api(args, &handle, &config).await?;
    say_address(globals, &server, args.listen.is_none() && server.address() != LISTEN_DEFAULT);
    let watcher = Watcher::start(&args.target.dir, Options { poll: args.poll, events: !args.poll_only });
    let drained = daemon::serve(handle, requests, watcher, config, &*listener).await;
    drop(listener);
    server.shutdown().await;
    if drained == Drained::Cut {
        render::talk("stopped with calls still in flight: what they did is looked up at the next start");
        std::process::exit(exit::DONE.into());
    }
    base.close().await;
    if globals.log_format == LogFormat::Text {
        render::talk("stopped; everything acknowledged is recorded");
    }
    Ok(exit::DONE)
}

/// Opens the API. Another daemon may have the usual port: then a free one will do, since commands find it by the state.
async fn serve_api(args: &Args, handle: &Handle, config: &Config) -> Result<Server, u8> {
    let setup = |listen| -> Result<Setup, u8> {
        let token = Token::open(args.access.api_token.as_ref(), &handle.engine.state);
        let token = token.map_err(|error| session::fail(&error.message, Some(&error.hint)))?;
        let tls = args.tls_cert.clone().zip(args.tls_key.clone()).map(|(cert, key)| TlsFiles { cert, key });
        Ok(Setup { listen, handle: handle.clone(), token, redirect: Some(Arc::clone(&config.redirect)), tls })
    };
    let started = match Server::start(setup(args.listen.unwrap_or(LISTEN_DEFAULT))?).await {
        Err(StartError::Bind { source, .. }) if args.listen.is_none() && source.kind() == io::ErrorKind::AddrInUse => {
            Server::start(setup(SocketAddr::new(LISTEN_DEFAULT.ip(), 0))?).await
        }
        started => started,
    };
    started.map_err(|error| session::fail(&error.to_string(), Some(error.hint())))
}

/// `displaced`: another process has the usual port.
fn say_address(globals: &Globals, server: &Server, displaced: bool) {
    let address = server.url();
    match globals.log_format {
        LogFormat::Json => tracing::info!(%address, displaced, "the API listens"),
        LogFormat::Text if displaced => {
            render::talk(&format!("API: {address} (not {LISTEN_DEFAULT}, which another process holds)"));
        }
        LogFormat::Text => render::talk(&format!("API: {address}")),
    }
    if displaced {
        tracing::warn!(
            %address,
            "{LISTEN_DEFAULT} is held by another process: whoever sends a token there (Prometheus, CI) sends it to that process; \
             see whose it is, or name this daemon's address with --listen"
        );
    }
    if server.is_open_to_eavesdroppers() {
        tracing::warn!(
            %address,
            "the API is open beyond this machine without TLS: whoever can read the network can take the tokens that callers send; \
             give --tls-cert and --tls-key, or encrypt in front of it"
        );
    }
}

fn names(given: &[String]) -> Result<Vec<Name>, u8> {
    given.iter().map(|text| super::look::export_name(text)).collect()
}

/// Where exports are sent: to their platform, or to the sandbox.
fn redirect(base: &Base) -> Redirect {
    match base.sandbox.clone() {
        Some(sandbox) => Arc::new(move |export: Arc<Export>| Arc::new(sandbox.export(&export))),
        None => Arc::new(|export| export),
    }
}

fn listener(args: &Args, globals: &Globals, base: &Base) -> Box<dyn Listener> {
    let systemd = Systemd::find();
    match globals.log_format {
        LogFormat::Json => Box::new(journal::Journal::new(systemd, base.engine.state.path())),
        LogFormat::Text => {
            let sandbox = base.sandbox.as_ref().map(|sandbox| sandbox.page().to_string());
            Box::new(teller::Teller::greeting(systemd, &args.target.dir, base.engine.state.path(), sandbox))
        }
    }
}

/// `30s`, `5m`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    crate::definition::duration(text).ok_or_else(|| "write a number and a unit: 30s, 5m, 1h".to_owned())
}
