//! Starting, listening, stopping.

use super::{
    Endpoint, Problem, Token,
    door::{self, Door, SocketPath, TlsError, TlsFiles},
    gate,
    plans::Plans,
    routes,
    strangers::Strangers,
    tokens::Keyring,
};
use crate::{
    daemon::{Handle, Redirect},
    state::StateError,
};
use axum::{
    Router,
    http::{Method, StatusCode, Uri},
    middleware,
};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Where the API listens unless told.
pub const LISTEN_DEFAULT: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8485));

/// Large bodies in memory at once.
const BODIES: usize = 8;
/// Callers who wait for a run at once.
const WAITING: usize = 64;
/// How long [`Server::shutdown`] waits for answers under way.
const DRAIN: Duration = Duration::from_secs(5);

/// What a server needs.
pub struct Setup {
    pub listen: SocketAddr,
    pub handle: Handle,
    pub token: Token,
    /// What is done with exports that are only planned; `None`: they are taken as they are.
    pub redirect: Option<Redirect>,
    /// `None`: what is said over TCP can be read on its way.
    pub tls: Option<TlsFiles>,
}

/// Why it does not listen.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the API cannot listen on {listen}: {source}")]
    Bind { listen: SocketAddr, source: io::Error },
    #[error("the API is not opened on {0} without a token of your own: whoever reaches it could change who is mailed")]
    NoToken(SocketAddr),
    #[error("the API's address cannot be written into the state directory: {0}")]
    Endpoint(io::Error),
    #[error("the API cannot listen on the socket in the state directory: {0}")]
    Socket(io::Error),
    #[error("no TLS: {0}")]
    Tls(#[from] TlsError),
    #[error("the API's tokens cannot be read: {0}")]
    Tokens(#[from] StateError),
}

impl StartError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Bind { .. } => "name another address with --listen ADDR; port 0 takes a free one",
            Self::NoToken(_) => "give one with --api-token env:NAME, file:PATH or credential:NAME, or listen on 127.0.0.1",
            Self::Endpoint(_) => "check that the state directory is writable and its disk is not full",
            Self::Socket(_) => "keep the state on a local disk, in a directory with a short name: --state DIR",
            Self::Tls(_) => "--tls-cert and --tls-key name a certificate, with its chain, and its key, as PEM",
            Self::Tokens(_) => "see what is wrong with the state: listkeeper status",
        }
    }
}

/// What the handlers share.
#[derive(Clone)]
pub(super) struct App {
    pub handle: Handle,
    pub keyring: Arc<Keyring>,
    pub strangers: Arc<Strangers>,
    /// Where to find the token, for whoever lacks it.
    pub where_token: &'static str,
    pub loopback: bool,
    pub redirect: Option<Redirect>,
    pub plans: Arc<Plans>,
    pub bodies: Arc<Semaphore>,
    pub waiting: Arc<Semaphore>,
    /// The server is stopping: whoever waits for a run waits no more.
    pub stop: CancellationToken,
}

/// The API, listening. Dropping it stops it.
pub struct Server {
    endpoint: Endpoint,
    socket: SocketPath,
    address: SocketAddr,
    plain: bool,
    handle: Handle,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens, and leaves word in the state directory where. The state is open for writing already.
    pub async fn start(setup: Setup) -> Result<Self, StartError> {
        let Setup { listen, handle, token, redirect, tls } = setup;
        if !listen.ip().is_loopback() && !token.given {
            return Err(StartError::NoToken(listen));
        }
        let stop = CancellationToken::new();
        // A failed start leaves nothing behind.
        let begun = stop.clone().drop_guard();
        let plain = tls.is_none();
        let tls = tls.map(|files| door::tls(files, stop.clone())).transpose()?;
        let failed = |source| StartError::Bind { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let where_token = if token.given { "it is where --api-token says" } else { "it is in the file api-token of the state directory" };
        let app = App {
            keyring: Arc::new(Keyring::open(token, &handle.engine)?),
            strangers: Arc::default(),
            handle: handle.clone(),
            where_token,
            loopback: listen.ip().is_loopback(),
            redirect,
            plans: Arc::default(),
            bodies: Arc::new(Semaphore::new(BODIES)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            stop: stop.clone(),
        };
        let socket = SocketPath::of(&handle.engine.state).map_err(StartError::Socket)?;
        let door = Door::new(listener, socket.listen().map_err(StartError::Socket)?, tls);
        let endpoint = Endpoint::new(address, !plain);
        endpoint.write(&handle.engine.state).map_err(StartError::Endpoint)?;
        let task = tokio::spawn(door.serve(router(app), stop.clone()));
        begun.disarm();
        Ok(Self { endpoint, socket, address, plain, handle, stop, task: Some(task) })
    }

    /// What callers elsewhere connect to.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.plain { "http" } else { "https" }, self.address)
    }

    /// Tokens that callers send can be read on their way.
    pub fn is_open_to_eavesdroppers(&self) -> bool {
        self.plain && !self.address.ip().is_loopback()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    #[cfg(test)]
    pub(super) fn board(&self) -> &crate::daemon::SharedBoard {
        &self.handle.board
    }

    /// Takes no more requests, lets answers under way finish for five seconds, and takes its word back.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(mut task) = self.task.take()
            && tokio::time::timeout(DRAIN, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.endpoint.remove(&self.handle.engine.state);
        self.socket.remove();
        self.stop.cancel();
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in routes::table() {
        let rule = gate::Rule { app: app.clone(), access: route.access, waits: route.waits };
        router = router.route(route.path, route.handler.route_layer(middleware::from_fn_with_state(rule, gate::rule)));
    }
    router
        .fallback(nowhere)
        .method_not_allowed_fallback(not_so)
        .layer(middleware::from_fn_with_state(app.clone(), gate::host))
        .with_state(app)
}

async fn nowhere(uri: Uri) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("there is nothing at {}", uri.path())).hint("GET /v1/openapi.json says what there is")
}

async fn not_so(method: Method, uri: Uri) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{} cannot be asked with {method}", uri.path()))
        .hint("the header Allow says how; GET /v1/openapi.json says what there is")
}
