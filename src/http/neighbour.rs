//! Whose process the other end of a loopback connection is: the kernel lists each socket with its user in `/proc/net/tcp`
//! and `tcp6`. Where it does not (other systems, another network namespace), nobody is known.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
};

/// In the table's words; of a socket in any other state `owner` tells nothing.
const ESTABLISHED: &str = "01";

/// A socket in the kernel's table.
struct Listed {
    uid: u32,
    established: bool,
    /// By a process. One that no process holds any more is listed as root's.
    held: bool,
}

/// The user of the socket that is connected from `from` to `to`.
pub(crate) fn owner(from: SocketAddr, to: SocketAddr) -> Option<u32> {
    if !from.ip().to_canonical().is_loopback() {
        return None;
    }
    tables().find_map(|table| owner_in(&table, from, to))
}

/// Whether the other end of a connection on this machine, from `from` to `to`, is known to be neither this user's nor root's:
/// another user's, also one that sends no more and only listens, or nobody's any more.
#[cfg(any(test, feature = "sandbox"))]
pub(crate) fn is_anothers(from: SocketAddr, to: SocketAddr) -> bool {
    let me = rustix::process::geteuid().as_raw();
    tables().any(|table| is_anothers_in(&table, me, from, to))
}

fn tables() -> impl Iterator<Item = String> {
    ["/proc/self/net/tcp", "/proc/self/net/tcp6"].into_iter().filter_map(|table| fs::read_to_string(table).ok())
}

fn owner_in(table: &str, from: SocketAddr, to: SocketAddr) -> Option<u32> {
    listed(table, from, to).find(|socket| socket.established && socket.held).map(|socket| socket.uid)
}

#[cfg(any(test, feature = "sandbox"))]
fn is_anothers_in(table: &str, me: u32, from: SocketAddr, to: SocketAddr) -> bool {
    listed(table, from, to).any(|socket| !socket.held || ![me, 0].contains(&socket.uid))
}

fn listed(table: &str, from: SocketAddr, to: SocketAddr) -> impl Iterator<Item = Listed> {
    let written = |mapped| (written(from, mapped), written(to, mapped));
    let ends = [written(false), written(true)];
    table.lines().skip(1).filter_map(move |line| {
        let mut words = line.split_whitespace().skip(1);
        let (local, remote, state) = (words.next()?, words.next()?, words.next()?);
        let (uid, inode) = (words.nth(3)?, words.nth(1)?);
        let ours = ends.iter().any(|(from, to)| from == local && to == remote);
        let socket = Listed { uid: uid.parse().ok()?, established: state == ESTABLISHED, held: inode != "0" };
        ours.then_some(socket)
    })
}

/// As the kernel writes an address: words of 32 bits in this machine's order, then the port.
fn written(address: SocketAddr, mapped: bool) -> String {
    let word = |bytes: &[u8]| format!("{:08X}", u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let ip = match address.ip() {
        IpAddr::V4(ip) if !mapped => word(&ip.octets()),
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets().chunks(4).map(word).collect(),
        IpAddr::V6(ip) => ip.octets().chunks(4).map(word).collect(),
    };
    format!("{ip}:{:04X}", address.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_connection_of_this_process_is_this_users() {
        let ours = rustix::process::geteuid().as_raw();
        for listen in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(listen) else { continue };
            let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (from, to) = (stream.local_addr().unwrap(), stream.peer_addr().unwrap());
            assert_eq!(owner(from, to), Some(ours), "{listen}");
            assert!(!is_anothers(from, to), "{listen}");
            assert_eq!(owner(to, SocketAddr::new(to.ip(), 1)), None);
        }
    }

    mod server {
        use super::*;

        const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:9C40 0100007F:2125 01 00000000:00000000 00:00000000 00000000  1001        0 22222 1 0 20 4 30 10 -1
   1: 0100007F:9C41 0100007F:2125 05 00000000:00000000 03:00001234 00000000  1001        0 33333 3 0
   2: 0100007F:9C42 0100007F:2125 05 00000000:00000000 03:00001234 00000000     0        0 0 3 0
   3: 07020AC0:9C43 0100007F:2125 01 00000000:00000000 00:00000000 00000000  1001        0 44444 1 0 20 4 30 10 -1
   4: 0100007F:9C44 0100007F:2125 01 00000000:00000000 00:00000000 00000000     0        0 55555 1 0 20 4 30 10 -1
";

        #[rstest::rstest]
        #[case::connected([127, 0, 0, 1], 0x9C40, true)]
        #[case::sends_no_more_and_waits_for_the_answer([127, 0, 0, 1], 0x9C41, true)]
        #[case::asked_and_left([127, 0, 0, 1], 0x9C42, true)]
        #[case::by_another_address_of_the_machine([192, 10, 2, 7], 0x9C43, true)]
        #[case::root([127, 0, 0, 1], 0x9C44, false)]
        #[case::not_listed([127, 0, 0, 1], 0x9C45, false)]
        fn attack_another_users_connection_is_known(#[case] ip: [u8; 4], #[case] port: u16, #[case] expected: bool) {
            let (from, to) = (SocketAddr::from((ip, port)), SocketAddr::from(([127, 0, 0, 1], 0x2125)));
            assert_eq!(is_anothers_in(TABLE, 1000, from, to), expected);
            assert!(!is_anothers_in(TABLE, 1001, from, to) || port == 0x9C42, "its own user");
        }
    }

    mod tokens {
        use super::*;

        const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2125 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11111 1 0 100 0 0 10 0
   1: 0100007F:9C40 0100007F:2125 01 00000000:00000000 00:00000000 00000000  1001        0 22222 1 0 20 4 30 10 -1
   2: 0100007F:9C41 0100007F:2125 06 00000000:00000000 03:00001234 00000000     0        0 0 3 0
   3: 0100007F:9C42 0100007F:2125 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0
";

        #[test]
        fn attack_another_users_socket_or_nobodys_is_not_taken_for_ours() {
            let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
            assert_eq!(owner_in(TABLE, at(0x9C40), at(0x2125)), Some(1001));
            assert_eq!(owner_in(TABLE, at(0x9C41), at(0x2125)), None, "closed, listed as root's");
            assert_eq!(owner_in(TABLE, at(0x9C42), at(0x2125)), None, "nobody holds it, listed as root's");
            assert_eq!(owner_in(TABLE, at(0x2125), at(0x9C40)), None, "the other way round");
            assert_eq!(owner(SocketAddr::from(([192, 0, 2, 1], 0x9C40)), at(0x2125)), None, "from elsewhere");
        }
    }
}
