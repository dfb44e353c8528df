//! Who is let in: any key opens the sandbox, and it shows addresses in full, so it is for the user who runs it (and root)
//! alone, as its files are. Where the system does not tell whose a connection is, everyone on this machine is let in.

use crate::http::neighbour;
use axum::serve::Listener;
use std::{io, net::SocketAddr};
use tokio::{
    net::{TcpListener, TcpStream},
    task::spawn_blocking,
};

/// A listener on loopback that sends other users away.
pub(super) struct Guests(pub TcpListener);

impl Listener for Guests {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let (stream, from) = Listener::accept(&mut self.0).await;
            if is_welcome(&stream, from).await {
                return (stream, from);
            }
            tracing::warn!(%from, "a connection that is not this user's came to the sandbox and was closed");
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

async fn is_welcome(stream: &TcpStream, from: SocketAddr) -> bool {
    let Ok(to) = stream.local_addr() else { return false };
    !spawn_blocking(move || neighbour::is_anothers(from, to)).await.unwrap_or(false)
}
