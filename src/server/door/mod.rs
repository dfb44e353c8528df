//! Connections: the TCP address, with TLS or without, and the socket in the state directory; each with a place, and with an
//! end where nothing comes.

mod patient;
mod peer;
mod places;
mod socket;
mod tls;

pub(super) use peer::Peer;
pub use socket::SocketPath;
pub use tls::{TlsError, TlsFiles};

use super::Problem;
use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use patient::Patient;
use places::{Place, Places};
use std::{convert::Infallible, io, pin::pin, sync::Arc, time::Duration};
use tls::Tls;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower_service::Service;

/// Longest that a request's head takes, from the connection's begin or the last answer on: so long a connection may be silent.
const HEAD: Duration = Duration::from_secs(10);
/// The same where only probes are answered.
const HEAD_OF_PROBE: Duration = Duration::from_secs(2);
/// Longest that a TLS handshake takes.
const HANDSHAKE: Duration = Duration::from_secs(10);
const HEAD_BYTES: usize = 64 << 10;
/// After the system gave no connection, of which it may have no more.
const EXHAUSTED: Duration = Duration::from_secs(1);
/// Connections over TCP, and over the socket, which only its user can take.
const PLACES: usize = 256;
const SOCKET_PLACES: usize = 64;
/// Connections beyond those, for [`PROBES`] only.
const PROBE_PLACES: usize = 16;
const PROBES: [&str; 2] = ["/livez", "/readyz"];

/// Where requests come in.
pub(super) struct Door {
    tcp: TcpListener,
    socket: UnixListener,
    tls: Option<Arc<Tls>>,
    places: Arc<Places>,
    socket_places: Arc<Places>,
}

/// What each connection needs besides its stream.
#[derive(Clone)]
struct Hall {
    router: Router,
    stop: CancellationToken,
}

impl Door {
    pub fn new(tcp: TcpListener, socket: UnixListener, tls: Option<Arc<Tls>>) -> Self {
        let places = |most| Arc::new(Places::new(most, PROBE_PLACES));
        Self { tcp, socket, tls, places: places(PLACES), socket_places: places(SOCKET_PLACES) }
    }

    /// Answers until `stop`; then what is under way is finished.
    pub async fn serve(self, router: Router, stop: CancellationToken) {
        let hall = Hall { router, stop };
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                () = hall.stop.cancelled() => break,
                Some(_) = open.join_next(), if !open.is_empty() => {}
                came = self.tcp.accept() => match came {
                    Ok((stream, _)) => self.enter(stream, &hall, &mut open),
                    Err(error) => missed(&error).await,
                },
                came = self.socket.accept() => match came {
                    Ok((stream, _)) => self.enter_local(stream, &hall, &mut open),
                    Err(error) => missed(&error).await,
                },
            }
        }
        drop((self.tcp, self.socket));
        while open.join_next().await.is_some() {}
    }

    fn enter(&self, stream: TcpStream, hall: &Hall, open: &mut JoinSet<()>) {
        let (Some(place), Ok(peer)) = (Places::take(&self.places), Peer::of_tcp(&stream)) else { return };
        // Answers are small and awaited.
        let _ = stream.set_nodelay(true);
        let (hall, tls) = (hall.clone(), self.tls.clone());
        open.spawn(async move {
            match tls {
                None => hall.serve(stream, peer, place).await,
                Some(tls) => {
                    let handshake = timeout(HANDSHAKE, tls.accept(stream));
                    let shaken = tokio::select! {
                        shaken = handshake => shaken.ok().and_then(Result::ok),
                        () = place.given_up() => None,
                        () = hall.stop.cancelled() => None,
                    };
                    if let Some(stream) = shaken {
                        hall.serve(stream, peer, place).await;
                    }
                }
            }
        });
    }

    /// The kernel says who it is: the user of the daemon, or root.
    fn enter_local(&self, stream: UnixStream, hall: &Hall, open: &mut JoinSet<()>) {
        let (Some(place), Ok(uid)) = (Places::take(&self.socket_places), stream.peer_cred().map(|peer| peer.uid())) else { return };
        let ours = rustix::process::geteuid().as_raw();
        if uid != ours && uid != 0 {
            tracing::warn!(uid, "another user of this machine came to the socket and was sent away");
            return;
        }
        let hall = hall.clone();
        open.spawn(async move { hall.serve(stream, Peer::Local { uid }, place).await });
    }
}

impl Hall {
    /// Requests of one connection, until it ends, gives its place up, or the server stops.
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: Peer, place: Place) {
        let place = Arc::new(place);
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).max_buf_size(HEAD_BYTES).keep_alive(!place.probes_only);
        http.header_read_timeout(if place.probes_only { HEAD_OF_PROBE } else { HEAD });
        let (router, seat) = (self.router, Arc::clone(&place));
        let service = service_fn(move |request| answer(router.clone(), request, peer.clone(), Arc::clone(&seat)));
        let mut connection = pin!(http.serve_connection(TokioIo::new(Patient::new(stream)), service));
        tokio::select! {
            // What went wrong with a connection is the caller's to know.
            _ = connection.as_mut() => return,
            () = place.given_up() => return,
            () = self.stop.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

async fn answer(mut router: Router, mut request: Request<Incoming>, peer: Peer, place: Arc<Place>) -> Result<Response, Infallible> {
    let busy = place.busy();
    if place.probes_only && !PROBES.contains(&request.uri().path()) {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "all connections that this daemon takes at once are in use");
        let mut full = problem.hint("close connections that wait for nothing, and ask again").into_response();
        full.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        return Ok(full);
    }
    request.extensions_mut().insert(peer);
    let response = router.call(request).await?;
    // Until the last of the body is out.
    Ok(response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _busy = &busy;
            frame
        }))
    }))
}

async fn missed(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "the API takes no connection at the moment");
        sleep(EXHAUSTED).await;
    }
}

/// Begins with what `--tls-cert` and `--tls-key` say.
pub(super) fn tls(files: TlsFiles, stop: CancellationToken) -> Result<Arc<Tls>, TlsError> {
    let tls = Arc::new(Tls::open(files)?);
    tokio::spawn(Arc::clone(&tls).keep_current(stop));
    Ok(tls)
}
