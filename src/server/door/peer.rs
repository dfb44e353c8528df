//! Where a request comes from.

use crate::http::neighbour;
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpStream, sync::OnceCell};

/// The other end of a connection. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::server) enum Peer {
    /// A process of this user, as the kernel says.
    Local {
        uid: u32,
    },
    Tcp(Arc<Tcp>),
}

#[derive(Debug)]
pub(in crate::server) struct Tcp {
    from: SocketAddr,
    to: SocketAddr,
    /// Whose process it is, where that can be known.
    owner: OnceCell<Option<u32>>,
}

impl Peer {
    pub(super) fn of_tcp(stream: &TcpStream) -> io::Result<Self> {
        Ok(Self::Tcp(Arc::new(Tcp { from: stream.peer_addr()?, to: stream.local_addr()?, owner: OnceCell::new() })))
    }
}

impl Tcp {
    pub fn from(&self) -> SocketAddr {
        self.from
    }

    /// The user who runs this daemon, where this is a process of theirs on this machine.
    pub async fn same_user(&self) -> Option<u32> {
        let (from, to) = (self.from, self.to);
        let ask = || async move { tokio::task::spawn_blocking(move || neighbour::owner(from, to)).await.ok().flatten() };
        let owner = *self.owner.get_or_init(ask).await;
        owner.filter(|uid| *uid == rustix::process::geteuid().as_raw())
    }
}
