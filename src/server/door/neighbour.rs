//! Whose process the other end of a loopback connection is: the kernel lists each socket with its user in `/proc/net/tcp`
//! and `tcp6`. Where it does not (other systems, another network namespace), nobody is known.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
};

/// In the table's words; of any other state the user is not told truly.
const ESTABLISHED: &str = "01";

/// The user of the socket that is connected from `from` to `to`.
pub(super) fn owner(from: SocketAddr, to: SocketAddr) -> Option<u32> {
    if !from.ip().to_canonical().is_loopback() {
        return None;
    }
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
    tables.iter().find_map(|table| owner_in(&fs::read_to_string(table).ok()?, from, to))
}

fn owner_in(table: &str, from: SocketAddr, to: SocketAddr) -> Option<u32> {
    let written = |mapped| (written(from, mapped), written(to, mapped));
    let ends = [written(false), written(true)];
    table.lines().skip(1).find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (local, remote, state) = (words.next()?, words.next()?, words.next()?);
        let (uid, inode) = (words.nth(3)?, words.nth(1)?);
        let ours = ends.iter().any(|(from, to)| from == local && to == remote);
        // A socket that no process holds any more is listed as root's, without an inode.
        if ours && state == ESTABLISHED && inode != "0" { uid.parse().ok() } else { None }
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
            assert_eq!(owner(to, SocketAddr::new(to.ip(), 1)), None);
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
