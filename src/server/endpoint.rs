//! Where the daemon of a state directory listens, for commands of the same user.

use crate::state::StateDir;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

/// `daemon.json` in the state directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// `http://127.0.0.1:8485`, for people and their scripts; commands of the same user come by the socket.
    pub address: String,
    pub pid: u32,
}

impl Endpoint {
    /// That of the daemon at work on this state. `None`: there is none; a file left by one that was killed does not count.
    pub fn find(state: &StateDir) -> Option<Self> {
        let endpoint: Self = serde_json::from_str(&fs::read_to_string(path(state)).ok()?).ok()?;
        state.is_written().then_some(endpoint)
    }

    pub(super) fn new(bound: SocketAddr, tls: bool) -> Self {
        let reachable = match bound.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let scheme = if tls { "https" } else { "http" };
        Self { address: format!("{scheme}://{}", SocketAddr::new(reachable, bound.port())), pid: std::process::id() }
    }

    /// A whole file or none, for the user alone.
    pub(super) fn write(&self, state: &StateDir) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(state.path())?;
        serde_json::to_writer(&mut file, self)?;
        file.write_all(b"\n")?;
        file.persist(path(state)).map(drop).map_err(|error| error.error)
    }

    /// Unless another daemon has written its own by now.
    pub(super) fn remove(&self, state: &StateDir) {
        let ours = fs::read_to_string(path(state)).ok().and_then(|text| serde_json::from_str::<Self>(&text).ok());
        if ours.as_ref() == Some(self) {
            // What is left is seen to be stale.
            let _ = fs::remove_file(path(state));
        }
    }
}

fn path(state: &StateDir) -> PathBuf {
    state.path().join("daemon.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Store;
    use chrono::Utc;
    use rstest::rstest;
    use std::os::unix::fs::PermissionsExt;

    #[rstest]
    #[case("127.0.0.1:8485", "http://127.0.0.1:8485")]
    #[case("0.0.0.0:80", "http://127.0.0.1:80")]
    #[case("[::]:80", "http://[::1]:80")]
    #[case("192.0.2.7:80", "http://192.0.2.7:80")]
    fn an_address_that_can_be_reached_from_here(#[case] bound: &str, #[case] address: &str) {
        assert_eq!(Endpoint::new(bound.parse().unwrap(), false).address, address);
    }

    #[test]
    fn is_found_while_the_state_is_written_and_removed_by_its_own_daemon_only() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::from(dir.path().to_owned());
        let endpoint = Endpoint::new("127.0.0.1:8485".parse().unwrap(), false);
        endpoint.write(&state).unwrap();
        assert_eq!(fs::metadata(path(&state)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Endpoint::find(&state), None, "nobody holds the state");
        let store = Store::open(&state, Utc::now()).unwrap();
        assert_eq!(Endpoint::find(&state), Some(endpoint.clone()));
        Endpoint { pid: 1, ..endpoint.clone() }.remove(&state);
        assert!(path(&state).exists());
        endpoint.remove(&state);
        assert!(!path(&state).exists());
        drop(store);
    }
}
