//! Who is let in: any key opens the sandbox, and it shows addresses in full, so it is for the user who runs it (and root)
//! alone, as its files are. Where the system does not tell whose a connection is, everyone on this machine is let in.

use axum::serve::Listener;
use std::{io, net::SocketAddr};
use tokio::{
    net::{TcpListener, TcpStream},
    task::spawn_blocking,
};

/// Whether the other end of a connection, from the first address to the second, is known to be another user's. Blocks for a moment.
pub type IsAnothers = fn(SocketAddr, SocketAddr) -> bool;

/// A listener on loopback that sends other users away.
pub(super) struct Guests {
    pub listener: TcpListener,
    pub is_anothers: Option<IsAnothers>,
}

impl Listener for Guests {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let (stream, from) = Listener::accept(&mut self.listener).await;
            if self.is_welcome(&stream, from).await {
                return (stream, from);
            }
            tracing::warn!(%from, "a connection that is not this user's came to the sandbox and was closed");
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Guests {
    async fn is_welcome(&self, stream: &TcpStream, from: SocketAddr) -> bool {
        let Some(is_anothers) = self.is_anothers else { return true };
        let Ok(to) = stream.local_addr() else { return false };
        !spawn_blocking(move || is_anothers(from, to)).await.unwrap_or(false)
    }
}
